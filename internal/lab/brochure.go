package lab

import (
	"html/template"
	"net/http"
)

// A leaf of the brochure is a page to read, with one thing to switch by a
// button. The weak shop sends each with another framing policy.
type leaf struct {
	path, title, text string
	setting           string // on or off
	label             string
	turnOn, turnOff   string
}

var brochure = []leaf{
	{"/history", "History", "You have written to us for three years.", "history_kept", "Kept for ever", "Keep it for ever", "Do not keep it"},
	{"/offers", "Offers", "For you this week: sealing wax at half price.", "offer_taken", "Taken", "Take this offer", "Leave this offer"},
	{"/points", "Points", "You have 120 points, worth a small notebook.", "points_donated", "Given to the school", "Give them to the school", "Keep them"},
	{"/letters", "Letters", "Two letters of yours are with the printer.", "letters_express", "Express", "Send them by express", "Send them by post"},
	{"/samples", "Samples", "Your sample book left on Tuesday.", "samples_monthly", "Every month", "Send one every month", "Send no more"},
	{"/terms", "Terms", "Agreed between you and Marrow & Ink in spring.", "terms_renewed", "Renewed every year", "Renew every year", "Do not renew"},
}

// read shows the leaf. Its button carries the state it leads to, so that
// sending it twice is the same as once.
func (a *App) read(l leaf) handler {
	return func(w http.ResponseWriter, _ *http.Request, s *session) {
		now, button := a.shop.settings(s.user)[l.setting], l.turnOn
		if now == "on" {
			button = l.turnOff
		}
		a.show(w, http.StatusOK, s, page{
			Title: l.title, Paragraphs: []string{l.text}, Facts: []fact{{"Customer", s.user}, {l.label, now}},
			Forms: []form{{Endpoint: "POST " + l.path, Title: l.label, Button: button, Fields: []field{{l.setting, "", opposite(now), "hidden"}}}},
			Meta:  a.variant.framingInMeta && l.path == "/letters",
		})
	}
}

func (a *App) turn(l leaf) handler {
	return func(w http.ResponseWriter, r *http.Request, s *session) {
		wanted := r.PostFormValue(l.setting)
		if wanted != "on" && wanted != "off" {
			a.refuse(w, r, s, http.StatusUnprocessableEntity, l.label+" is on or off.")
			return
		}
		a.shop.set(s.user, l.setting, wanted)
		http.Redirect(w, r, l.path, http.StatusSeeOther)
	}
}

func (a *App) invoices(w http.ResponseWriter, _ *http.Request, s *session) {
	a.show(w, http.StatusOK, s, page{Title: "Invoices", Paragraphs: []string{"One invoice is open: 12 EUR for envelopes."}, Facts: []fact{{"Customer", s.user}}})
}

func (a *App) about(w http.ResponseWriter, r *http.Request) {
	a.show(w, http.StatusOK, a.session(r, "main"), page{Title: "About the shop", Paragraphs: []string{"Two rooms, four ladders and a cat called Blotter."}})
}

// widget is made to be embedded by one partner; it shows nothing of anybody.
func (a *App) widget(w http.ResponseWriter, _ *http.Request) {
	a.show(w, http.StatusOK, nil, page{Title: "Paper of the week", Paragraphs: []string{"Laid, 120 g, cream."}})
}

var stamp = template.Must(template.New("stamp").Parse(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 190" width="160" height="190">
<rect x="6" y="6" width="148" height="178" fill="#fbf6ea" stroke="#7a2e2e" stroke-width="4" stroke-dasharray="6 4"/>
<text x="80" y="90" text-anchor="middle" font-family="serif" font-size="22" fill="#7a2e2e">Marrow &amp; Ink</text>
<text x="80" y="130" text-anchor="middle" font-family="serif" font-size="18" fill="#333">{{.}}</text></svg>`))

func (a *App) stamp(w http.ResponseWriter, _ *http.Request, s *session) {
	w.Header().Set("Content-Type", "image/svg+xml")
	stamp.Execute(w, s.user)
}
