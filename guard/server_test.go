package guard

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// A site is a guarded application behind a real listener: what net/http makes of a
// request differs from what a test would put into one.
type site struct {
	guard  *Guard
	addr   string
	secure bool
	served atomic.Int64 // requests that reached the application
}

// serve starts a site. Its application answers 200 with what it read of the body.
func serve(t testing.TB, secure bool, rules policy.Rules, o Options, app http.Handler) *site {
	t.Helper()
	g, err := New(rules, o)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{guard: g, secure: secure}
	if app == nil {
		app = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Cookie", r.Header.Get("Cookie"))
			w.Write(body)
		})
	}
	s.listen(t, g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.served.Add(1)
		app.ServeHTTP(w, r)
	})))
	return s
}

func (s *site) listen(t testing.TB, h http.Handler) {
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = quiet
	server.EnableHTTP2 = true
	if s.secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	s.addr = server.Listener.Addr().String()
	t.Cleanup(server.Close)
}

// dial opens a connection that speaks HTTP/1.1.
func (s *site) dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", s.addr, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	t.Cleanup(func() { conn.Close() })
	if s.secure {
		return tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
	}
	return conn
}

// send writes a request as it stands, one line each, and reads the answer. A blank
// element separates head and body.
func (s *site) send(t testing.TB, lines ...string) *http.Response {
	t.Helper()
	conn := s.dial(t)
	head, body := lines, ""
	for i, line := range lines {
		if line == "" {
			head, body = lines[:i], strings.Join(lines[i+1:], "\r\n")
			break
		}
	}
	text := strings.Join(head, "\r\n") + "\r\n"
	if !strings.Contains(strings.ToLower(text), "\ncontent-length:") && body != "" {
		text += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	if !strings.Contains(text, "\r\nConnection:") {
		text += "Connection: close\r\n"
	}
	if _, err := io.WriteString(conn, text+"\r\n"+body); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(lines[0], " ")
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s: %v", lines[0], err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func text(t testing.TB, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// reasonOf is the reason in a problem, "" if the answer is none.
func reasonOf(t testing.TB, res *http.Response) policy.Reason {
	t.Helper()
	if res.Header.Get("Content-Type") != "application/problem+json" {
		return ""
	}
	_, rest, _ := strings.Cut(text(t, res), urn)
	reason, _, _ := strings.Cut(rest, `"`)
	return policy.Reason(reason)
}

// mustBeGuarded fails unless nobody may frame the response.
func mustBeGuarded(t testing.TB, what string, h http.Header) {
	t.Helper()
	target, _ := policy.ParseOrigin("https://app.example")
	evil, _ := policy.ParseOrigin("https://evil.example")
	if d := policy.FramingOf(h).Allows(target, evil); d.Allowed {
		t.Errorf("%s: may be framed (%s): %v", what, d.Reason, h)
	}
	if n := len(h.Values(policy.HeaderXFO)); n != 1 {
		t.Errorf("%s: %d X-Frame-Options", what, n)
	}
}
