package lab

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// house is the account under which the shop keeps what is everybody's.
const house = "shop"

// staffOnly is a session's right to the back office. It is looked up at login: a
// role that changes later counts from the next login on.
func staffOnly(s *session) bool { return s.role == "admin" }

// backoffice is for the staff. Its menu is shown to them alone, and the address
// stands in robots.txt, where it was meant to be hidden.
func (a *App) backoffice(mux *http.ServeMux) {
	f := a.variant.flaws
	mux.HandleFunc("GET /robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write([]byte("User-agent: *\nDisallow: /backoffice\n"))
	})
	a.looking(mux, "GET /backoffice", "main", a.staff(false, a.office))
	a.looking(mux, "GET /backoffice/customers", "main", a.staff(f.customersOpen, a.customers))
	a.looking(mux, "GET /backoffice/notices", "main", a.staff(false, a.notices))
	a.changing(mux, "POST /backoffice/banner", "main", a.staff(false, a.keep("banner", "/backoffice/notices")))
	a.changing(mux, "POST /backoffice/discount", "main", a.staff(f.discountOpen, a.keep("discount", "/products")))
	a.looking(mux, "GET /backoffice/opening", "main", a.staff(f.openingOpen, a.opening))
	a.changing(mux, "POST /backoffice/opening", "main", a.staff(f.openingOpen, a.keep("opening", "/backoffice/opening")))
	a.looking(mux, "GET /api/backoffice/stock", "main", a.staff(false, a.stock))
	a.changing(mux, "POST /api/backoffice/stock", "main", a.staff(false, a.setStock))
	a.changing(mux, "PUT /api/backoffice/stock", "main", a.staff(f.stockByPut, a.setStock))
}

// staff lets the staff in, and everybody else if nobody looks.
func (a *App) staff(open bool, next handler) handler {
	return func(w http.ResponseWriter, r *http.Request, s *session) {
		if !open && !staffOnly(s) {
			a.refuse(w, r, s, http.StatusForbidden, "This is for the staff.")
			return
		}
		next(w, r, s)
	}
}

func (a *App) office(w http.ResponseWriter, _ *http.Request, s *session) {
	a.show(w, http.StatusOK, s, page{Title: "Back office", Paragraphs: []string{"Keys hang behind the ladder."}, Links: []link{
		{"Customers", "/backoffice/customers"}, {"Notices", "/backoffice/notices"}, {"Opening", "/backoffice/opening"}, {"Stock", "/api/backoffice/stock"},
	}})
}

func (a *App) customers(w http.ResponseWriter, _ *http.Request, s *session) {
	p := page{Title: "Customers"}
	for _, name := range slices.Sorted(maps.Keys(people)) {
		p.Rows = append(p.Rows, row{Text: name + ": " + a.shop.settings(name)["email"] + ", complains on Mondays"})
	}
	a.show(w, http.StatusOK, s, p)
}

func (a *App) notices(w http.ResponseWriter, _ *http.Request, s *session) {
	now := a.shop.settings(house)
	a.show(w, http.StatusOK, s, page{Title: "Notices", Facts: []fact{{"Banner", now["banner"]}, {"Discount", now["discount"]}}, Forms: []form{
		{Endpoint: "POST /backoffice/banner", Title: "Above the counter", Button: "Hang it up", Fields: []field{{"banner", "Banner", now["banner"], "text"}}},
		{Endpoint: "POST /backoffice/discount", Title: "For everybody", Button: "Give it", Fields: []field{{"discount", "Discount", now["discount"], "text"}}},
	}})
}

// keep stores one of the shop's own settings.
func (a *App) keep(name, next string) handler {
	return func(w http.ResponseWriter, r *http.Request, s *session) {
		if r.PostFormValue(name) == "" {
			a.refuse(w, r, s, http.StatusUnprocessableEntity, name+" is missing.")
			return
		}
		a.shop.set(house, name, r.PostFormValue(name))
		http.Redirect(w, r, next, http.StatusSeeOther)
	}
}

// opening is one button that opens or closes the shop for everybody.
func (a *App) opening(w http.ResponseWriter, _ *http.Request, s *session) {
	now, wanted, button := a.shop.settings(house)["opening"], "closed", "Close the shop"
	if now == "closed" {
		wanted, button = "open", "Open the shop"
	}
	a.show(w, http.StatusOK, s, page{Title: "Opening", Facts: []fact{{"The shop is", now}}, Forms: []form{{
		Endpoint: "POST /backoffice/opening", Title: "For everybody", Button: button, Fields: []field{{"opening", "", wanted, "hidden"}},
	}}})
}

func (a *App) stock(w http.ResponseWriter, _ *http.Request, _ *session) {
	writeJSON(w, http.StatusOK, map[string]string{"stock": a.shop.settings(house)["stock"]})
}

func (a *App) setStock(w http.ResponseWriter, r *http.Request, _ *session) {
	var sent struct{ Stock string }
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || sent.Stock == "" {
		writeJSON(w, http.StatusUnprocessableEntity, map[string]string{"error": "stock is missing"})
		return
	}
	a.shop.set(house, "stock", sent.Stock)
	writeJSON(w, http.StatusOK, map[string]string{"stock": sent.Stock})
}
