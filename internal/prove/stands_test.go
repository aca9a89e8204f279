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
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// A settings application keeps one name, which anybody with a session may set.
type settings struct {
	mu        sync.Mutex
	name      string
	paperless bool
	// intrude is set where somebody else changes the name in mid-attack: when the
	// control without a session comes, which is after all that changes it.
	intrude bool
}

func (s *settings) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := r.Cookie("sid")
	known := err == nil && (c.Value == "session-of-alice-0001" || c.Value == "session-of-bob-000001")
	switch {
	case r.URL.Path == "/login" && r.Method == http.MethodPost:
		value := map[string]string{"alice": "session-of-alice-0001", "bob": "session-of-bob-000001"}[r.PostFormValue("username")]
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: value, Path: "/", SameSite: http.SameSiteNoneMode, Secure: true})
		http.Redirect(w, r, "/settings", http.StatusSeeOther)
	case r.URL.Path == "/login":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<form method=post action=/login><input name=username><input type=password name=password></form>`)
	case r.Method == http.MethodPost && !known:
		if s.intrude {
			s.name = "Somebody Else"
		}
		http.Error(w, "who are you?", http.StatusUnauthorized)
	case r.URL.Path == "/api/paperless":
		var asked struct{ Enabled *bool }
		if json.NewDecoder(r.Body).Decode(&asked) == nil && asked.Enabled != nil {
			s.paperless = *asked.Enabled
		}
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodPost:
		s.name = r.PostFormValue("name")
		http.Redirect(w, r, "/settings", http.StatusSeeOther)
	case !known:
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	case r.URL.Path == "/api/me":
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"name": s.name, "paperless": s.paperless})
	default:
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<h1>Settings</h1><form method=post action=/name><input name=name value=%q><button>Save</button></form>`, s.name)
	}
}

// Must show 3: what was changed is only set back while our marker stands there, so
// that nobody else's change is undone.
func TestAChangeIsOnlyUndoneWhileItStands(t *testing.T) {
	for _, intrude := range []bool{false, true} {
		app := &settings{name: "Alice", intrude: intrude}
		server := httptest.NewTLSServer(app)
		defer server.Close()
		r := newRig(t, server.URL, person("alice", "a"), person("bob", "b"))
		f := finding.Finding{Weakness: finding.CSRF, Endpoint: finding.Endpoint{Method: "POST", Route: "/name", URL: server.URL + "/name"},
			Plan: &finding.Plan{Kind: finding.PlanForge, Victim: "alice", Variants: []finding.Variant{{Name: "as it is"}},
				Action: finding.Action{Method: "POST", URL: server.URL + "/name", Route: "/name", Page: server.URL + "/settings", Source: "form",
					Encoding: finding.EncodingURL, Fields: []finding.Field{{Name: "name", Type: "text"}}}}}
		got := r.attempt(t, f)
		if got.Proof == nil || len(got.Proof.Changes) == 0 {
			t.Fatalf("the forged request had no effect, so there is nothing to undo: %s", got.Why)
		}
		var left []string
		for _, m := range r.bench.Restore(t.Context()) {
			if !m.Undone {
				left = append(left, m.Note)
			}
		}
		app.mu.Lock()
		name := app.name
		app.mu.Unlock()
		switch {
		case !intrude && (name != "Alice" || len(left) > 0):
			t.Errorf("the name is %q, left %q, want it set back", name, left)
		case intrude && (name != "Somebody Else" || !strings.Contains(strings.Join(left, " "), "somebody else has changed it since")):
			t.Errorf("the name is %q, left %q, want somebody else's name left alone and that said", name, left)
		}
	}
}

// A switch whose position no form shows is turned until something changes: a value
// that is the present one would show nothing.
func TestASwitchThatStoodThereAlreadyIsTurned(t *testing.T) {
	for _, stands := range []bool{true, false} {
		app := &settings{name: "Alice", paperless: stands}
		server := httptest.NewTLSServer(app)
		defer server.Close()
		r := newRig(t, server.URL, person("alice", "a"), person("bob", "b"))
		r.bench.Site.Exchanges = []*observe.Exchange{{Identity: "alice", Method: "GET", URL: server.URL + "/api/me", Route: "/api/me", Status: 200, Type: "application/json"}}
		got := r.attempt(t, finding.Finding{Weakness: finding.CSRFJSON, Endpoint: finding.Endpoint{Method: "POST", Route: "/api/paperless", URL: server.URL + "/api/paperless"},
			Plan: &finding.Plan{Kind: finding.PlanForge, Victim: "alice", Variants: []finding.Variant{{Name: "as text", Encoding: finding.EncodingText, HasEncoding: true}},
				Action: finding.Action{Method: "POST", URL: server.URL + "/api/paperless", Route: "/api/paperless", Source: "openapi",
					Encoding: finding.EncodingJSON, Fields: []finding.Field{{Name: "enabled", Type: "boolean"}}}}})
		if got.Proof == nil || len(got.Proof.Changes) == 0 {
			t.Errorf("it stood at %v: the forged request shows no effect: %s", stands, got.Why)
		}
		r.bench.Restore(t.Context())
		if app.mu.Lock(); app.paperless != stands {
			t.Errorf("it stood at %v and is left at %v", stands, app.paperless)
		}
		app.mu.Unlock()
	}
}
