package dynamo_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/internal/dynamotest"
	"github.com/mantlet-dev/mantlet/policy"
	"github.com/mantlet-dev/mantlet/session"
	"github.com/mantlet-dev/mantlet/session/dynamo"
)

// A guardedSite is an application behind the guard, which keeps sessions, tokens of
// forms and tokens of actions in one table.
type guardedSite struct {
	store    *dynamo.Store
	faults   *dynamotest.Faults
	server   *httptest.Server
	reached  atomic.Int64 // requests that came to the application behind the proxy
	cookie   string
	form     string // a token
	transfer string // a token, good once
}

var headerOfUser = guard.PrincipalHeader{Audience: "app", Keys: [][]byte{[]byte("a-key-for-principals-of-32-bytes")}}

var giving = guard.Action{Name: "give", Params: map[string]string{"to": "bob"}}

// newGuardedSite is one in which alice is logged in.
func newGuardedSite(t *testing.T) *guardedSite {
	t.Helper()
	store, faults, clock := faulty(t, patient)
	s := &guardedSite{store: store, faults: faults}
	m, err := session.New(session.Options{Store: store, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	guarding := func(p guard.Principals) *guard.Guard {
		g, err := guard.New(policy.Rules{StrictPaths: []string{"/pay"}}, guard.Options{
			SessionCookies: []string{m.CookieName()}, Now: clock.Now, Principals: p,
			Tokens: guard.Tokens{Secrets: m, Actions: store.Tokens()},
		})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	mux := s.pages(guarding(guard.Principals{}), m)
	mux.Handle("/", s.proxy(t, guarding(guard.Principals{PrincipalHeader: headerOfUser, Of: m.UserOf})))
	s.server = httptest.NewTLSServer(m.Handler(mux))
	t.Cleanup(func() {
		s.server.Close()
		m.Wait()
	})
	if res, _ := s.ask(t, "POST", "/login"); res.StatusCode != http.StatusOK || s.cookie == "" {
		t.Fatalf("log in: %d", res.StatusCode)
	}
	_, s.form = s.ask(t, "GET", "/form")
	_, s.transfer = s.ask(t, "GET", "/offer")
	if res, body := s.ask(t, "POST", "/pay", "X-CSRF-Token", s.form); res.StatusCode != http.StatusOK || !strings.Contains(body, "alice") {
		t.Fatalf("pay: %d %s", res.StatusCode, body)
	}
	return s
}

// proxy is in front of an application that is told who is logged in.
func (s *guardedSite) proxy(t *testing.T, g *guard.Guard) http.Handler {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.reached.Add(1)
		user, err := headerOfUser.Verify(r)
		fmt.Fprintf(w, "for %s, %v", user, err)
	}))
	t.Cleanup(upstream.Close)
	at, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := g.Proxy(at, guard.ProxyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return proxy
}

// pages are those of a program that has the guard in it.
func (s *guardedSite) pages(g *guard.Guard, m *session.Manager) *http.ServeMux {
	mux := http.NewServeMux()
	page := func(path string, do func(w http.ResponseWriter, r *http.Request) (string, error)) {
		mux.Handle(path, g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, err := do(w, r)
			if err != nil {
				m.Refuse(w, r, err)
				return
			}
			io.WriteString(w, text)
		})))
	}
	page("/login", func(w http.ResponseWriter, r *http.Request) (string, error) {
		_, err := m.Login(w, r, "alice", nil)
		return "", err
	})
	page("/logout", func(w http.ResponseWriter, r *http.Request) (string, error) { return "", m.Logout(w, r) })
	page("/form", func(w http.ResponseWriter, r *http.Request) (string, error) { return g.Token(w.Header(), r) })
	page("/offer", func(w http.ResponseWriter, r *http.Request) (string, error) {
		return g.ActionToken(w.Header(), r, giving, time.Hour)
	})
	mux.Handle("/give", g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d := g.TakeAction(r, r.Header.Get("X-Offer"), giving); !d.Allowed {
			g.Refuse(w, r, d.Reason)
		}
	})))
	return mux
}

// ask sends a request as the site's own page would; pairs are more headers.
func (s *guardedSite) ask(t *testing.T, method, path string, pairs ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", s.server.URL)
	r.Header.Set("Cookie", s.cookie)
	for i := 0; i < len(pairs); i += 2 {
		r.Header.Set(pairs[i], pairs[i+1])
	}
	res, err := s.server.Client().Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		s.cookie = c.Name + "=" + c.Value
	}
	return res, string(body)
}

// R88, R113: while the table is throttled, down or slow nobody is logged out, nobody
// is taken for a stranger, nothing that needs a token happens without one, and nothing
// reaches the application. What the guard decides without the table it goes on deciding.
func TestTheGuardWhileItsTableFails(t *testing.T) {
	plan := func(fault dynamotest.Fault) func(*dynamotest.Faults) {
		return func(f *dynamotest.Faults) { f.Plan(dynamotest.Always(fault)) }
	}
	for name, fail := range map[string]func(*dynamotest.Faults){
		"throttled": plan(dynamotest.Throttle), "failing": plan(dynamotest.Fail), "cut off": plan(dynamotest.Reset),
		"slow": plan(dynamotest.Slow), "down": (*dynamotest.Faults).Down,
	} {
		t.Run(name, func(t *testing.T) {
			s := newGuardedSite(t)
			cookie := s.cookie
			s.reached.Store(0)
			if name == "slow" {
				s.store.SetTimeout(500 * time.Millisecond)
			}
			fail(s.faults)
			s.mustRefuse(t)
			if got := s.reached.Load(); got != 0 {
				t.Errorf("%d requests reached the application", got)
			}
			if s.cookie != cookie {
				t.Errorf("the cookie changed to %q", s.cookie)
			}
			s.faults.Plan(nil)
			s.faults.Up(t)
			s.store.SetTimeout(patient)
			for _, again := range [][]string{{"GET", "/"}, {"POST", "/pay", "X-CSRF-Token", s.form}} {
				if res, body := s.ask(t, again[0], again[1], again[2:]...); res.StatusCode != http.StatusOK || body != "for alice, <nil>" {
					t.Errorf("when it was over %v: %d %s", again, res.StatusCode, body)
				}
			}
		})
	}
}

// mustRefuse holds what the guard answers while its table fails against what it says
// it would.
func (s *guardedSite) mustRefuse(t *testing.T) {
	t.Helper()
	for _, test := range []struct {
		name, method, path string
		headers            []string
		status             int
		body               string // a part of it
		asks               bool   // needs the table
	}{
		{"a page", "GET", "/", nil, 503, "principal-unavailable", true},
		{"a form with its token", "POST", "/pay", []string{"X-CSRF-Token", s.form}, 503, "token-unavailable", true},
		{"a form without a token", "POST", "/pay", nil, 403, "missing-token", false},
		{"a socket", "GET", "/socket", []string{"Connection", "Upgrade", "Upgrade", "websocket"}, 503, "principal-unavailable", true},
		{"a page with a form", "GET", "/form", nil, 503, "try again shortly", true},
		{"an action", "POST", "/give", []string{"X-Offer", s.transfer}, 503, "token-unavailable", true},
		{"a login", "POST", "/login", nil, 503, "try again shortly", true},
		{"a logout", "POST", "/logout", nil, 503, "try again shortly", true},
		{"a forged request", "POST", "/pay", []string{"Origin", "https://evil.example", "X-CSRF-Token", s.form}, 403, "foreign-origin", false},
		{"a forged socket", "GET", "/socket", []string{"Origin", "https://evil.example", "Connection", "Upgrade", "Upgrade", "websocket"}, 403, "foreign-origin", false},
	} {
		before := s.faults.Calls("")
		res, body := s.ask(t, test.method, test.path, test.headers...)
		h := res.Header
		if res.StatusCode != test.status || !strings.Contains(body, test.body) || strings.Contains(body, "ynamo") {
			t.Errorf("%s: got %d %s, want %d %s", test.name, res.StatusCode, body, test.status, test.body)
		}
		if h.Get("X-Frame-Options") != "DENY" || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: unguarded: %v", test.name, h)
		}
		if h.Get("Set-Cookie") != "" || (h.Get("Retry-After") != "") != (test.status == 503) {
			t.Errorf("%s: %v", test.name, h)
		}
		if calls := s.faults.Calls("") - before; !test.asks && calls != 0 {
			t.Errorf("%s: refused after %d calls of the table, want none", test.name, calls)
		}
	}
}
