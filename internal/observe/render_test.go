package observe

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// A rendering stands in for a browser.
type rendering func(url string) (Rendered, error)

func (r rendering) Render(_ context.Context, _ *identity.Session, url string) (Rendered, error) {
	return r(url)
}

func TestWhatScriptsDoInTheBrowserIsSeen(t *testing.T) {
	var opened atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			html(w, "<a href=/plain>p</a><a href=/broken>b</a><div id=app></div><script src=/app.js></script>")
		} else if r.URL.Path == "/broken" {
			html(w, "<script>x</script>")
		}
	}))
	defer srv.Close()
	g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{srv.URL}})
	if err != nil {
		t.Fatal(err)
	}
	browser := rendering(func(url string) (Rendered, error) {
		opened.Add(1)
		if strings.HasSuffix(url, "/broken") {
			return Rendered{}, errors.New("the tab crashed")
		}
		return Rendered{
			HTML: "<title>App</title><form method=post action=/drawn><button>Draw</button></form><a href=/later>l</a>",
			Requests: []Request{
				{Method: "GET", URL: srv.URL + "/api/list"},
				{Method: "GET", URL: "http://elsewhere.example/track"},
				{Method: "POST", URL: srv.URL + "/api/ping", Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}, "X-Shield": {"f3a91c07be55d2e4"}, "Accept": {"*/*"}},
					Body: []byte(`{"n": 1, "s": "x"}`)},
				{Method: "PUT", URL: srv.URL + "/api/token-only", Header: http.Header{"Authorization": {"Bearer abcdef-123456"}}},
			},
			Sockets: []RenderedSocket{{URL: "ws" + strings.TrimPrefix(srv.URL, "http") + "/live", Sent: []string{"hello"}}},
		}, nil
	})
	site, err := Collect(t.Context(), g, []*identity.Session{identity.Anonymous(g)}, Options{Renderer: browser})
	if err != nil {
		t.Fatal(err)
	}
	if i, a := actionAt(site, "POST /drawn"); i < 0 || a.Source != "form" {
		t.Errorf("the form a script drew: %+v", a)
	}
	if i, a := actionAt(site, "POST /api/ping"); i < 0 || a.Encoding != finding.EncodingJSON || a.HeaderToken != "X-Shield" || len(a.Fields) != 2 || a.Fields[0].Type != "number" {
		t.Errorf("the request a script made: %+v", a)
	}
	if _, a := actionAt(site, "PUT /api/token-only"); !a.Bearer {
		t.Errorf("the bearer token: %+v", a)
	}
	visited := strings.Join(paths(site, ""), " ")
	if !strings.Contains(visited, "/later") {
		t.Errorf("a link that a script drew was not followed: %s", visited)
	}
	if page := site.Pages[0]; len(page.Requests) != 4 || len(page.Sockets) != 1 {
		t.Errorf("requests %v, sockets %v", page.Requests, page.Sockets)
	}
	if !hasSkip(site, "the tab crashed", false) {
		t.Errorf("skips %+v", site.Skips)
	}
	if opened.Load() != 2 {
		t.Errorf("the browser opened %d pages, want only the 2 with scripts", opened.Load())
	}
}

// Two users: what the scripts of a page do not do for one they need not do for the other,
// unless the page differs in what they could find.
func TestPagesWhoseScriptsAddNothingAreOpenedOnce(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, _, _ := strings.Cut(r.Header.Get("X-User"), " ")
		switch r.URL.Path {
		case "/":
			html(w, "<a href=/still>s</a><a href=/asks>a</a><a href=/draws>d</a><a href=/differs>e</a>")
		case "/still", "/asks", "/draws":
			html(w, "<p>%s</p><a href=/>home</a><script src=/app.js></script>", who)
		case "/differs":
			html(w, "<p data-%s></p><script src=/app.js></script>", who)
		}
	}))
	defer srv.Close()
	g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{srv.URL}})
	if err != nil {
		t.Fatal(err)
	}
	users := []*identity.Session{identity.Anonymous(g)}
	for _, name := range []string{"alice", "bob"} {
		s, err := identity.Login(t.Context(), g, identity.Spec{Name: name, Headers: map[string]string{"X-User": name + " key-of-" + name}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		users = append(users, s)
	}
	var mu sync.Mutex
	opened := map[string]int{}
	browser := rendering(func(url string) (Rendered, error) {
		path := strings.TrimPrefix(url, srv.URL)
		mu.Lock()
		opened[path]++
		mu.Unlock()
		r := Rendered{HTML: "<p>x</p><a href=/>home</a>", Requests: []Request{
			{Kind: "Document", Method: "GET", URL: url}, {Kind: "Script", Method: "GET", URL: srv.URL + "/app.js"}, {Kind: "Image", Method: "GET", URL: srv.URL + "/logo"}}}
		switch path {
		case "/asks":
			r.Requests = append(r.Requests, Request{Kind: "Fetch", Method: "GET", URL: srv.URL + "/api/me"})
		case "/draws":
			r.HTML += "<a href=/drawn>new</a>"
		case "/differs":
			r.HTML = "<p></p>"
		}
		return r, nil
	})
	if _, err := Collect(t.Context(), g, users, Options{Renderer: browser}); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"/still": 2, "/asks": 3, "/draws": 3, "/differs": 3} // the visitor always
	if !maps.Equal(opened, want) {
		t.Errorf("opened %v, want %v", opened, want)
	}
}

func TestFrameworksAreRecognised(t *testing.T) {
	for want, h := range map[string]http.HandlerFunc{
		"fastapi": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Server", "uvicorn")
			if r.URL.Path != "/" {
				w.WriteHeader(404)
				w.Write([]byte(`{"detail":"Not Found"}`))
			}
		},
		"flask": func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Server", "Werkzeug/3.0 Python/3.12") },
		"django": func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "csrftoken", Value: "abc", Path: "/"})
		},
		"go": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				http.NotFound(w, r)
			}
		},
		"express": func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Powered-By", "Express") },
		"":        func(w http.ResponseWriter, r *http.Request) {},
	} {
		site := look(t, scope.Claim{}, Options{}, h)
		if site.Framework.Name != want || !site.Framework.DefaultStack || (want != "" && site.Framework.Evidence == "") {
			t.Errorf("want %q, got %+v", want, site.Framework)
		}
	}
}
