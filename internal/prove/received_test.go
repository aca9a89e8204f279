package prove_test

import (
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

// A post office takes messages, with a token or without, and shows them to whom they
// are sent and to nobody else.
type postOffice struct {
	mu    sync.Mutex
	token bool
	inbox map[string][]string
}

func (p *postOffice) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, _ := r.Cookie("sid")
	if c == nil || !strings.HasPrefix(c.Value, "session-of-") {
		http.Error(w, "log in", http.StatusUnauthorized)
		return
	}
	who := strings.TrimPrefix(c.Value, "session-of-")
	w.Header().Set("Content-Type", "text/html")
	switch {
	case r.Method == http.MethodPost && p.token && r.PostFormValue("csrf") != "token-of-"+who:
		http.Error(w, "forged", http.StatusForbidden)
	case r.Method == http.MethodPost:
		p.inbox["bob"] = append(p.inbox["bob"], r.PostFormValue("text"))
		http.Redirect(w, r, "/", http.StatusSeeOther)
	case r.URL.Path == "/inbox":
		fmt.Fprintf(w, "<h1>inbox of %s</h1><ul><li>%s</li></ul>", who, strings.Join(p.inbox[who], "</li><li>"))
	default:
		fmt.Fprintf(w, "<h1>write</h1><form method=post action=/send><input type=hidden name=csrf value=token-of-%s><textarea name=text></textarea></form>", who)
	}
}

// What only the recipient is shown is an effect too (R34): it is found where another
// identity reads it, and a request that is refused leaves nothing there.
func TestAnEffectThatOnlyTheRecipientIsShown(t *testing.T) {
	for _, test := range []struct {
		token bool
		want  finding.State
	}{{false, finding.Suspected}, {true, finding.Refuted}} { // proven only in a browser, which this rig has not
		server := httptest.NewServer(&postOffice{token: test.token, inbox: map[string][]string{}})
		r := newRig(t, server.URL, identity.Spec{Name: "alice", Cookie: "sid=session-of-alice"}, identity.Spec{Name: "bob", Cookie: "sid=session-of-bob"})
		r.bench.Site.Identities = []string{"", "alice", "bob"}
		for _, who := range []string{"alice", "bob"} {
			r.bench.Site.Exchanges = append(r.bench.Site.Exchanges, &observe.Exchange{Identity: who, Method: http.MethodGet, URL: server.URL + "/inbox", Route: "/inbox", Status: http.StatusOK, Type: "text/html"})
		}
		got := r.attempt(t, finding.Finding{ID: "t", Weakness: finding.CSRF, Plan: &finding.Plan{Kind: finding.PlanForge, Victim: "alice",
			Variants: []finding.Variant{{Name: "token left out", Token: finding.TokenAbsent}},
			Action: finding.Action{Method: http.MethodPost, URL: server.URL + "/send", Route: "/send", Encoding: finding.EncodingURL, Page: server.URL + "/", Source: "form",
				Fields: []finding.Field{{Name: "csrf", Type: "hidden", Value: "x", Token: true}, {Name: "text", Type: "textarea"}}}}})
		if got.State != test.want || got.Proof.Oracle != finding.OracleRecipient {
			t.Errorf("token %v: got %s, read %s: %s", test.token, got.State, got.Proof.Oracle, got.Why)
		}
		server.Close()
	}
}
