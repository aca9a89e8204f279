package lab

import (
	"encoding/json"
	"net/http"
)

// A setting is one entry of a customer's account with an endpoint of its own.
type setting struct {
	endpoint, page, name, label, button string
}

// settings are changed by forms.
var settings = []setting{
	{"POST /account/email", "/account", "email", "E-mail", "Save e-mail"},
	{"POST /account/address", "/account", "address", "Address", "Save address"},
	{"POST /account/name", "/account", "name", "What we call you", "Save name"},
	{"POST /account/phone", "/account", "phone", "Phone", "Save phone"},
	{"POST /account/delivery", "/account", "delivery", "Deliver in the", "Save delivery"},
	{"POST /paper", "/paper", "paper", "Favourite paper", "Save paper"},
	{"POST /currency", "/currency", "currency", "Currency", "Use currency"},
	{"POST /newsletter", "/newsletter", "newsletter", "Newsletter", ""},
}

// scripted are changed by the page's script, in JSON.
var scripted = []setting{
	{"POST /api/wish", "/wishes", "wish", "Dearest wish", "Save wish"},
	{"POST /api/gift-message", "/wishes", "gift_message", "Message on gifts", "Save message"},
	{"POST /api/reminder", "/wishes", "reminder", "Remind me", "Save reminder"},
}

// formsOn are the forms of a page, filled with what is set now.
func formsOn(page string, from []setting, now map[string]string) []form {
	var forms []form
	for _, s := range from {
		if s.page == page {
			forms = append(forms, form{Endpoint: s.endpoint, Title: s.label, Button: s.button, Fields: []field{{s.name, s.label, now[s.name], "text"}}})
		}
	}
	return forms
}

func (a *App) account(w http.ResponseWriter, _ *http.Request, s *session) {
	now := a.shop.settings(s.user)
	a.show(w, http.StatusOK, s, page{
		Title: "Account",
		Facts: []fact{{"E-mail", now["email"]}, {"Address", now["address"]}, {"Phone", now["phone"]}},
		Forms: append(formsOn("/account", settings, now), form{Endpoint: "POST /logout", Title: "Leave", Button: "Log out"}),
	})
}

func (a *App) paper(w http.ResponseWriter, _ *http.Request, s *session) {
	now := a.shop.settings(s.user)
	a.show(w, http.StatusOK, s, page{Title: "Paper", Facts: []fact{{"Favourite", now["paper"]}}, Forms: formsOn("/paper", settings, now)})
}

// save returns the handler that stores what a setting's form sends.
func (a *App) save(s setting) handler {
	return func(w http.ResponseWriter, r *http.Request, from *session) {
		if !r.PostForm.Has(s.name) && r.PostFormValue(s.name) == "" {
			a.refuse(w, r, from, http.StatusUnprocessableEntity, s.label+" is missing.")
			return
		}
		a.shop.set(from.user, s.name, r.PostFormValue(s.name))
		http.Redirect(w, r, s.page, http.StatusSeeOther)
	}
}

var currencies = []string{"EUR", "GBP", "SEK"}

func (a *App) currency(w http.ResponseWriter, r *http.Request, s *session) {
	p := page{Title: "Currency"}
	if a.variant.linkChanges {
		// Planted: a link that changes something.
		if chosen := r.URL.Query().Get("set"); chosen != "" {
			a.shop.set(s.user, "currency", chosen)
			http.Redirect(w, r, "/currency", http.StatusSeeOther)
			return
		}
		for _, c := range currencies {
			p.Links = append(p.Links, link{c, "/currency?set=" + c})
		}
	}
	now := a.shop.settings(s.user)
	p.Facts, p.Forms = []fact{{"Prices in", now["currency"]}}, formsOn("/currency", settings, now)
	a.show(w, http.StatusOK, s, p)
}

func opposite(now string) string {
	if now == "on" {
		return "off"
	}
	return "on"
}

// newsletter is a page with one button, which does what it says at once.
func (a *App) newsletter(w http.ResponseWriter, _ *http.Request, s *session) {
	now := a.shop.settings(s.user)["newsletter"]
	a.show(w, http.StatusOK, s, page{Title: "Newsletter", Facts: []fact{{"Newsletter", now}}, Forms: []form{{
		Endpoint: "POST /newsletter", Title: "A letter a month", Button: "Switch newsletter " + opposite(now),
		Fields: []field{{"newsletter", "", opposite(now), "hidden"}},
	}}})
}

// membership takes two buttons. The second page has no address of its own: its
// form carries a ticket that only the first step gives out.
func (a *App) membership(w http.ResponseWriter, _ *http.Request, s *session) {
	now := a.shop.settings(s.user)["membership"]
	a.show(w, http.StatusOK, s, page{Title: "Membership", Facts: []fact{{"Membership", now}}, Forms: []form{{
		Endpoint: "POST /membership/review", Title: "The paper club", Button: "Switch membership " + opposite(now),
		Fields: []field{{"membership", "", opposite(now), "hidden"}},
	}}})
}

func ticket(s *session, now, wanted string) string {
	return sign([]byte(s.token), "membership from "+now+" to "+wanted)
}

func (a *App) reviewMembership(w http.ResponseWriter, r *http.Request, s *session) {
	now, wanted := a.shop.settings(s.user)["membership"], r.PostFormValue("membership")
	a.show(w, http.StatusOK, s, page{Title: "Membership", Paragraphs: []string{"The club costs 9 EUR a month."}, Forms: []form{{
		Endpoint: "POST /membership/confirm", Title: "Switch membership " + wanted + "?", Button: "Yes, I am sure",
		Fields: []field{{"membership", "", wanted, "hidden"}, {"ticket", "", ticket(s, now, wanted), "hidden"}},
	}}})
}

func (a *App) confirmMembership(w http.ResponseWriter, r *http.Request, s *session) {
	now, wanted := a.shop.settings(s.user)["membership"], r.PostFormValue("membership")
	if !same(ticket(s, now, wanted), r.PostFormValue("ticket")) {
		a.refuse(w, r, s, http.StatusConflict, "Please start again.")
		return
	}
	a.shop.set(s.user, "membership", wanted)
	http.Redirect(w, r, "/membership", http.StatusSeeOther)
}

func (a *App) wishes(w http.ResponseWriter, _ *http.Request, s *session) {
	forms := formsOn("/wishes", scripted, a.shop.settings(s.user))
	for i := range forms {
		forms[i].Scripted = true
	}
	a.show(w, http.StatusOK, s, page{Title: "Wishes", Forms: forms})
}

func (a *App) me(w http.ResponseWriter, _ *http.Request, s *session) {
	writeJSON(w, http.StatusOK, map[string]any{"username": s.user, "settings": a.shop.settings(s.user), "notes": a.shop.notes(s.user), "orders": a.shop.orders(s.user)})
}

// saveJSON reads the body as JSON whatever it calls itself. Refusing other
// types is the endpoint's defence, where it has one.
func (a *App) saveJSON(s setting) handler {
	return func(w http.ResponseWriter, r *http.Request, from *session) {
		var sent map[string]string
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || sent[s.name] == "" {
			writeJSON(w, http.StatusBadRequest, map[string]string{"error": s.name + " is missing"})
			return
		}
		a.shop.set(from.user, s.name, sent[s.name])
		writeJSON(w, http.StatusOK, map[string]string{s.name: sent[s.name]})
	}
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}
