package lab

import (
	"net/http"
	"slices"
)

// products are shown to everybody: their numbers look like those of private
// things and are none.
var products = []struct{ number, name, text string }{
	{"9001", "Laid paper", "Laid, 120 g, cream, a hundred sheets."},
	{"9002", "Brass ruler", "Thirty centimetres and an inch more."},
	{"9003", "Sealing wax", "Four sticks, wine red."},
}

// shopWindow is public: products, and what customers write about them. A review
// is read by all and taken back only by who wrote it.
func (a *App) shopWindow(mux *http.ServeMux) {
	mux.HandleFunc("GET /products", a.productList)
	mux.HandleFunc("GET /products/{id}", a.product)
	a.looking(mux, "GET /reviews", "main", a.reviews)
	a.changing(mux, "POST /reviews", "main", a.addReview)
	a.looking(mux, "GET /reviews/{id}", "main", a.owned("reviews", true, inPath, a.review))
	a.changing(mux, "POST /reviews/{id}/delete", "main", a.owned("reviews", false, inPath, a.deleteReview))
}

func (a *App) productList(w http.ResponseWriter, r *http.Request) {
	now := a.shop.settings(house)
	p := page{Title: "Products", Facts: []fact{{"From the counter", now["banner"]}, {"Discount", now["discount"]}, {"Shop", now["opening"]}}}
	for _, x := range products {
		p.Rows = append(p.Rows, row{x.name, []link{{"Look", "/products/" + x.number}}})
	}
	a.show(w, http.StatusOK, a.session(r, "main"), p)
}

func (a *App) product(w http.ResponseWriter, r *http.Request) {
	for _, x := range products {
		if x.number == r.PathValue("id") {
			a.show(w, http.StatusOK, a.session(r, "main"), page{Title: x.name, Paragraphs: []string{x.text}})
			return
		}
	}
	a.refuse(w, r, a.session(r, "main"), http.StatusNotFound, "There is no such thing here.")
}

func (a *App) reviews(w http.ResponseWriter, _ *http.Request, s *session) {
	p := page{Title: "Reviews", Forms: []form{{
		Endpoint: "POST /reviews", Title: "What do you think?", Button: "Publish", Fields: []field{{"text", "Review", "", "text"}},
	}}}
	for _, o := range slices.Backward(a.shop.belonging("reviews", "")) {
		p.Rows = append(p.Rows, row{o.fields["text"], []link{{"Read", "/reviews/" + o.number}}})
	}
	a.show(w, http.StatusOK, s, p)
}

func (a *App) addReview(w http.ResponseWriter, r *http.Request, s *session) {
	number := a.shop.put("reviews", s.user, map[string]string{"text": r.PostFormValue("text")})
	http.Redirect(w, r, "/reviews/"+number, http.StatusSeeOther)
}

func (a *App) review(w http.ResponseWriter, _ *http.Request, s *session, o object) {
	p := page{Title: "Review", Facts: []fact{{"Written", o.fields["text"]}}}
	if o.owner == s.user {
		p.Forms = []form{{Endpoint: "POST /reviews/{id}/delete", Action: "/reviews/" + o.number + "/delete", Title: "Changed your mind?",
			Button: "Delete review", Danger: true}}
	}
	a.show(w, http.StatusOK, s, p)
}

func (a *App) deleteReview(w http.ResponseWriter, r *http.Request, _ *session, o object) {
	a.shop.remove("reviews", o.number)
	http.Redirect(w, r, "/reviews", http.StatusSeeOther)
}
