package observe

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// Each address is asked for once, by GET and without credentials, even if there are
// identities; what is excluded is left alone, and the site's pages stay what they were.
func TestDoorsAreTriedOnceAsAVisitor(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(doors, r.URL.Path) {
			mu.Lock()
			asked[r.URL.Path]++
			mu.Unlock()
			if r.Method != http.MethodGet || r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
				t.Errorf("%s %s was asked for as somebody", r.Method, r.URL.Path)
			}
		}
		if r.URL.Path == "/metrics" {
			http.NotFound(w, r)
			return
		}
		html(w, "<p>%s", r.URL.Path) // like many single-page applications
	}))
	defer srv.Close()
	g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{srv.URL}, Exclude: []string{"/.git/**"}, Mode: scope.Passive})
	if err != nil {
		t.Fatal(err)
	}
	alice, err := identity.Login(t.Context(), g, identity.Spec{Name: "alice", Bearer: "tok-1234567890"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	site, err := Collect(t.Context(), g, []*identity.Session{identity.Anonymous(g), alice}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range doors {
		want := 1
		if path == "/.git/HEAD" {
			want = 0
		}
		if asked[path] != want {
			t.Errorf("%s was asked for %d times, want %d", path, asked[path], want)
		}
	}
	if want := len(doors) - 2; len(site.Doors) != want { // one excluded, one not there
		t.Errorf("%d answers are kept, want %d", len(site.Doors), want)
	}
	if slices.ContainsFunc(site.Exchanges, func(x *Exchange) bool { return x.Purpose == "door" }) {
		t.Error("an address that was only tried is taken for one of the site")
	}
	if len(doors) > 15 {
		t.Errorf("%d addresses are too many to ask of every site", len(doors))
	}
}

func TestScriptsAndLoginsAreKept(t *testing.T) {
	site := look(t, scope.Claim{}, Options{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/app.js" {
			w.Header().Set("Content-Type", "text/javascript")
			w.Write([]byte("const x = 1"))
			return
		}
		html(w, "<script src=/app.js></script>")
	})
	if len(site.Scripts) != 1 || string(site.Scripts[0].Body) != "const x = 1" || site.Scripts[0].Route != "/app.js" {
		t.Errorf("the scripts are %+v", site.Scripts)
	}
	shop, _, sessions := lookAtShop(t, lab.Weak(), Options{MaxPages: 5})
	if len(shop.Logins) < len(sessions)-1 {
		t.Fatalf("%d logins are known", len(shop.Logins))
	}
	for _, l := range shop.Logins {
		if l.Endpoint.String() != "POST /login" || l.Status == 0 || l.Identity == "" || l.Header.Get("Set-Cookie") != "" {
			t.Errorf("a login is %+v", l)
		}
	}
}
