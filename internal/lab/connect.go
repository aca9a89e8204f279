package lab

import "net/http"

// A sharing says which origins may read an endpoint's answers with the
// customer's cookies, and what is said about it.
type sharing func(r *http.Request) (allowed string, credentials bool)

func sharedWithNobody(*http.Request) (string, bool) { return "", false }

// sharedWithAll reflects whatever comes.
func sharedWithAll(r *http.Request) (string, bool) { return r.Header.Get("Origin"), true }

func sharedWithNull(r *http.Request) (string, bool) {
	return oneOf(r, "null", "https://partner.example"), true
}

// sharedWithEnding says whom it means when nobody is named.
func sharedWithEnding(r *http.Request) (string, bool) {
	if r.Header.Get("Origin") == "" {
		return "https://www." + houseDomain, true
	}
	if endsLikeHouse(r) {
		return r.Header.Get("Origin"), true
	}
	return "", false
}

func sharedWithBeginning(r *http.Request) (string, bool) {
	if startsLikeOwn(r) {
		return r.Header.Get("Origin"), true
	}
	return "", false
}

func sharedWithPartner(r *http.Request) (string, bool) {
	return oneOf(r, "https://partner.example"), true
}

// sharedAsPublic keeps cookies out: browsers give no answer with credentials to a star.
func sharedAsPublic(*http.Request) (string, bool) { return "*", false }

func oneOf(r *http.Request, origins ...string) string {
	for _, o := range origins {
		if r.Header.Get("Origin") == o {
			return o
		}
	}
	return ""
}

// shared are answers that other sites' pages may ask for.
var shared = []struct{ endpoint, label string }{
	{"GET /api/summary", "Summary"}, {"GET /api/digest", "Digest"}, {"GET /api/balance", "Balance"}, {"GET /api/plan", "Plan"},
	{"GET /api/ledger", "Ledger"}, {"GET /api/totals", "Totals"},
}

// connect is for programs of partners.
func (a *App) connect(mux *http.ServeMux) {
	a.looking(mux, "GET /connect", "main", a.connectPage)
	for _, e := range shared {
		a.looking(mux, e.endpoint, "main", a.sharing(e.endpoint, a.summary))
	}
	mux.HandleFunc("GET /api/catalogue", func(w http.ResponseWriter, r *http.Request) {
		a.sharing("GET /api/catalogue", func(w http.ResponseWriter, _ *http.Request, _ *session) {
			writeJSON(w, http.StatusOK, map[string]any{"products": []string{products[0].name, products[1].name, products[2].name}})
		})(w, r, nil)
	})
}

// sharing says with whom, and answers everybody: the browser decides who reads.
func (a *App) sharing(endpoint string, next handler) handler {
	with := a.variant.sharing(endpoint)
	return func(w http.ResponseWriter, r *http.Request, s *session) {
		allowed, credentials := with(r)
		if allowed != "" {
			w.Header().Set("Access-Control-Allow-Origin", allowed)
			if credentials {
				w.Header().Set("Access-Control-Allow-Credentials", "true")
			}
		}
		w.Header().Add("Vary", "Origin")
		next(w, r, s)
	}
}

func (a *App) summary(w http.ResponseWriter, _ *http.Request, s *session) {
	now := a.shop.settings(s.user)
	writeJSON(w, http.StatusOK, map[string]any{"customer": s.user, "email": now["email"], "address": now["address"], "orders": a.shop.orders(s.user)})
}

func (a *App) connectPage(w http.ResponseWriter, _ *http.Request, s *session) {
	p := page{Title: "For programs", Paragraphs: []string{"Our sites under " + houseDomain + " and our partner read your account from here."},
		Links: []link{{"Catalogue", "/api/catalogue"}, {"The mill", "https://www." + houseDomain + "/"}}}
	for _, e := range shared {
		p.Links = append(p.Links, link{e.label, e.endpoint[len("GET "):]})
	}
	a.show(w, http.StatusOK, s, p)
}
