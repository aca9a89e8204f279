package lab

import (
	"crypto/rand"
	"embed"
	"net/http"
)

//go:embed truth/*.json
var truthFiles embed.FS

// An App is one stationery shop with its own customers and their data, which
// live as long as it does. It serves concurrent requests.
type App struct {
	variant variant
	shop    *shop
	truth   Truth
	passKey []byte // signs the passes of the loyalty interface
	serve   http.Handler
}

// Weak returns a shop in which each weakness is planted once, beside endpoints
// that are safe in different ways.
func Weak() *App { return open(weakVariant(), embeddedTruth("weak")) }

// Repaired returns the same shop without the weaknesses.
func Repaired() *App { return open(repairedVariant(), embeddedTruth("repaired")) }

// Lax returns a shop whose only defence against forged requests is a session
// cookie with SameSite=Lax.
func Lax() *App { return open(laxVariant(), embeddedTruth("lax")) }

func open(v variant, t Truth) *App {
	a := &App{variant: v, shop: newShop(), truth: t, passKey: []byte(rand.Text())}
	a.serve = v.around(withFraming(v.framing, a.routes()))
	return a
}

// embeddedTruth panics on a malformed file: it is part of the program.
func embeddedTruth(variant string) Truth {
	f, err := truthFiles.Open("truth/" + variant + ".json")
	if err != nil {
		panic(err)
	}
	defer f.Close()
	t, err := ReadTruth(f)
	if err != nil {
		panic(err)
	}
	return t
}

// ServeHTTP serves the shop.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.serve.ServeHTTP(w, r) }

// Variant says which shop this is: "weak", "repaired" or "lax".
func (a *App) Variant() string { return a.variant.name }

// Truth says what is wrong with this shop, and what is not.
func (a *App) Truth() Truth { return a.truth }

// Identities are the people one can log in as: two customers and, where there is
// a back office, one of the staff. The passwords are throw-away.
func (a *App) Identities() []Identity {
	all := []Identity{{Name: "alice", Username: "alice", Password: people["alice"]}, {Name: "bob", Username: "bob", Password: people["bob"]}}
	if !a.variant.frontOnly {
		all = append(all, Identity{Name: "carol", Username: "carol", Password: people["carol"], Role: "admin"})
	}
	return all
}

// State is everything the customers own, as it is now: what a scan has to leave
// as it was. Sessions are not part of it.
func (a *App) State() map[string]string { return a.shop.state() }
