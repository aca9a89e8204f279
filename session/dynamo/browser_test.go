package dynamo_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/mantlet-dev/mantlet/session"
	"github.com/mantlet-dev/mantlet/session/sessiontest"
)

// A browser is one client of a small application with sessions.
type browser struct {
	manager *session.Manager
	app     http.Handler
	cookie  string
}

// logIn gives a browser in which alice is logged in.
func logIn(t testing.TB, store session.Store, clock *sessiontest.Clock) *browser {
	t.Helper()
	m, err := session.New(session.Options{Store: store, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{manager: m}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		if _, err := m.Login(w, r, "alice", nil); err != nil {
			m.Refuse(w, r, err)
		}
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		if err := m.Logout(w, r); err != nil {
			m.Refuse(w, r, err)
		}
	})
	mux.Handle("GET /", m.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("hello"))
	})))
	b.app = m.Handler(mux)
	if answer := b.send("POST", "/login"); answer.Code != http.StatusOK {
		t.Fatalf("log in: %d %s", answer.Code, answer.Body)
	}
	return b
}

// send sends a request and waits for what happens after the answer.
func (b *browser) send(method, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://app.test"+path, nil)
	if b.cookie != "" {
		r.Header.Set("Cookie", b.cookie)
	}
	w := httptest.NewRecorder()
	b.app.ServeHTTP(w, r)
	b.manager.Wait()
	for _, c := range w.Result().Cookies() {
		b.cookie = c.Name + "=" + c.Value
		if c.MaxAge < 0 {
			b.cookie = ""
		}
	}
	return w
}

func (b *browser) visit(t testing.TB) {
	t.Helper()
	if answer := b.send("GET", "/"); answer.Code != http.StatusOK {
		t.Fatalf("visit: %d %s", answer.Code, answer.Body)
	}
}
