// Package scscheck holds session/scsstore against the real scs.
package scscheck

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/mantlet-dev/mantlet/session"
	"github.com/mantlet-dev/mantlet/session/scsstore"
)

var _ scs.CtxStore = (*scsstore.Store)(nil)

// A site is a program written for scs.
type site struct {
	url   string
	slow  chan struct{} // lets /slow go on
	began chan struct{} // /slow has read its session
	mu    sync.Mutex
	err   error // what scs was told of the last commit that failed
}

func newSite(t *testing.T, idle time.Duration) *site {
	t.Helper()
	store := scsstore.New(session.NewMemory(nil))
	s := &site{slow: make(chan struct{}), began: make(chan struct{})}
	m := scs.New()
	m.Store, m.IdleTimeout, m.Cookie.Secure = store, idle, false
	m.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.err = err
		http.Error(w, "failed", http.StatusInternalServerError)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		if err := m.RenewToken(r.Context()); err != nil {
			t.Error(err)
		}
		m.Put(r.Context(), "user", r.URL.Query().Get("user"))
	})
	mux.HandleFunc("/logout", func(w http.ResponseWriter, r *http.Request) {
		if err := m.Destroy(r.Context()); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("/me", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, m.GetString(r.Context(), "user")) })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		m.Put(r.Context(), "late", "yes")
		s.began <- struct{}{}
		<-s.slow
	})
	server := httptest.NewServer(store.Handler(m.LoadAndSave(mux)))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

type browser struct {
	t      *testing.T
	client *http.Client
	site   *site
}

func (s *site) browser(t *testing.T) browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return browser{t, &http.Client{Jar: jar}, s}
}

// copied is the same browser's cookies in another one.
func (b browser) copied() browser {
	other := b.site.browser(b.t)
	u, _ := http.NewRequest("GET", b.site.url, nil)
	other.client.Jar.SetCookies(u.URL, b.client.Jar.Cookies(u.URL))
	return other
}

func (b browser) get(path string) (status int, body string) {
	b.t.Helper()
	answer, err := b.client.Get(b.site.url + path)
	if err != nil {
		b.t.Error(err)
		return 0, ""
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text)
}

func TestSCSKeepsItsSessionsHere(t *testing.T) {
	b := newSite(t, 0).browser(t)
	b.get("/login?user=alice")
	if _, who := b.get("/me"); who != "alice" {
		t.Fatalf("got %q", who)
	}
	before := b.copied()
	b.get("/login?user=alice")
	if _, who := before.get("/me"); who != "" {
		t.Errorf("the token of before the login still works, for %q", who)
	}
	b.get("/logout")
	if _, who := b.get("/me"); who != "" {
		t.Errorf("after logging out: %q", who)
	}
}

// With scs's own stores this request brings the session back.
func TestASlowRequestDoesNotUndoALogout(t *testing.T) {
	s := newSite(t, 0)
	b := s.browser(t)
	b.get("/login?user=alice")
	copied := b.copied()
	done := make(chan int)
	go func() {
		status, _ := b.copied().get("/slow")
		done <- status
	}()
	<-s.began
	b.get("/logout")
	s.slow <- struct{}{}
	if status := <-done; status != http.StatusInternalServerError {
		t.Errorf("the slow request: got %d, want 500", status)
	}
	s.mu.Lock()
	if !errors.Is(s.err, session.ErrNoSession) {
		t.Errorf("scs was told %v, want ErrNoSession", s.err)
	}
	s.mu.Unlock()
	if _, who := copied.get("/me"); who != "" {
		t.Errorf("the session of %q came back", who)
	}
}

func TestRequestsAtOnceDoNotFailEachOther(t *testing.T) {
	b := newSite(t, time.Hour).browser(t)
	b.get("/login?user=alice")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if status, who := b.copied().get("/me"); status != http.StatusOK || who != "alice" {
				t.Errorf("got %d %q", status, who)
			}
		})
	}
	all.Wait()
}
