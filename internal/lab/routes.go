package lab

import (
	"net/http"
	"slices"
	"strings"
)

// A handler answers a customer's request.
type handler func(w http.ResponseWriter, r *http.Request, s *session)

// maxBody bounds what any endpoint reads.
const maxBody = 1 << 20

func (a *App) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.home)
	mux.HandleFunc("GET /login", a.loginForm)
	mux.HandleFunc("POST /login", a.login)
	mux.HandleFunc("GET /about", a.about)
	mux.HandleFunc("GET /widget", a.widget)
	a.changing(mux, "POST /logout", "main", a.logout)

	a.looking(mux, "GET /notes", "main", a.notes)
	a.looking(mux, "GET /search", "main", a.search)
	a.looking(mux, "GET /notes/{id}/delete", "main", a.confirmDelete)
	a.changing(mux, "POST /notes", "main", a.addNote)
	a.changing(mux, "POST /notes/{id}/delete", "main", a.deleteNote)

	a.looking(mux, "GET /order", "main", a.orderForm)
	a.looking(mux, "GET /orders", "main", a.orders)
	a.changing(mux, "POST /order", "main", a.order)

	a.looking(mux, "GET /account", "main", a.account)
	a.looking(mux, "GET /paper", "main", a.paper)
	for _, s := range settings {
		a.changing(mux, s.endpoint, "main", a.save(s))
	}

	a.looking(mux, "GET /currency", "main", a.currency)
	a.looking(mux, "GET /newsletter", "main", a.newsletter)
	a.looking(mux, "GET /membership", "main", a.membership)
	a.changing(mux, "POST /membership/review", "main", a.reviewMembership)
	a.changing(mux, "POST /membership/confirm", "main", a.confirmMembership)

	a.looking(mux, "GET /wishes", "main", a.wishes)
	a.looking(mux, "GET /api/me", "main", a.me)
	for _, s := range scripted {
		a.changing(mux, s.endpoint, "main", a.saveJSON(s))
	}

	a.looking(mux, "GET /invoices", "invoices", a.invoices)
	for _, l := range brochure {
		a.looking(mux, "GET "+l.path, "main", a.read(l))
		a.changing(mux, "POST "+l.path, "main", a.turn(l))
	}
	a.looking(mux, "GET /stamp.svg", "main", a.stamp)
	if !a.variant.frontOnly {
		for _, open := range []func(*http.ServeMux){a.addressBook, a.parcelDesk, a.receiptBox, a.draftDrawer, a.shopWindow,
			a.statementFile, a.backoffice, a.club, a.loyalty, a.live, a.connect, a.desk, a.counter, a.voucherDesk} {
			open(mux)
		}
	}
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		a.show(w, http.StatusNotFound, a.session(r, "main"), page{Title: "Not here", Paragraphs: []string{"There is no such page."}})
	})
	return mux
}

// looking serves a page to whoever is logged in, and the login form to others.
func (a *App) looking(mux *http.ServeMux, endpoint, kind string, next handler) {
	mux.HandleFunc(endpoint, func(w http.ResponseWriter, r *http.Request) {
		s := a.session(r, kind)
		if s == nil || s.user == "" {
			a.loginNeeded(w, r)
			return
		}
		next(w, r, s)
	})
}

// changing is looking with the endpoint's defence in front.
func (a *App) changing(mux *http.ServeMux, endpoint, kind string, next handler) {
	d := a.variant.defence(endpoint)
	a.looking(mux, endpoint, kind, func(w http.ResponseWriter, r *http.Request, s *session) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if !d.allows(r, s) {
			a.refuse(w, r, s, http.StatusForbidden, "The page has expired. Please go back and try again.")
			return
		}
		next(w, r, s)
	})
}

func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }

func (a *App) loginNeeded(w http.ResponseWriter, r *http.Request) {
	if isAPI(r) {
		writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "log in first"})
		return
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

func (a *App) refuse(w http.ResponseWriter, r *http.Request, s *session, status int, why string) {
	if isAPI(r) {
		writeJSON(w, status, map[string]string{"error": why})
		return
	}
	a.show(w, status, s, page{Title: "Sorry", Paragraphs: []string{why}})
}

// session finds the live session of a request, or nil.
func (a *App) session(r *http.Request, kind string) *session {
	kind = a.variant.kind(kind)
	cookie, err := r.Cookie(a.variant.cookies[kind].Name)
	if err != nil {
		return nil
	}
	return a.shop.find(cookie.Value, kind)
}

func (a *App) setCookie(w http.ResponseWriter, s *session) {
	cookie := a.variant.cookies[s.kind]
	cookie.Value, cookie.Path = s.id, "/"
	http.SetCookie(w, &cookie)
	if a.variant.double != nil && s.kind == "main" {
		value := sign(a.variant.double, s.id)
		http.SetCookie(w, &http.Cookie{Name: doubleCookie, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: cookie.SameSite})
	}
}

func (a *App) home(w http.ResponseWriter, r *http.Request) {
	s := a.session(r, "main")
	if s == nil || s.user == "" {
		a.show(w, http.StatusOK, s, page{
			Title:      "Marrow & Ink",
			Paragraphs: []string{"Paper, pens and patience since 1924. This shop sells nothing: it is for trying a scanner on."},
			Links:      []link{{"Log in", "/login"}, {"About the shop", "/about"}},
		})
		return
	}
	about := a.shop.settings(s.user)
	p := page{
		Title:      "Good day, " + about["name"],
		Paragraphs: []string{"Your letters, notes and orders are where you left them."},
		Facts:      []fact{{"E-mail", about["email"]}, {"Delivery", about["delivery"]}, {"Newsletter", about["newsletter"]}},
		Links: []link{
			{"History", "/history"}, {"Offers", "/offers"}, {"Points", "/points"}, {"Letters", "/letters"}, {"Samples", "/samples"},
			{"Terms", "/terms"}, {"Invoices", "/invoices"}, {"Stamp", "/stamp.svg"}, {"For partners", "/widget"}, {"About", "/about"},
		},
	}
	if !a.variant.frontOnly {
		p.Links = append(p.Links, rooms...)
		if staffOnly(s) {
			p.Links = append(p.Links, link{"Back office", "/backoffice"})
		}
	}
	a.show(w, http.StatusOK, s, p)
}

// rooms are behind the front: each has a module of its own.
var rooms = []link{
	{"Addresses", "/addresses"}, {"Parcels", "/parcels"}, {"Receipts", "/receipts"}, {"Drafts", "/drafts"}, {"Products", "/products"},
	{"Reviews", "/reviews"}, {"Statements", "/statements"}, {"Paper club", "/club"}, {"Loyalty", "/loyalty"}, {"Live", "/live"},
	{"For programs", "/connect"}, {"Desk", "/desk"}, {"Counter", "/counter"}, {"Vouchers", "/vouchers"},
}

func (a *App) loginForm(w http.ResponseWriter, r *http.Request) {
	s := a.session(r, "main")
	if d := a.variant.defence("POST /login"); s == nil && d.fields != nil {
		// The token needs a session to belong to, before anybody is known.
		s = a.shop.begin("main", "", "")
		a.setCookie(w, s)
	}
	a.show(w, http.StatusOK, s, page{Title: "Log in", Forms: []form{{
		Endpoint: "POST /login", Title: "Welcome back", Button: "Log in",
		Fields: []field{{"username", "User name", "", "text"}, {"password", "Password", "", "password"}},
	}}})
}

func (a *App) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	old := a.session(r, "main")
	visitor := old
	if visitor == nil {
		visitor = &session{} // its empty token matches nothing
	}
	if !a.variant.defence("POST /login").allows(r, visitor) {
		a.refuse(w, r, old, http.StatusForbidden, "The page has expired. Please go back and try again.")
		return
	}
	user := r.PostFormValue("username")
	if !same(people[user], r.PostFormValue("password")) {
		a.refuse(w, r, old, http.StatusUnauthorized, "User name and password do not match.")
		return
	}
	if old != nil {
		a.shop.end(old.id)
	}
	for kind := range a.variant.cookies {
		a.setCookie(w, a.shop.begin(kind, user, a.chosenID(r, kind)))
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// chosenID is the session id that came with a request for which there is no
// session, empty unless the shop takes such ids.
func (a *App) chosenID(r *http.Request, kind string) string {
	cookie, err := r.Cookie(a.variant.cookies[kind].Name)
	if !a.variant.flaws.chosenSessions || kind != "main" || err != nil {
		return ""
	}
	return cookie.Value
}

func (a *App) logout(w http.ResponseWriter, r *http.Request, s *session) {
	if !a.variant.flaws.logoutForgets {
		a.shop.end(s.id)
	}
	if a.variant.double != nil {
		http.SetCookie(w, &http.Cookie{Name: doubleCookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true})
	}
	for _, cookie := range a.variant.cookies {
		cookie.Path, cookie.MaxAge = "/", -1
		http.SetCookie(w, &cookie)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *App) notes(w http.ResponseWriter, _ *http.Request, s *session) {
	a.show(w, http.StatusOK, s, page{Title: "Notes", Search: new(string), Rows: a.noteRows(s, ""), Forms: []form{{
		Endpoint: "POST /notes", Title: "New note", Button: "Keep note", Fields: []field{{"text", "Text", "", "text"}},
	}}})
}

func (a *App) search(w http.ResponseWriter, r *http.Request, s *session) {
	wanted := r.URL.Query().Get("q")
	a.show(w, http.StatusOK, s, page{Title: "Search", Search: &wanted, Rows: a.noteRows(s, wanted)})
}

// noteRows lists the notes that contain a text, each with the way to its deletion.
func (a *App) noteRows(s *session, containing string) []row {
	var rows []row
	for id, text := range a.shop.notes(s.user) {
		if strings.Contains(strings.ToLower(text), strings.ToLower(containing)) {
			rows = append(rows, row{text, []link{{"Delete", "/notes/" + id + "/delete"}}})
		}
	}
	slices.SortFunc(rows, func(x, y row) int { return strings.Compare(x.Text, y.Text) })
	return rows
}

func (a *App) addNote(w http.ResponseWriter, r *http.Request, s *session) {
	a.shop.addNote(s.user, r.PostFormValue("text"))
	http.Redirect(w, r, "/notes", http.StatusSeeOther)
}

func (a *App) confirmDelete(w http.ResponseWriter, r *http.Request, s *session) {
	text, found := a.shop.notes(s.user)[r.PathValue("id")]
	if !found {
		a.refuse(w, r, s, http.StatusNotFound, "There is no such note.")
		return
	}
	a.show(w, http.StatusOK, s, page{Title: "Delete note", Facts: []fact{{"Note", text}}, Forms: []form{{
		Endpoint: "POST /notes/{id}/delete", Action: r.URL.Path, Title: "Really delete it?", Button: "Delete note", Danger: true,
	}}})
}

func (a *App) deleteNote(w http.ResponseWriter, r *http.Request, s *session) {
	a.shop.deleteNote(s.user, r.PathValue("id"))
	http.Redirect(w, r, "/notes", http.StatusSeeOther)
}

func (a *App) orderForm(w http.ResponseWriter, _ *http.Request, s *session) {
	a.show(w, http.StatusOK, s, page{Title: "Order", Forms: []form{{
		Endpoint: "POST /order", Title: "What will it be?", Button: "Place order",
		Fields: []field{{"item", "Item", "Envelopes", "text"}, {"quantity", "How many", "1", "number"}, {"note", "Note to the shop", "", "text"}},
	}}})
}

func (a *App) order(w http.ResponseWriter, r *http.Request, s *session) {
	a.shop.order(s.user, r.PostFormValue("item"), r.PostFormValue("quantity"), r.PostFormValue("note"))
	http.Redirect(w, r, "/orders", http.StatusSeeOther)
}

func (a *App) orders(w http.ResponseWriter, _ *http.Request, s *session) {
	p := page{Title: "Orders"}
	for _, order := range slices.Backward(a.shop.orders(s.user)) {
		p.Rows = append(p.Rows, row{Text: order})
	}
	a.show(w, http.StatusOK, s, p)
}
