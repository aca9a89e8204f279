package lab

import (
	"html/template"
	"net/http"
)

// brochure is pages to read: nothing can be changed on them, and the weak shop
// sends each with another framing policy.
var brochure = map[string][2]string{
	"/history": {"History", "You have written to us for three years."},
	"/offers":  {"Offers", "For you this week: sealing wax at half price."},
	"/points":  {"Points", "You have 120 points, worth a small notebook."},
	"/letters": {"Letters", "Two letters of yours are with the printer."},
	"/samples": {"Samples", "Your sample book left on Tuesday."},
	"/terms":   {"Terms", "Agreed between you and Marrow & Ink in spring."},
}

func (a *App) reading(title, text string) handler {
	return func(w http.ResponseWriter, r *http.Request, s *session) {
		a.show(w, http.StatusOK, s, page{
			Title: title, Paragraphs: []string{text}, Facts: []fact{{"Customer", s.user}},
			Meta: a.variant.framingInMeta && r.URL.Path == "/letters",
		})
	}
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
