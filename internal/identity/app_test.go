package identity

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/scope"
)

// An app logs people in by form, JSON and bearer token. Its session cookie is
// Secure, which it is on loopback for browsers and so must be for us.
type app struct {
	mu       sync.Mutex
	next     int
	sessions map[string]string // id → user
	tokens   map[string]string // login token → visitor id
	seen     []http.Header     // of the form's POST
	failAll  bool
}

func newApp() *app { return &app{sessions: map[string]string{}, tokens: map[string]string{}} }

func (a *app) id(kind string) string {
	a.next++
	return fmt.Sprintf("%s-%08x-session", kind, a.next*7919)
}

func (a *app) user(r *http.Request) string {
	if h := r.Header.Get("Authorization"); h == "Bearer tok-4711-abcdef" {
		return "robot"
	} else if h == "Basic YWxpY2U6cHc=" {
		return "alice"
	}
	c, err := r.Cookie("sid")
	if err != nil {
		return ""
	}
	return a.sessions[c.Value]
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch r.Method + " " + r.URL.Path {
	case "GET /login":
		visitor := a.id("visitor")
		token := "t" + strconv.Itoa(a.next)
		a.tokens[token] = visitor
		http.SetCookie(w, &http.Cookie{Name: "visitor", Value: visitor, Path: "/", HttpOnly: true})
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<title>Log in</title><form action="/search"><input name=q></form>
			<form method=post action="/login"><input type=hidden name=csrf value=%s><input name=username><input type=password name=password>
			<input type=checkbox name=stay><button name=go value=first>Log in</button><button id=other name=go value=second formaction="/other">Other</button></form>`, token)
	case "POST /login":
		a.seen = append(a.seen, r.Header.Clone())
		c, _ := r.Cookie("visitor")
		if c == nil || a.tokens[r.PostFormValue("csrf")] != c.Value || r.PostFormValue("go") != "first" || r.PostForm.Has("stay") {
			http.Error(w, "forged", http.StatusForbidden)
			return
		}
		a.finish(w, r, r.PostFormValue("username"), r.PostFormValue("password"))
	case "POST /api/login":
		var body map[string]string
		json.NewDecoder(r.Body).Decode(&body)
		if body["password"] != "pw-secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"tokens": []string{"tok-4711-abcdef"}}})
	case "POST /token":
		if r.PostFormValue("username") != "robot" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		json.NewEncoder(w).Encode(map[string]string{"access_token": "tok-4711-abcdef"})
	case "GET /out":
		http.Redirect(w, r, "http://elsewhere.example/", http.StatusFound)
	case "GET /loop":
		http.Redirect(w, r, "/loop", http.StatusFound)
	case "GET /kill":
		clear(a.sessions)
	case "GET /":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<title>Home</title>welcome to all")
	default:
		if a.user(r) == "" {
			http.Redirect(w, r, "/login?next="+r.URL.Path, http.StatusSeeOther)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<title>Account</title>hello %s", a.user(r))
	}
}

func (a *app) finish(w http.ResponseWriter, r *http.Request, user, password string) {
	if password != "pw-secret" || a.failAll {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	id := a.id(user)
	a.sessions[id] = user
	http.SetCookie(w, &http.Cookie{Name: "sid", Value: id, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.SetCookie(w, &http.Cookie{Name: "theme", Value: "dark", Path: "/"})
	http.Redirect(w, r, "/account", http.StatusSeeOther)
}

func start(t *testing.T, c scope.Claim) (*app, *scope.Grant, string) {
	t.Helper()
	a := newApp()
	srv := httptest.NewServer(a)
	t.Cleanup(srv.Close)
	c.Targets = []string{srv.URL}
	g, err := scope.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return a, g, srv.URL
}

func formSpec() Spec {
	return Spec{Name: "alice", Form: &FormLogin{URL: "/login", Fields: map[string]string{"username": "alice"},
		Secrets: map[string]string{"password": "pw-secret"}}}
}

// page is what a session sees at a path.
func page(t *testing.T, s *Session, base, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, _, err := scope.ReadBody(resp)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode >= 300 {
		return fmt.Sprint(resp.StatusCode)
	}
	return strings.TrimSpace(string(body))
}
