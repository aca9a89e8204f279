package gate

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/session"
)

var header = guard.PrincipalHeader{Audience: "app", Keys: [][]byte{[]byte("a-key-for-principals-of-32-bytes")}}

// A fickle store fails on demand.
type fickle struct {
	*session.Memory
	fails atomic.Bool
}

func (f *fickle) Load(ctx context.Context, k session.Key) (session.Record, error) {
	if f.fails.Load() {
		return session.Record{}, session.ErrUnavailable
	}
	return f.Memory.Load(ctx, k)
}

func (f *fickle) Replace(ctx context.Context, old, fresh session.Record, most int) error {
	if f.fails.Load() {
		return session.ErrUnavailable
	}
	return f.Memory.Replace(ctx, old, fresh, most)
}

func (f *fickle) Delete(ctx context.Context, k session.Key) error {
	if f.fails.Load() {
		return session.ErrUnavailable
	}
	return f.Memory.Delete(ctx, k)
}

// relying is an application that checks no session: it says who logs in and out, and
// tells whom it takes the client for.
func relying(w http.ResponseWriter, r *http.Request) {
	say := func(user string) {
		name, value, err := header.Login(user, r.Method)
		if err != nil {
			panic(err)
		}
		w.Header().Set(name, value)
	}
	switch r.URL.Path {
	case "/login":
		say(r.URL.Query().Get("user"))
	case "/logout":
		say("")
	case "/lie":
		w.Header()["Mantlet-Session"] = []string{"admin"}
	}
	user, err := header.Verify(r)
	fmt.Fprintf(w, "%q %v cookie=%q", user, err, r.Header.Get("Cookie"))
}

// A browser keeps one cookie.
type browser struct {
	t            *testing.T
	addr, cookie string
}

func (b *browser) ask(method, path string, more ...string) (status int, body string, h http.Header) {
	b.t.Helper()
	lines := append([]string{method + " " + path + " HTTP/1.1", "Host: app.example", "Origin: http://app.example", "Content-Length: 0", "Connection: close",
		"Cookie: theme=dark; " + b.cookie}, more...)
	res := send(b.t, dial(b.t, b.addr), strings.Join(lines, "\r\n")+"\r\n\r\n")
	for _, c := range res.Cookies() {
		if b.cookie = c.Name + "=" + c.Value; c.MaxAge < 0 {
			b.cookie = ""
		}
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, string(text), res.Header
}

func sessionsAt(t *testing.T, o session.Options) *browser {
	t.Helper()
	m, err := session.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Wait)
	c := Config{Options: guard.Options{Principals: guard.Principals{PrincipalHeader: header}}}
	c.Sessions = &Sessions{Manager: m, Cookie: m.CookieName(), Steady: len(o.SignedKeys) == 0, Logins: true}
	return &browser{t: t, addr: open(t, c, nil, relying)}
}

// R83, R87, R108: the gate keeps the session, the application hears whose it is.
func TestAnApplicationWithoutSessionsHasThemAtTheGate(t *testing.T) {
	for kind, o := range map[string]session.Options{
		"memory": {}, "signed cookie": {SignedKeys: [][]byte{[]byte(strings.Repeat("s", 32))}},
		"plain http": {InsecureHTTP: "a test", Name: "sid"},
	} {
		t.Run(kind, func(t *testing.T) {
			b := sessionsAt(t, o)
			is := func(want string) {
				t.Helper()
				if _, body, _ := b.ask("GET", "/", "Mantlet-Principal: admin", "Mantlet_Principal: admin"); body != want+` <nil> cookie="theme=dark"` {
					t.Errorf("got %s, want %s", body, want)
				}
			}
			is(`""`)
			status, _, h := b.ask("POST", "/login?user=alice")
			if status != 200 || b.cookie == "" || h.Get("Mantlet-Session") != "" || !strings.Contains(h.Get("Cache-Control"), "private") {
				t.Fatalf("login: got %d %v", status, h)
			}
			if line := h.Get("Set-Cookie"); !strings.Contains(line, "HttpOnly") || !strings.Contains(line, "SameSite=Lax") {
				t.Errorf("the cookie is %s", line)
			}
			is(`"alice"`)
			before := b.cookie
			b.ask("POST", "/login?user=bob")
			is(`"bob"`)
			if b.cookie == before {
				t.Error("the cookie is the same after another login")
			}
			b.ask("POST", "/logout")
			is(`""`)
		})
	}
}

func TestAForgedLoginIsRefusedBeforeTheApplication(t *testing.T) {
	b := sessionsAt(t, session.Options{})
	if status, _, h := b.ask("POST", "/login?user=mallory", "Origin: https://evil.example"); status != 403 || h.Get("Set-Cookie") != "" {
		t.Errorf("got %d %v", status, h)
	}
}

// An application's word that does not verify is no login, and no success either.
func TestAnUnsignedWordLogsNobodyIn(t *testing.T) {
	b := sessionsAt(t, session.Options{})
	if status, body, h := b.ask("GET", "/lie"); status != 502 || h.Get("Set-Cookie") != "" || strings.Contains(body, "admin") || h.Get("Mantlet-Session") != "" {
		t.Errorf("got %d %s %v", status, body, h)
	}
}

func TestAStoreThatFailsIs503AtTheGate(t *testing.T) {
	store := &fickle{Memory: session.NewMemory(nil)}
	b := sessionsAt(t, session.Options{Store: store})
	b.ask("POST", "/login?user=alice")
	before := b.cookie
	store.fails.Store(true)
	for _, ask := range [][2]string{{"GET", "/"}, {"POST", "/login?user=bob"}, {"POST", "/logout"}} {
		if status, body, h := b.ask(ask[0], ask[1]); status != 503 || h.Get("Retry-After") == "" || h.Get("X-Frame-Options") != "DENY" || b.cookie != before {
			t.Errorf("%v: got %d %s %v", ask, status, body, h)
		}
	}
	b.cookie = ""
	if status, _, _ := b.ask("POST", "/login?user=bob"); status != 503 {
		t.Errorf("a login without a session, while the store fails: got %d", status)
	}
	store.fails.Store(false)
	b.cookie = before
	if _, body, _ := b.ask("GET", "/"); !strings.HasPrefix(body, `"alice"`) {
		t.Errorf("after the failure: got %s", body)
	}
}

// Without Logins the application's word is nobody's business, and still not the client's.
func TestLoginsHaveToBeAskedFor(t *testing.T) {
	m, err := session.New(session.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Options: guard.Options{Principals: guard.Principals{PrincipalHeader: header}}}
	c.Sessions = &Sessions{Manager: m, Cookie: m.CookieName(), Steady: true}
	b := &browser{t: t, addr: open(t, c, nil, relying)}
	if status, _, h := b.ask("POST", "/login?user=alice"); status != 200 || h.Get("Set-Cookie") != "" || h.Get("Mantlet-Session") != "" {
		t.Errorf("got %d %v", status, h)
	}
}
