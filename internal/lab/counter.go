package lab

import (
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
)

// counter is where customers pay. The weak shop tells more there than it has to, and
// serves two addresses that are for those who run it.
func (a *App) counter(mux *http.ServeMux) {
	f := a.variant.flaws
	a.looking(mux, "GET /counter", "main", a.atTheCounter)
	a.looking(mux, "GET /api/wallet", "main", a.wallet)
	a.looking(mux, "GET /api/slogan", "main", a.slogan)
	a.looking(mux, "GET /api/quote", "main", a.quote)
	mux.HandleFunc("GET /metrics", a.open(f.figuresOpen, a.figures))
	mux.HandleFunc("GET /.env", a.open(f.settingsServed, a.settingsFile))
}

// open serves what is for those who run the shop to everybody, or to nobody.
func (a *App) open(yes bool, next http.HandlerFunc) http.HandlerFunc {
	if yes {
		return next
	}
	return func(w http.ResponseWriter, r *http.Request) {
		a.show(w, http.StatusForbidden, a.session(r, "main"), page{Title: "Not for you", Paragraphs: []string{"This is for those who run the shop."}})
	}
}

func (a *App) atTheCounter(w http.ResponseWriter, _ *http.Request, s *session) {
	a.show(w, http.StatusOK, s, page{Title: "Counter", Links: []link{{"Wallet", "/api/wallet"}, {"Slogan", "/api/slogan"}, {"Quote", "/api/quote"}}})
}

// wallets are the customers' cards; the numbers have right check digits and were
// never issued.
var wallets = map[string]string{"alice": "4556737586899855", "bob": "5425233430109903", "carol": "374245455400126"}

func (a *App) wallet(w http.ResponseWriter, _ *http.Request, s *session) {
	number := wallets[s.user]
	card := map[string]string{"issuer": "bank", "ending": number[len(number)-4:]}
	if a.variant.flaws.cardsWhole {
		card = map[string]string{"issuer": "bank", "number": number}
	}
	writeJSON(w, http.StatusOK, map[string]any{"card": card, "order": 4556737586899855})
}

func (a *App) slogan(w http.ResponseWriter, _ *http.Request, _ *session) {
	if a.variant.flaws.dataAsPages {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `{"slogan": "Ink that lasts"}`)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"slogan": "Ink that lasts"})
}

// quote fails: nobody has ever asked for one.
func (a *App) quote(w http.ResponseWriter, _ *http.Request, _ *session) {
	defer func() {
		why := recover()
		if a.variant.flaws.failuresTold {
			http.Error(w, fmt.Sprintf("panic: %v\n\n%s", why, debug.Stack()), http.StatusInternalServerError)
			return
		}
		writeJSON(w, http.StatusInternalServerError, map[string]string{"error": "something failed"})
	}()
	prices := []int{}
	prices[len(wallets)]++ // there are none yet
}

func (a *App) figures(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	io.WriteString(w, "# HELP shop_opened_total How often the shop was opened.\n# TYPE shop_opened_total counter\nshop_opened_total 1924\n")
}

func (a *App) settingsFile(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, "# Marrow & Ink\nSHOP_NAME=\"Marrow & Ink\"\nSHOP_LEDGER=file:ledger.db\n")
}
