package prove_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// A press keeps an account for each of its writers, who log in with an address that
// they may change, and articles that stand under their titles. Whoever asks changes
// their own account; if it is careless, everybody changes every article.
type press struct {
	careless bool
	mu       sync.Mutex
	users    map[string]map[string]string
	articles map[string]map[string]string // by slug
}

const pressDocument = `{"openapi": "3.0.0", "info": {"title": "press", "version": "1"}, "paths": {
 "/user": {"get": {"responses": {"200": {"description": "ok"}}}, "put": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"user": {
  "type": "object", "properties": {"email": {"type": "string", "format": "email"}, "username": {"type": "string"}, "bio": {"type": "string"}, "password": {"type": "string"}}}}}}}},
  "responses": {"200": {"description": "ok"}}}},
 "/articles": {"get": {"responses": {"200": {"description": "ok"}}}},
 "/articles/{slug}": {"get": {"responses": {"200": {"description": "ok"}}}, "put": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"article": {
  "type": "object", "properties": {"title": {"type": "string"}, "body": {"type": "string"}}}}}}}}, "responses": {"200": {"description": "ok"}}}}}}`

func (p *press) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	var sent map[string]map[string]string
	if r.Method != http.MethodGet && json.NewDecoder(r.Body).Decode(&sent) != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	who, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Token of-")
	switch {
	case r.URL.Path == "/openapi.json":
		fmt.Fprint(w, pressDocument)
	case r.URL.Path == "/login":
		for name, u := range p.users {
			if u["email"] == sent["user"]["email"] && u["password"] == sent["user"]["password"] {
				fmt.Fprintf(w, `{"token": "of-%s"}`, name)
				return
			}
		}
		w.WriteHeader(http.StatusBadRequest)
	case p.users[who] == nil:
		w.WriteHeader(http.StatusForbidden)
	case r.URL.Path == "/user":
		for name, text := range sent["user"] {
			p.users[who][name] = text
		}
		u := p.users[who]
		json.NewEncoder(w).Encode(map[string]any{"user": map[string]string{"email": u["email"], "username": u["username"], "bio": u["bio"]}})
	case r.URL.Path == "/articles":
		var own []map[string]string
		for _, a := range p.articles {
			if a["author"] == who {
				own = append(own, a)
			}
		}
		json.NewEncoder(w).Encode(map[string]any{"articles": own})
	default:
		p.article(w, r, who, sent["article"])
	}
}

func (p *press) article(w http.ResponseWriter, r *http.Request, who string, sent map[string]string) {
	at := strings.TrimPrefix(r.URL.Path, "/articles/")
	a := p.articles[at]
	if a == nil || a["author"] != who && !p.careless {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if r.Method == http.MethodPut {
		delete(p.articles, at)
		for name, text := range sent {
			a[name] = text
		}
		a["slug"] = strings.ReplaceAll(strings.ToLower(a["title"]), " ", "-")
		p.articles[a["slug"]] = a
	}
	json.NewEncoder(w).Encode(map[string]any{"article": a})
}

// TestNamesAreKept: what a scan changes of its own account leaves the name that it logs
// in with, an object stays where it was found, and both are afterwards as they were (R66).
func TestNamesAreKept(t *testing.T) {
	for careless, want := range map[bool]finding.State{true: finding.Proven, false: finding.Refuted} {
		app := &press{careless: careless, users: map[string]map[string]string{}, articles: map[string]map[string]string{}}
		specs := []identity.Spec{}
		for _, name := range []string{"alice", "bob"} {
			app.users[name] = map[string]string{"email": name + "@example.com", "username": name, "password": name + "-pass", "bio": "writes"}
			app.articles[name+"-story-1"] = map[string]string{"slug": name + "-story-1", "title": name + " story 1", "body": "by " + name, "author": name}
			specs = append(specs, identity.Spec{Name: name, JSON: &identity.JSONLogin{URL: "/login", Token: "/token",
				Fields: map[string]string{"/user/email": name + "@example.com"}, Secrets: map[string]string{"/user/password": name + "-pass"}}})
		}
		server := httptest.NewServer(app)
		t.Cleanup(server.Close)
		r := newRig(t, server.URL, specs[0], specs[1])
		site, err := observe.Collect(t.Context(), r.grant, []*identity.Session{r.visitor, r.alice, r.bob}, observe.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r.bench.Site = site
		for _, a := range site.Actions {
			want := want
			if a.Route == "/user" {
				want = finding.Refuted // whoever asks is who is meant
			}
			got := r.attempt(t, finding.Finding{ID: "x" + a.Route, Weakness: finding.BOLAWrite, Endpoint: a.Endpoint(),
				Plan: &finding.Plan{Kind: finding.PlanAccess, Victim: "alice", Intruder: "bob", Action: a}})
			if got.State != want && !(a.Route == "/user" && got.State == finding.NotTestable) {
				t.Errorf("careless %v, %s: %s, want %s: %s", careless, a.Route, got.State, want, got.Why)
			}
		}
		r.bench.Restore(t.Context())
		for _, name := range []string{"alice", "bob"} {
			if u, a := app.users[name], app.articles[name+"-story-1"]; u["email"] != name+"@example.com" || u["username"] != name || u["bio"] != "writes" ||
				u["password"] != name+"-pass" || a == nil || a["title"] != name+" story 1" || a["body"] != "by "+name {
				t.Errorf("careless %v: %v, %v", careless, u, app.articles)
			}
		}
	}
}
