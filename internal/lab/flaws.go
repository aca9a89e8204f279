package lab

// Flaws are the checks that a shop leaves out behind the login. The zero value
// leaves out none. Each stands at one place in the code.
type flaws struct {
	// Objects of one customer in the hands of another.
	addressesOfAll   bool // GET and POST /addresses/{id} take any number
	parcelsOfAll     bool // PUT and DELETE /api/parcels/{id} take any number
	parcelsTold      bool // GET /api/parcels/{id} says that a parcel is somebody else's
	parcelNotesOfAll bool // a message to /live/parcels takes any number
	receiptsOfAll    bool // GET /receipt?number= takes any number
	refundsOfAll     bool // POST /receipts/refund takes any number from its form
	statementsOpen   bool // GET /statements/{id} asks for no session
	remarksOpen      bool // POST /statements/{id}/remark asks for no session
	copiesForCookie  bool // GET /statements/{id}/copy is content with any cookie

	// Functions of the staff in the hands of customers.
	customersOpen bool // GET /backoffice/customers
	discountOpen  bool // POST /backoffice/discount
	openingOpen   bool // GET and POST /backoffice/opening
	stockByPut    bool // PUT /api/backoffice/stock; other methods are checked

	vouchersRaced bool // POST /vouchers/{id}/redeem looks first and marks afterwards

	// Properties.
	profileTakesAll bool // POST /api/profile writes whatever it is sent
	clubTakesAll    bool // POST /club/profile does
	cardTellsAll    bool // GET /api/card answers with the whole record
	directoryTells  bool // GET /api/directory tells more than names

	// Sessions and passes.
	chosenSessions bool // an unknown session id is adopted at login
	logoutForgets  bool // logging out only takes the cookie away
	passesUnsigned bool // GET /api/loyalty takes passes with any signature or none
	passesForever  bool // GET /api/loyalty/history takes passes that have expired
	passStored     bool // the page keeps the pass in localStorage

	// What is told to whoever asks.
	cardsWhole     bool // GET /api/wallet shows whole card numbers
	dataAsPages    bool // GET /api/slogan is JSON that says it is a page
	failuresTold   bool // GET /api/quote answers with the stack
	figuresOpen    bool // GET /metrics answers everybody
	settingsServed bool // GET /.env does

	// Pages of others.
	messagesFromAll bool // the pages under /desk listen to everybody
}

func everyFlaw() flaws {
	return flaws{
		addressesOfAll: true, parcelsOfAll: true, parcelsTold: true, parcelNotesOfAll: true, receiptsOfAll: true, refundsOfAll: true,
		statementsOpen: true, remarksOpen: true, copiesForCookie: true,
		customersOpen: true, vouchersRaced: true, discountOpen: true, openingOpen: true, stockByPut: true,
		profileTakesAll: true, clubTakesAll: true, cardTellsAll: true, directoryTells: true,
		chosenSessions: true, logoutForgets: true, passesUnsigned: true, passesForever: true, passStored: true,
		cardsWhole: true, dataAsPages: true, failuresTold: true, figuresOpen: true, settingsServed: true,
		messagesFromAll: true,
	}
}
