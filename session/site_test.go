package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/session"
	"github.com/mantlet-dev/mantlet/session/sessiontest"
)

// A site is a small application with sessions, on a real TLS listener.
type site struct {
	*session.Manager
	t      testing.TB
	clock  *sessiontest.Clock
	server *httptest.Server

	mu     sync.Mutex
	events map[session.Event]int
}

func newSite(t testing.TB, o session.Options) *site {
	t.Helper()
	s := &site{t: t, clock: sessiontest.NewClock(), events: map[session.Event]int{}}
	o.Now = s.clock.Now
	o.Count = func(e session.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events[e]++
	}
	if f, ok := o.Store.(*failing); ok {
		f.Memory = session.NewMemory(s.clock.Now)
	}
	m, err := session.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Manager = m
	s.server = httptest.NewTLSServer(m.Handler(s.routes()))
	t.Cleanup(s.server.Close)
	return s
}

func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	on := func(pattern string, do func(w http.ResponseWriter, r *http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := do(w, r); err != nil {
				s.Refuse(w, r, err)
			}
		})
	}
	on("POST /start", func(w http.ResponseWriter, r *http.Request) error { _, err := s.Start(w, r); return err })
	on("POST /login", func(w http.ResponseWriter, r *http.Request) error {
		_, err := s.Login(w, r, r.URL.Query().Get("user"), nil)
		return err
	})
	on("POST /rotate", func(w http.ResponseWriter, r *http.Request) error { _, err := s.Rotate(w, r); return err })
	on("POST /logout", func(w http.ResponseWriter, r *http.Request) error { return s.Logout(w, r) })
	on("POST /others", func(_ http.ResponseWriter, r *http.Request) error { return s.RevokeOthers(r) })
	on("POST /keep", func(w http.ResponseWriter, r *http.Request) error {
		_, err := s.Change(w, r, func(v map[string]string) { v["cart"] += r.URL.Query().Get("add") })
		return err
	})
	on("GET /secret", func(w http.ResponseWriter, r *http.Request) error {
		secret, err := s.TokenSecret(r)
		if err == nil {
			fmt.Fprintf(w, "%x", secret)
		}
		return err
	})
	mux.HandleFunc("GET /open", func(http.ResponseWriter, *http.Request) {})
	mux.Handle("GET /me", s.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		me, err := s.Load(r)
		fmt.Fprintf(w, "%s %s %v", me.User(), me.Value("cart"), err)
	})))
	return mux
}

// A visitor is one browser, which keeps one cookie.
type visitor struct {
	*site
	cookie string
}

func (s *site) visitor() *visitor { return &visitor{site: s} }

// do sends a request, waits for what follows it, and keeps the cookie.
func (v *visitor) do(method, path string) (status int, body string, set *http.Cookie) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, v.server.URL+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	if v.cookie != "" {
		r.Header.Set("Cookie", v.cookie)
	}
	answer, err := v.server.Client().Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	var text strings.Builder
	if err := answer.Write(&text); err != nil {
		v.t.Fatal(err)
	}
	v.Wait()
	for _, c := range answer.Cookies() {
		set = c
		v.cookie = c.Name + "=" + c.Value
		if c.MaxAge < 0 {
			v.cookie = ""
		}
	}
	_, body, _ = strings.Cut(text.String(), "\r\n\r\n")
	return answer.StatusCode, body, set
}

// ok does what has to succeed.
func (v *visitor) ok(method, path string) string {
	v.t.Helper()
	status, body, _ := v.do(method, path)
	if status != http.StatusOK {
		v.t.Fatalf("%s %s: got %d %s", method, path, status, body)
	}
	return body
}

// out fails unless the visitor is logged out.
func (v *visitor) out() {
	v.t.Helper()
	if status, body, _ := v.do("GET", "/me"); status != http.StatusUnauthorized {
		v.t.Fatalf("GET /me: got %d %s, want 401", status, body)
	}
}

// in fails unless the visitor is logged in as user.
func (v *visitor) in(user string) {
	v.t.Helper()
	if body := v.ok("GET", "/me"); !strings.HasPrefix(body, user+" ") {
		v.t.Fatalf("GET /me: got %q, want %s", body, user)
	}
}

// A failing store is a Memory that fails on demand.
type failing struct {
	*session.Memory
	mu sync.Mutex
	on bool
}

func (f *failing) set(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = on
}

func (f *failing) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.on {
		return fmt.Errorf("%w: %w", session.ErrUnavailable, errors.New("table app-sessions throttles"))
	}
	return nil
}

func (f *failing) Load(ctx context.Context, k session.Key) (session.Record, error) {
	if err := f.err(); err != nil {
		return session.Record{}, err
	}
	return f.Memory.Load(ctx, k)
}

func (f *failing) Delete(ctx context.Context, k session.Key) error {
	if err := f.err(); err != nil {
		return err
	}
	return f.Memory.Delete(ctx, k)
}
