package prove_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
)

// A fan page is followed and unfollowed by two actions, and says once that it was. With
// a token it refuses what is forged; a hollow one says so and does nothing.
type fanPage struct {
	mu            sync.Mutex
	token, hollow bool
	followed      bool
	say           string
}

func (p *fanPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c, _ := r.Cookie("sid"); c == nil || c.Value != "session-of-alice" {
		http.Error(w, "log in", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	switch {
	case r.Method == http.MethodPost && p.token && r.PostFormValue("csrf") != "secret":
		http.Redirect(w, r, "/", http.StatusSeeOther)
	case r.Method == http.MethodPost:
		p.say = "Done!"
		p.followed = r.URL.Path == "/follow/carol" && !p.hollow
		http.Redirect(w, r, "/", http.StatusSeeOther)
	default:
		word, count := "follow", 0
		if p.followed {
			word, count = "unfollow", 1
		}
		fmt.Fprintf(w, "<div class=flash>%s</div><p>%d follower</p><form method=post action=/%s/carol><input type=hidden name=csrf value=secret><button>%[3]s</button></form>", p.say, count, word)
		p.say = ""
	}
}

// What can be done once only is taken back by its opposite, to be forged and to be
// undone; a message that is shown once is no effect (R30, R34).
func TestWhatIsTakenBackByItsOpposite(t *testing.T) {
	for _, test := range []struct {
		name string
		page *fanPage
		want finding.State
	}{
		{"forged", &fanPage{}, finding.Suspected}, // proven only in a browser, which this rig has not
		{"with a token", &fanPage{token: true}, finding.Refuted},
		{"that does nothing", &fanPage{hollow: true}, finding.NotTestable},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(test.page)
			defer server.Close()
			r := newRig(t, server.URL, identity.Spec{Name: "alice", Cookie: "sid=session-of-alice"}, identity.Spec{Name: "bob", Cookie: "sid=nobody"})
			got := r.attempt(t, finding.Finding{ID: "t", Weakness: finding.CSRF, Plan: &finding.Plan{Kind: finding.PlanForge, Victim: "alice",
				Variants: []finding.Variant{{Name: "token left out", Token: finding.TokenAbsent}},
				Action: finding.Action{Method: http.MethodPost, URL: server.URL + "/follow/carol", Route: "/follow/carol", Encoding: finding.EncodingURL, Page: server.URL + "/", Source: "form",
					Fields: []finding.Field{{Name: "csrf", Type: "hidden", Value: "x", Token: true}}}}})
			if got.State != test.want {
				t.Errorf("got %s: %s %+v", got.State, got.Why, got.Proof.Attempts)
			}
			if test.page.followed {
				t.Error("left as followed")
			}
			for _, m := range r.bench.Restore(t.Context()) {
				if !m.Undone {
					t.Errorf("%s is left: %s %+v", m.Purpose, m.Note, m.Changes)
				}
			}
		})
	}
}
