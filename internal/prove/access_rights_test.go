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

// A house has members with roles, which PUT /roles sets: for whoever asks (open), for
// staff only (staff), not at all (idle), or for whoever asks with no look at the value,
// so that the house cannot read it back (brittle).
type house struct {
	mu    sync.Mutex
	kind  string
	roles map[string]string
}

func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	var body map[string]string
	if r.Method != http.MethodGet {
		_ = json.NewDecoder(r.Body).Decode(&body)
	}
	who := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer token-of-")
	role := h.roles[who]
	known := role == "guest" || role == "keeper"
	switch {
	case r.URL.Path == "/login":
		fmt.Fprintf(w, `{"token": "token-of-%s"}`, body["username"])
	case role == "":
		http.Error(w, "{}", http.StatusUnauthorized)
	case r.URL.Path == "/me" && known:
		fmt.Fprintf(w, `{"username": %q, "role": %q}`, who, role)
	case r.URL.Path == "/roles" && r.Method == http.MethodPut && known:
		h.set(w, body)
	default:
		http.Error(w, "{}", http.StatusInternalServerError)
	}
}

func (h *house) set(w http.ResponseWriter, body map[string]string) {
	valid := body["role"] == "guest" || body["role"] == "keeper"
	switch {
	case h.kind == "staff":
		w.WriteHeader(http.StatusForbidden)
	case h.kind == "open" && !valid:
		w.WriteHeader(http.StatusUnprocessableEntity)
	case h.kind != "idle":
		h.roles[body["username"]] = body["role"]
		if !valid {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}
	fmt.Fprint(w, `{}`)
}

// Who may set the own role by what is there for setting roles, is found out; the role
// is given back, and a value that the application chokes on is not called refused (R56).
func TestOwnRights(t *testing.T) {
	for _, test := range []struct {
		kind   string
		values []string
		want   finding.State
		left   string // alice's role afterwards
		undone bool
	}{
		{"open", []string{"keeper"}, finding.Proven, "guest", true},
		{"open", []string{"warden", "keeper"}, finding.Proven, "guest", true},
		{"staff", []string{"keeper"}, finding.Refuted, "guest", true},
		{"idle", []string{"keeper"}, finding.Refuted, "guest", true},
		{"brittle", []string{"warden", "keeper"}, finding.NotTestable, "warden", false},
	} {
		t.Run(test.kind, func(t *testing.T) {
			h := &house{kind: test.kind, roles: map[string]string{"alice": "guest", "bob": "guest"}}
			server := httptest.NewServer(h)
			defer server.Close()
			spec := func(name string) identity.Spec {
				return identity.Spec{Name: name, JSON: &identity.JSONLogin{URL: "/login", Token: "/token",
					Fields: map[string]string{"username": name}, Secrets: map[string]string{"password": "x"}}}
			}
			r := newRig(t, server.URL, spec("alice"), spec("bob"))
			r.bench.Site = &observe.Site{Target: server.URL, Identities: []string{"", "alice", "bob"}, Accounts: map[string][]string{"alice": {"alice"}, "bob": {"bob"}},
				Exchanges: []*observe.Exchange{{Identity: "alice", Method: http.MethodGet, URL: server.URL + "/me", Route: "/me", Purpose: "crawl", Status: http.StatusOK,
					Type: finding.EncodingJSON, Body: []byte(`{"username": "alice", "role": "guest"}`)}}}
			got := r.attempt(t, finding.Finding{ID: "t", Weakness: finding.PropertyAssignment, Plan: &finding.Plan{Kind: finding.PlanAccess, Victim: "alice", Intruder: "alice",
				Action: finding.Action{Method: http.MethodPut, URL: server.URL + "/roles", Route: "/roles", Encoding: finding.EncodingJSON,
					Fields: []finding.Field{{Name: "username", Type: "hidden", Value: "alice"}}},
				Extra: []finding.Field{{Name: "role", Type: "string", Value: "guest", Options: test.values}}}})
			if got.State != test.want || h.roles["alice"] != test.left {
				t.Errorf("got %s, and alice is %q: %s", got.State, h.roles["alice"], got.Why)
			}
			undone := true
			for _, m := range r.bench.Restore(t.Context()) {
				undone = undone && m.Undone
			}
			if undone != test.undone {
				t.Errorf("all undone: %v, want %v", undone, test.undone)
			}
		})
	}
}
