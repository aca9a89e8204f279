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
)

// A registry keeps passwords, which PUT /users/NAME/password sets: of whomever the
// path names (open), of who asks (own), of the owner only (strict), or for everybody
// who asks at all (public). Where any password logs in (any), a login tells nothing.
type registry struct {
	mu        sync.Mutex
	kind      string
	passwords map[string]string
}

func (g *registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	who := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer token-of-")
	if _, known := g.passwords[who]; !known {
		who = ""
	}
	var body map[string]string
	if r.Method != http.MethodGet {
		_ = json.NewDecoder(r.Body).Decode(&body)
	}
	parts := strings.Split(r.URL.Path, "/")
	switch {
	case r.URL.Path == "/login" && g.passwords[body["username"]] != "" && (g.kind == "any" || g.passwords[body["username"]] == body["password"]):
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"token": "token-of-%s"}`, body["username"])
	case r.URL.Path == "/me" && who != "":
		fmt.Fprint(w, who)
	case r.Method == http.MethodPut && len(parts) == 4 && (who != "" || g.kind == "public"):
		g.set(w, parts[2], who, body["password"])
	default:
		http.Error(w, "no", http.StatusUnauthorized)
	}
}

func (g *registry) set(w http.ResponseWriter, named, who, password string) {
	switch {
	case g.kind == "own":
		named = who
	case (g.kind == "strict" || g.kind == "any") && named != who:
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	g.passwords[named] = password
	w.WriteHeader(http.StatusNoContent)
}

// That another set somebody's password is proven by a login with it, and the
// passwords are afterwards what they were (R51).
func TestPasswordsOfOthers(t *testing.T) {
	for _, test := range []struct {
		kind, account string
		want          finding.State
	}{
		{"open", "alice", finding.Proven}, {"own", "alice", finding.Refuted}, {"strict", "alice", finding.Refuted}, {"public", "alice", finding.NotTestable},
		{"any", "alice", finding.NotTestable},
		{"open", "alice-2", finding.NotTestable}, // whose password that sets, nobody knows
	} {
		t.Run(test.kind+" "+test.account, func(t *testing.T) {
			g := &registry{kind: test.kind, passwords: map[string]string{"alice": "alice-pass", "bob": "bob-pass"}}
			server := httptest.NewServer(g)
			defer server.Close()
			spec := func(name string) identity.Spec {
				return identity.Spec{Name: name, JSON: &identity.JSONLogin{URL: "/login", Token: "/token",
					Fields: map[string]string{"username": name}, Secrets: map[string]string{"password": name + "-pass"}}}
			}
			r := newRig(t, server.URL, spec("alice"), spec("bob"))
			r.bench.Site.Identities, r.bench.Site.Accounts = []string{"alice", "bob"}, map[string][]string{"alice": {test.account}}
			got := r.attempt(t, finding.Finding{ID: "t", Weakness: finding.BOLAWrite, Plan: &finding.Plan{Kind: finding.PlanAccess, Victim: "alice", Intruder: "bob",
				Action: finding.Action{Method: http.MethodPut, URL: server.URL + "/users/alice/password", Route: "/users/{name}/password", Encoding: finding.EncodingJSON,
					Fields: []finding.Field{{Name: "name", In: "path", Type: "string", Value: "alice"}, {Name: "password", Type: "password", Value: "sample"}}}}})
			if got.State != test.want {
				t.Errorf("got %s: %s", got.State, got.Why)
			}
			for name, password := range g.passwords {
				if password != name+"-pass" {
					t.Errorf("the password of %s is %q now", name, password)
				}
			}
			for _, m := range r.bench.Restore(t.Context()) {
				if !m.Undone {
					t.Errorf("%s is left: %s", m.Purpose, m.Note)
				}
			}
		})
	}
}
