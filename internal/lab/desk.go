package lab

import (
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
)

// desk has pages that talk with other windows.
func (a *App) desk(mux *http.ServeMux) {
	open := a.variant.flaws.messagesFromAll
	a.looking(mux, "GET /desk", "main", a.deskPage)
	a.looking(mux, "GET /desk/card", "main", a.listening("Visiting card", open, tellCard))
	a.looking(mux, "GET /desk/ribbon", "main", a.listening("Ribbon", open, setRibbon))
	a.looking(mux, "GET /desk/seal", "main", a.listening("Seal", false, tellCard))
	a.changing(mux, "POST /api/ribbon", "main", a.saveJSON(setting{name: "ribbon"}))
}

// tellCard tells whoever asks.
const tellCard = `
window.addEventListener("message", event => {
  CHECK
  if (event.data === "card" || event.data.ask === "card") {
    event.source.postMessage({ card: document.querySelector("dd").textContent }, "*");
  }
});`

// setRibbon does what it is told.
const setRibbon = `
window.addEventListener("message", async event => {
  CHECK
  if (event.data.ribbon) {
    await fetch("/api/ribbon", {
      method: "POST",
      headers: { "Content-Type": "application/json", ...HEADERS },
      body: JSON.stringify({ ribbon: event.data.ribbon }),
    });
    document.querySelectorAll("dd")[1].textContent = event.data.ribbon;
  }
});`

func (a *App) deskPage(w http.ResponseWriter, _ *http.Request, s *session) {
	a.show(w, http.StatusOK, s, page{Title: "Desk", Links: []link{{"Visiting card", "/desk/card"}, {"Ribbon", "/desk/ribbon"}, {"Seal", "/desk/seal"}}})
}

// listening is a page with a message handler, which looks where messages come
// from unless it is open.
func (a *App) listening(title string, open bool, script string) handler {
	check := "if (event.origin !== location.origin) return;"
	if open {
		check = ""
	}
	return func(w http.ResponseWriter, _ *http.Request, s *session) {
		headers := "{}"
		if d := a.variant.defence("POST /api/ribbon"); d.headers != nil {
			encoded, _ := json.Marshal(d.headers(s)) // a map of strings always encodes
			headers = string(encoded)
		}
		now := a.shop.settings(s.user)
		a.show(w, http.StatusOK, s, page{
			Title: title, Facts: []fact{{"Card", s.user + ", " + now["email"]}, {"Ribbon", now["ribbon"]}},
			Script: template.JS(strings.NewReplacer("CHECK", check, "...HEADERS", headers[1:len(headers)-1]).Replace(script)),
		})
	}
}
