package prove_test

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A reportDesk has one form, a choice among three, and asks for a token with it.
type reportDesk struct {
	mu     sync.Mutex
	chosen string
}

func (d *reportDesk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w.Header().Set("Content-Type", "text/html")
	if r.URL.Path == "/login" {
		if name := r.PostFormValue("username"); name != "" {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "session-of-" + name, Path: "/"})
			http.Redirect(w, r, "/reports", http.StatusSeeOther)
			return
		}
		fmt.Fprint(w, `<form method=post><input name=username><input type=password name=password><button>Log in</button></form>`)
		return
	}
	if _, err := r.Cookie("sid"); err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if r.Method == http.MethodPost {
		if r.PostFormValue("csrf_token") != "1f0e9d8c7b6a5948" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		d.chosen = r.PostFormValue("often")
		http.Redirect(w, r, "/reports", http.StatusSeeOther)
		return
	}
	fmt.Fprint(w, `<form method=post action=/reports><input type=hidden name=csrf_token value=1f0e9d8c7b6a5948>`)
	for _, one := range []string{"daily", "monthly", "never"} {
		checked := ""
		if one == d.chosen {
			checked = " checked"
		}
		fmt.Fprintf(w, `<input type=radio name=often value=%s%s>`, html.EscapeString(one), checked)
	}
	fmt.Fprint(w, `<button>Save</button></form>`)
}

// TestAChoiceIsSetBackToWhatStoodThere: two runs may choose one option after the other,
// and what is the same then is not what stood there before (R66).
func TestAChoiceIsSetBackToWhatStoodThere(t *testing.T) {
	for _, was := range []string{"daily", "monthly", "never"} {
		desk := &reportDesk{chosen: was}
		server := httptest.NewServer(desk)
		t.Cleanup(server.Close)
		r := newRig(t, server.URL, person("alice", "alice-pass"), person("bob", "bob-pass"))
		a := finding.Action{Method: "POST", URL: server.URL + "/reports", Route: "/reports", Encoding: finding.EncodingURL, Page: server.URL + "/reports", Source: "form",
			Fields: []finding.Field{{Name: "csrf_token", Type: "hidden", Token: true}, {Name: "often", Type: "radio", Options: []string{"daily", "monthly", "never"}}}}
		r.bench.Site.Actions = []finding.Action{a}
		got := r.attempt(t, finding.Finding{ID: "x", Weakness: finding.CSRF, Endpoint: a.Endpoint(), Plan: &finding.Plan{Kind: finding.PlanForge, Victim: "alice", Action: a,
			Variants: []finding.Variant{{Name: "token left out", Token: finding.TokenAbsent}}}})
		r.bench.Restore(t.Context())
		if got.State != finding.Refuted {
			t.Errorf("%s: %s: %s", was, got.State, got.Why)
		}
		if desk.chosen != was {
			t.Errorf("it was %q and is %q now", was, desk.chosen)
		}
	}
}
