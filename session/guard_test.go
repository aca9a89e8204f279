package session_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/policy"
	"github.com/mantlet-dev/mantlet/session"
)

// A counting store counts what it is asked.
type counting struct {
	*session.Memory
	loads int
}

func (c *counting) Load(ctx context.Context, k session.Key) (session.Record, error) {
	c.loads++
	return c.Memory.Load(ctx, k)
}

// guarded is an application behind the guard, with tokens from the session's record.
func guarded(t *testing.T) (app http.Handler, m *session.Manager, store *counting) {
	t.Helper()
	store = &counting{Memory: session.NewMemory(nil)}
	m, err := session.New(session.Options{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	g, err := guard.New(policy.Rules{StrictPaths: []string{"/pay"}}, guard.Options{
		SessionCookies: []string{"session"}, Tokens: guard.Tokens{Secrets: m},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		if _, err := m.Login(w, r, "alice", nil); err != nil {
			m.Refuse(w, r, err)
		}
	})
	mux.HandleFunc("/rotate", func(w http.ResponseWriter, r *http.Request) {
		if _, err := m.Rotate(w, r); err != nil {
			m.Refuse(w, r, err)
		}
	})
	mux.HandleFunc("/form", func(w http.ResponseWriter, r *http.Request) {
		token, err := g.Token(w.Header(), r)
		if err != nil {
			m.Refuse(w, r, err)
			return
		}
		w.Write([]byte(token))
	})
	mux.Handle("/pay", m.Require(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("paid")) })))
	return m.Handler(g.Handler(mux)), m, store
}

// ask sends a request as the browser of the site's own page would, or of another's.
func ask(app http.Handler, method, path, cookie, token, site string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://app.test"+path, nil)
	r.Header.Set("Sec-Fetch-Site", site)
	r.Header.Set("Cookie", cookie)
	if token != "" {
		r.Header.Set("X-CSRF-Token", token)
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w
}

func held(w *httptest.ResponseRecorder) string {
	for _, c := range w.Result().Cookies() {
		return c.Name + "=" + c.Value
	}
	return ""
}

func TestForgedRequestsCostTheTableNothing(t *testing.T) {
	app, m, store := guarded(t)
	cookie := held(ask(app, "POST", "/login", "", "", "same-origin"))
	store.loads = 0
	if w := ask(app, "POST", "/rotate", cookie, "", "cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("a forged request: got %d, want 403", w.Code)
	}
	if m.Wait(); store.loads != 0 {
		t.Errorf("a forged request was refused after %d reads of the table, want none", store.loads)
	}
}

func TestTokensLiveAndDieWithTheSession(t *testing.T) {
	app, _, store := guarded(t)
	cookie := held(ask(app, "POST", "/login", "", "", "same-origin"))
	token := strings.TrimSpace(ask(app, "GET", "/form", cookie, "", "same-origin").Body.String())
	pay := func(cookie, token string) int { return ask(app, "POST", "/pay", cookie, token, "same-origin").Code }
	store.loads = 0
	if got := pay(cookie, token); got != http.StatusOK {
		t.Fatalf("with the token: got %d", got)
	}
	if store.loads != 1 {
		t.Errorf("guard and application read the session %d times, want once", store.loads)
	}
	for name, wrong := range map[string]string{"none": "", "wrong": token[:len(token)-4] + "AAAA", "not ASCII": "\xff\u00e9"} {
		if got := pay(cookie, wrong); got != http.StatusForbidden {
			t.Errorf("%s: got %d, want 403", name, got)
		}
	}
	rotated := held(ask(app, "POST", "/rotate", cookie, "", "same-origin"))
	if got := pay(rotated, token); got != http.StatusForbidden {
		t.Errorf("the token of before the rotation: got %d, want 403", got)
	}
	fresh := strings.TrimSpace(ask(app, "GET", "/form", rotated, "", "same-origin").Body.String())
	if got := pay(rotated, fresh); got != http.StatusOK {
		t.Errorf("the token of after it: got %d", got)
	}
	if got := pay(cookie, fresh); got == http.StatusOK {
		t.Error("the cookie of before the rotation pays")
	}
}

// The guard tells an application behind it who is logged in, and 503 when the store
// cannot say (R108).
func TestTheGuardForwardsTheSessionsUser(t *testing.T) {
	store := &failing{Memory: session.NewMemory(nil)}
	m, err := session.New(session.Options{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	header := guard.PrincipalHeader{Audience: "app", Keys: [][]byte{[]byte("a-key-for-principals-of-32-bytes")}}
	g, err := guard.New(policy.Rules{}, guard.Options{
		SessionCookies: []string{"session"}, Principals: guard.Principals{PrincipalHeader: header, Of: m.UserOf},
	})
	if err != nil {
		t.Fatal(err)
	}
	app := m.Handler(g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			if _, err := m.Login(w, r, "alice", nil); err != nil {
				m.Refuse(w, r, err)
			}
			return
		}
		user, err := header.Verify(r)
		if err != nil {
			t.Error(err)
		}
		w.Write([]byte(user))
	})))
	cookie := held(ask(app, "POST", "/login", "", "", "same-origin"))
	for name, test := range map[string]struct {
		cookie, want string
		code         int
		broken       bool
	}{
		"logged in":             {cookie, "alice", 200, false},
		"nobody":                {"", "", 200, false},
		"a cookie of nobody's":  {"__Host-session=1..x", "", 200, false},
		"a store that fails":    {cookie, "", 503, true},
		"no cookie, no failure": {"", "", 200, true},
	} {
		store.set(test.broken)
		w := ask(app, "GET", "/", test.cookie, "", "same-origin")
		if w.Code != test.code || w.Code == 200 && w.Body.String() != test.want {
			t.Errorf("%s: got %d %q", name, w.Code, w.Body)
		}
	}
}
