package finding

// A Plan is an attack as data: it can be printed, sent to a worker and refused
// before anything is sent. It names an identity and never carries a credential.
type Plan struct {
	Kind PlanKind `json:"kind"`
	// Victim is the name of the identity whose browser is abused, "" for anonymous
	// (login forgery).
	Victim string `json:"victim,omitempty"`
	// Intruder is the name of the identity that asks for what is not its own, ""
	// for a visitor without a login; only for PlanAccess.
	Intruder string `json:"intruder,omitempty"`
	// Action is the state change the attacker is after; for PlanAccess also a GET
	// that only reads.
	Action Action `json:"action"`
	// Extra are fields that the action does not offer, each with the present value and,
	// as options, those to try ("+" for another number); only for PlanAccess.
	Extra []Field `json:"extra,omitempty"`
	// Variants are the forgeries to try, in order; only for PlanForge.
	Variants []Variant `json:"variants,omitempty"`
	// Clicks are the controls to click in the framed page, in order; only for PlanFrame.
	Clicks []Click `json:"clicks,omitempty"`
	// Messages are what to send over the socket, or to post to the page, in order;
	// only for PlanSocket, PlanMessage and a PlanAccess over a socket. MarkerSlot stands
	// where a marker goes.
	Messages []string `json:"messages,omitempty"`
	// Reach is what the forged request does beyond what the application's own page
	// lets it do; only for PlanChain.
	Reach *Reach `json:"reach,omitempty"`
	// Parallel is how many times the request is sent at once; only for PlanRace.
	Parallel int `json:"parallel,omitempty"`
	// OnlyIfProven marks a suspicion that nothing seen supports: the place carries
	// a defence, and only an attack that works would make it a finding. It is put
	// to the test in an active scan and is never reported untested.
	OnlyIfProven bool `json:"only_if_proven,omitempty"`
}

// PlanKind says which prover carries a plan out.
type PlanKind string

const (
	PlanFrame PlanKind = "frame" // frame a page, make the victim click
	PlanForge PlanKind = "forge" // send a request from the attacker's page
	// PlanSocket opens a WebSocket from the attacker's page and PlanRead reads an
	// answer there; PlanMessage posts messages to a page of the target.
	PlanSocket  PlanKind = "socket"
	PlanRead    PlanKind = "read"
	PlanMessage PlanKind = "message"
	// PlanChain forges a request that reaches further than its own page does.
	PlanChain PlanKind = "chain"
	// PlanAccess sends a request as somebody who may not: another identity or none.
	PlanAccess PlanKind = "access"
	// PlanRace sends one identity's own request several times at once.
	PlanRace PlanKind = "race"
)

// MarkerSlot stands in a message where the fresh marker of a run is to go.
const MarkerSlot = "{marker}"

// A Reach is the second half of a chain: what the request of the first is made to
// carry.
type Reach struct {
	Weakness Weakness `json:"weakness"`
	// Finding is the id of the finding that showed it on its own.
	Finding string `json:"finding,omitempty"`
	// Field is added to the request; its option is the value to send, its value the
	// one of before. Where are the places in which it shows.
	Field Field    `json:"field"`
	Where []string `json:"where,omitempty"`
	// Owner is the identity as whom the state is re-read, "" for the victim itself.
	Owner string `json:"owner,omitempty"`
}

// An Action is a request that may change state, as it was discovered.
type Action struct {
	Method string `json:"method"`
	URL    string `json:"url"`
	Route  string `json:"route"`
	// Encoding is the media type the application itself sends: EncodingURL,
	// EncodingMultipart, EncodingJSON, EncodingText or "" for no body.
	Encoding string  `json:"encoding,omitempty"`
	Fields   []Field `json:"fields,omitempty"`
	// Page is the URL of the document that holds the form or runs the script, "" if unknown.
	Page string `json:"page,omitempty"`
	// Selector finds the submitting control in Page (CSS), "" if there is none.
	Selector string `json:"selector,omitempty"`
	// Source says how it was found: form, link, script, har, openapi, config.
	Source string `json:"source"`
	// HeaderToken names a request header in which the application's own script
	// sends an anti-forgery token, "" if none was seen.
	HeaderToken string `json:"header_token,omitempty"`
	// Bearer is set when the request was seen with, or is documented to need, an
	// Authorization header that a browser does not add by itself.
	Bearer bool `json:"bearer,omitempty"`
	// Login is set for forms that take a password and no session: login, sign-up.
	Login bool `json:"login,omitempty"`
}

const (
	EncodingURL       = "application/x-www-form-urlencoded"
	EncodingMultipart = "multipart/form-data"
	EncodingJSON      = "application/json"
	EncodingText      = "text/plain"
)

// Endpoint is where the action is aimed at.
func (a Action) Endpoint() Endpoint { return Endpoint{Method: a.Method, Route: a.Route, URL: a.URL} }

// A Field is one input of an action.
type Field struct {
	Name string `json:"name"`
	// In is where it travels: "body" (default when empty), "body/user" within an object of a JSON body
	// (see InBody), "query", "path", "header", "message" (over a socket), "variables" (of a GraphQL
	// operation, by their paths: input.title).
	In string `json:"in,omitempty"`
	// Type is the HTML input type or the JSON type: text, email, number, integer,
	// boolean, hidden, password, select, checkbox, textarea, file, object, array …
	Type string `json:"type"`
	// Value is the value seen (pre-filled, default, example); redacted to a digest
	// when Token or secret.
	Value    string   `json:"value,omitempty"`
	Options  []string `json:"options,omitempty"`
	Required bool     `json:"required,omitempty"`
	// Token is set when the field looks like an anti-forgery token: by behaviour
	// (differs between sessions or loads, high entropy), not by name alone.
	Token bool `json:"token,omitempty"`
}

// A Variant is one way of forging an action; the zero value is "exactly as the
// application would send it, from the attacker's page". Fields change one thing each.
type Variant struct {
	// Name is shown to people: "token absent", "JSON sent as text/plain".
	Name  string   `json:"name"`
	Token TokenUse `json:"token,omitempty"`
	// Encoding replaces the action's encoding when HasEncoding; "" then means no
	// Content-Type header at all.
	Encoding    string `json:"encoding,omitempty"`
	HasEncoding bool   `json:"has_encoding,omitempty"`
	// Method replaces the action's method ("GET" to try a safe method).
	Method string `json:"method,omitempty"`
	// Override sends the action's real method in this place while the request
	// itself is a POST or GET: "_method" (form field), "query:_method",
	// "X-HTTP-Method-Override" (header; needs a preflight, so only a same-origin
	// script could send it and it is no browser forgery).
	Override string `json:"override,omitempty"`
	// Consent lets the browser ask the target's CORS policy before it sends the
	// request, which then goes out with its own method and type.
	Consent bool `json:"consent,omitempty"`
	// Host is the name that OriginEnding ends like, "" for the target's own, or the
	// partner's origin for OriginDowngraded.
	Host string `json:"host,omitempty"`
	// Origin says which provenance the forged request shows.
	Origin OriginUse `json:"origin,omitempty"`
}

// TokenUse is what a forgery does with the anti-forgery token.
type TokenUse string

const (
	TokenAsIs         TokenUse = ""              // the action has no token, or keep the field as found
	TokenAbsent       TokenUse = "absent"        // field and header left out
	TokenEmpty        TokenUse = "empty"         // field sent with no value
	TokenWrong        TokenUse = "wrong"         // same shape, other content
	TokenOtherSession TokenUse = "other-session" // a token the attacker got for a session of their own
	TokenBeforeLogin  TokenUse = "before-login"  // a token the victim's browser got before login
	TokenInQuery      TokenUse = "in-query"      // the genuine token moved to the query string
)

// OriginUse is which page a forged request comes from.
type OriginUse string

const (
	OriginForeign OriginUse = ""        // the attacker's own https origin
	OriginNull    OriginUse = "null"    // a sandboxed frame: Origin: null
	OriginSilent  OriginUse = "silent"  // Referrer-Policy no-referrer, and no Origin where the browser allows that
	OriginSuffix  OriginUse = "suffix"  // a host that begins or ends like the target's
	OriginSibling OriginUse = "sibling" // a sub-domain of the target's site, or another port of its host
	OriginEnding  OriginUse = "ending"  // a host that ends like the target's and is another's
	OriginPlain   OriginUse = "plain"   // the target's own host over unencrypted http
	// OriginDowngraded is a partner that the target shares with over https, over
	// unencrypted http: whoever is on the victim's network stands there.
	OriginDowngraded OriginUse = "downgraded"
	OriginPort       OriginUse = "port"    // the target's own host on another port
	OriginMissing    OriginUse = "missing" // no Origin at all, which no browser does where it sends one
)

// A Click is one control to be clicked in a framed page.
type Click struct {
	Page string `json:"page"` // URL framed for this step; same as before: the frame moved on by itself
	// Selector finds the control (CSS). "" is only possible after the first click:
	// the page it leads to answers an unsafe request and was not seen yet, and the
	// control is the one that submits its form.
	Selector string `json:"selector"`
	Label    string `json:"label"` // what the control says to the user
}
