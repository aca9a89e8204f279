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
)

// A vault is an application with a form that sets the password of whoever is logged
// in. It may ask for a token, end the sessions when the password is set, and have
// another field, beside which a password may be left out.
type vault struct {
	mu                sync.Mutex
	token, ends, more bool
	password, colour  string
	sessions          map[string]bool
}

func (v *vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c, _ := r.Cookie("sid")
	in := c != nil && v.sessions[c.Value]
	w.Header().Set("Content-Type", "text/html")
	switch {
	case r.URL.Path == "/login" && r.Method == http.MethodPost && r.PostFormValue("pw") == v.password:
		id := fmt.Sprintf("session-%04d-abcdef", len(v.sessions))
		v.sessions[id] = true
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: id, Path: "/"})
		http.Redirect(w, r, "/", http.StatusSeeOther)
	case r.URL.Path == "/login" || !in:
		fmt.Fprint(w, `<form method=post action=/login><input name=user><input type=password name=pw></form>`)
	case r.Method == http.MethodPost && (!v.token || r.PostFormValue("csrf") == c.Value[8:]):
		v.save(r, c.Value)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	default:
		fmt.Fprintf(w, `<p>alice is here</p><form method=post action=/password>%s<input type=password name=new><input type=password name=again></form>`, v.fields(c.Value))
	}
}

func (v *vault) fields(session string) string {
	fields := ""
	if v.token {
		fields += `<input type=hidden name=csrf value=` + session[8:] + `>`
	}
	if v.more {
		fields += `<input name=colour value="` + v.colour + `">`
	}
	return fields
}

func (v *vault) save(r *http.Request, session string) {
	if v.more {
		v.colour = r.PostFormValue("colour")
	}
	if fresh := r.PostFormValue("new"); len(fresh) > 11 && fresh == r.PostFormValue("again") {
		if v.password = fresh; v.ends {
			clear(v.sessions)
		}
	}
}

// A forged request that sets the victim's password is proven by a login with it, and
// the password is afterwards what it was; with a token nothing is found (R36).
func TestForgedPasswords(t *testing.T) {
	for _, test := range []struct {
		name  string
		vault *vault
		want  finding.State
	}{
		{"as it is", &vault{}, finding.Suspected}, // proven only in a browser, which this rig has not
		{"sessions end with the password", &vault{ends: true}, finding.Suspected},
		{"with a token", &vault{token: true}, finding.Refuted},
		{"next to another field", &vault{more: true}, finding.Suspected},
		{"next to another field, with a token", &vault{more: true, token: true}, finding.Refuted},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := test.vault
			v.password, v.colour, v.sessions = "alice-password", "mauve", map[string]bool{}
			server := httptest.NewServer(v)
			defer server.Close()
			alice := identity.Spec{Name: "alice", Form: &identity.FormLogin{URL: "/login", Fields: map[string]string{"user": "alice"}, Secrets: map[string]string{"pw": "alice-password"}}}
			r := newRig(t, server.URL, alice, identity.Spec{Name: "bob", Bearer: "nobody"})
			r.bench.Site.Identities = []string{"", "alice"}
			fields := []finding.Field{{Name: "new", Type: "password"}, {Name: "again", Type: "password"}}
			variants := []finding.Variant{{Name: "as it is"}}
			if v.more {
				fields = append(fields, finding.Field{Name: "colour", Type: "text", Value: "mauve"})
			}
			if v.token {
				fields = append(fields, finding.Field{Name: "csrf", Type: "hidden", Value: "x", Token: true})
				variants = []finding.Variant{{Name: "token left out", Token: finding.TokenAbsent}}
			}
			got := r.attempt(t, finding.Finding{ID: "t", Weakness: finding.CSRF, Plan: &finding.Plan{Kind: finding.PlanForge, Victim: "alice", Variants: variants,
				Action: finding.Action{Method: http.MethodPost, URL: server.URL + "/password", Route: "/password", Encoding: finding.EncodingURL, Page: server.URL + "/", Source: "form", Fields: fields}}})
			if got.State != test.want || test.want == finding.Suspected && !strings.Contains(got.Why, "accepted when it is replayed") {
				t.Errorf("got %s: %s %+v", got.State, got.Why, got.Proof.Attempts)
			}
			if v.password != "alice-password" || v.colour != "mauve" {
				t.Errorf("left: password %q, colour %q", v.password, v.colour)
			}
			for _, m := range r.bench.Restore(t.Context()) {
				if !m.Undone {
					t.Errorf("%s is left: %s", m.Purpose, m.Note)
				}
			}
		})
	}
}
