package observe

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// serveSite serves h and opens a grant for it.
func serveSite(t *testing.T, h http.HandlerFunc) (*httptest.Server, *scope.Grant) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{srv.URL}})
	if err != nil {
		t.Fatal(err)
	}
	return srv, g
}

// Only what an identity is answered otherwise than a visitor is asked for with other
// origins, and only answers that name one are kept (R67, R68).
func TestPrivateAnswersAreAskedForFromElsewhere(t *testing.T) {
	_, g := serveSite(t, func(w http.ResponseWriter, r *http.Request) {
		_, err := r.Cookie("sid")
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/":
			html(w, "<a href=/me>m</a><a href=/exact>e</a><a href=/public>p</a><a href=/ends>n</a>")
			return
		case r.URL.Path != "/me" && r.URL.Path != "/ends" && r.URL.Path != "/exact" && r.URL.Path != "/public":
			w.WriteHeader(http.StatusNotFound)
			return
		case err != nil && r.URL.Path != "/public":
			w.WriteHeader(http.StatusUnauthorized)
			return
		case r.URL.Path == "/exact":
			if o := r.Header.Get("Origin"); o == "" || strings.HasSuffix(o, "//partner.example") {
				w.Header().Set("Access-Control-Allow-Origin", cmp.Or(o, "https://partner.example"))
				w.Header().Set("Access-Control-Allow-Credentials", "true")
			}
		case r.URL.Path == "/ends" && !strings.HasSuffix(r.Header.Get("Origin"), "house.example"):
		case r.Header.Get("Origin") != "":
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
			w.Header().Set("Access-Control-Allow-Credentials", "true")
		}
		w.Write([]byte(`{"name":"Alice","mail":"alice@house.example"}`))
	})
	alice, err := identity.Login(t.Context(), g, identity.Spec{Name: "alice", Cookie: "sid=4711"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	site, err := Collect(t.Context(), g, []*identity.Session{identity.Anonymous(g), alice}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var uses []finding.OriginUse
	downgraded := 0
	for _, a := range site.Foreign {
		if a.Endpoint.String() == "GET /ends" {
			if a.Origin != "https://evilhouse.example" || a.Like != "house.example" {
				t.Errorf("let in by its ending: %+v", a)
			}
			continue
		}
		if a.Use == finding.OriginDowngraded {
			if a.Origin != "http://partner.example" || a.Like != "https://partner.example" {
				t.Errorf("a partner over http: %+v", a)
			}
			downgraded++
			continue
		}
		if a.Endpoint.String() != "GET /me" || a.Identity != "alice" || a.Header.Get("Access-Control-Allow-Origin") != a.Origin {
			t.Errorf("kept %+v", a)
		}
		uses = append(uses, a.Use)
	}
	if downgraded != 2 { // the one that names the partner, and the one that lets everybody in
		t.Errorf("%d answers to a partner over http", downgraded)
	}
	if want := []finding.OriginUse{finding.OriginForeign, finding.OriginNull, finding.OriginSuffix, finding.OriginEnding, finding.OriginPlain, finding.OriginPort}; !slices.Equal(uses, want) {
		t.Errorf("asked as %v, want %v", uses, want)
	}
}

// Sockets are found in scripts, in what the browser saw, in OpenAPI documents and
// in the user's own list (R42).
func TestSocketsAreFoundWhereTheyAre(t *testing.T) {
	srv, g := serveSite(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			w.Write([]byte(`<script>const s = new WebSocket("ws://" + location.host + "/live"); s.send(JSON.stringify({say: box.value}))
				window.addEventListener('message', e => save(e.data.name))
				new WebSocket("wss://elsewhere.example/x")</script>`))
		case "/openapi.json":
			w.Write([]byte(`{"openapi":"3.1.0","info":{"title":"t","version":"1"},"x-websockets":[{"path":"/named"}],"paths":{
				"/marked":{"get":{"x-websocket":true,"responses":{"200":{"description":"ok"}}}},
				"/switching":{"get":{"responses":{"101":{"description":"switching"}}}},
				"/rooms/{id}":{"get":{"x-websocket":true,"responses":{"200":{"description":"ok"}}}},
				"/plain":{"get":{"responses":{"200":{"description":"ok"}}}}}}`))
		default:
			http.NotFound(w, r)
		}
	})
	site, err := Collect(t.Context(), g, []*identity.Session{identity.Anonymous(g)},
		Options{Sockets: []Socket{{URL: "/hidden", Messages: []string{"{marker}"}}, {URL: "http://elsewhere.example/y"}}})
	if err != nil {
		t.Fatal(err)
	}
	base := "ws" + srv.URL[len("http"):]
	got := map[string][]string{}
	for _, s := range site.Sockets {
		got[s.URL] = append(s.Sources, s.Messages...)
	}
	want := map[string][]string{base + "/live": {"script", `{"say":"{marker}"}`}, base + "/named": {"openapi"}, base + "/marked": {"openapi"},
		base + "/switching": {"openapi"}, base + "/hidden": {"config", "{marker}"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !hasSkip(site, "no address of the target", true) {
		t.Errorf("the foreign socket of the user's list was left out in silence: %v", site.Skips)
	}
	if len(site.Pages) == 0 || len(site.Pages[0].Handlers) != 1 {
		t.Error("the page's message handler was not found")
	}
}
