package guard

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

const get = "GET / HTTP/1.1"
const appHost = "Host: app.example"

func TestEveryResponseCarriesTheFramingHeaders(t *testing.T) {
	for name, app := range map[string]http.HandlerFunc{
		"written":     func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "x") },
		"nothing":     func(w http.ResponseWriter, r *http.Request) {},
		"an error":    func(w http.ResponseWriter, r *http.Request) { http.Error(w, "x", 500) },
		"not found":   http.NotFound,
		"a redirect":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/y", http.StatusFound) },
		"no content":  func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) },
		"not changed": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(304) },
		"flushed":     func(w http.ResponseWriter, r *http.Request) { w.(http.Flusher).Flush(); io.WriteString(w, "x") },
		"by control":  func(w http.ResponseWriter, r *http.Request) { http.NewResponseController(w).Flush() },
		"copied":      func(w http.ResponseWriter, r *http.Request) { io.Copy(w, strings.NewReader("x")) },
		"early hints": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(103); w.WriteHeader(200) },
		"served": func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "x.svg", time.Time{}, strings.NewReader("<svg/>"))
		},
	} {
		s := serve(t, true, policy.Rules{}, Options{}, app)
		res := s.send(t, get, appHost)
		if res.StatusCode == 103 {
			if res.Header.Get(policy.HeaderCSP) != "" {
				t.Errorf("%s: the hint is not left alone", name)
			}
			continue
		}
		mustBeGuarded(t, name, res.Header)
		for header, want := range map[string]string{"Referrer-Policy": "strict-origin-when-cross-origin",
			"X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age=31536000"} {
			if got := res.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
	}
}

func TestHintsComeBeforeAGuardedAnswer(t *testing.T) {
	s := serve(t, false, policy.Rules{}, Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</a.css>; rel=preload")
		w.WriteHeader(103)
		io.WriteString(w, "x")
	}))
	conn := s.dial(t)
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	all, _ := io.ReadAll(conn)
	hint, final, _ := strings.Cut(string(all), "\r\n\r\n")
	if !strings.HasPrefix(hint, "HTTP/1.1 103") || strings.Contains(hint, "frame") || !strings.Contains(final, "frame-ancestors 'none'") {
		t.Errorf("got %s", all)
	}
}

func TestARecovererFurtherOutAnswersGuarded(t *testing.T) {
	g, err := New(policy.Rules{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	guarded := g.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("broken") }))
	s := &site{}
	s.listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			recover()
			http.Error(w, "sorry", 500)
		}()
		guarded.ServeHTTP(w, r)
	}))
	mustBeGuarded(t, "after a panic", s.send(t, get, appHost).Header)
}

func TestAbortedHandlersAbort(t *testing.T) {
	s := serve(t, false, policy.Rules{}, Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		panic(http.ErrAbortHandler)
	}))
	conn := s.dial(t)
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	if all, _ := io.ReadAll(conn); len(all) > 0 {
		t.Errorf("an aborted handler answered %q", all)
	}
}

func TestHijackedConnectionsAreLeftAlone(t *testing.T) {
	for name, hijack := range map[string]func(http.ResponseWriter) (io.WriteCloser, error){
		"by assertion": func(w http.ResponseWriter) (io.WriteCloser, error) {
			c, _, err := w.(http.Hijacker).Hijack()
			return c, err
		},
		"by control": func(w http.ResponseWriter) (io.WriteCloser, error) {
			c, _, err := http.NewResponseController(w).Hijack()
			return c, err
		},
	} {
		s := serve(t, true, policy.Rules{}, Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := hijack(w)
			if err != nil {
				t.Error(err)
				return
			}
			io.WriteString(c, "raw")
			c.Close()
		}))
		conn := s.dial(t)
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: app.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: https://app.example\r\n\r\n")
		if all, _ := bufio.NewReader(conn).ReadString(0); all != "raw" {
			t.Errorf("%s: got %q", name, all)
		}
	}
}

func TestDeadlinesReachTheConnection(t *testing.T) {
	s := serve(t, false, policy.Rules{}, Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Error(err)
		}
		if err := c.EnableFullDuplex(); err != nil {
			t.Error(err)
		}
	}))
	s.send(t, get, appHost)
}

// Goals G1, G2 and G3 of the peers' comparison, as far as they can be asserted.
func TestRequestsAllocateNothing(t *testing.T) {
	g, err := New(policy.Rules{}, Options{SessionCookies: sid})
	if err != nil {
		t.Fatal(err)
	}
	h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200) }))
	for name, r := range map[string]*http.Request{
		"safe":                      request("GET", "Accept", "text/html", "Sec-Fetch-Site", "none", "Cookie", "sid=1"),
		"decided by Sec-Fetch-Site": request("POST", "Origin", "https://app.example", "Sec-Fetch-Site", "same-origin", "Cookie", "sid=1"),
		"decided by Origin":         request("POST", "Origin", "https://app.example", "Cookie", "sid=1"),
		"refused":                   request("POST", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Cookie", "sid=1"),
	} {
		w := &nullWriter{http.Header{}}
		if n := testing.AllocsPerRun(200, func() {
			clear(w.h)
			h.ServeHTTP(w, r)
		}); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
		if n := testing.AllocsPerRun(200, func() { g.Check(r) }); n > 0 {
			t.Errorf("%s: Check has %v allocations", name, n)
		}
		if n := len(w.h); n > 8 {
			t.Errorf("%s: %d headers are more than fit into a map's first group: %v", name, n, w.h)
		}
	}
}

func request(method string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, "https://app.example/account", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func TestAWriterIsWorthNothingWhenItsHandlerHasReturned(t *testing.T) {
	g, err := New(policy.Rules{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var kept []http.ResponseWriter
	h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { kept = append(kept, w) }))
	seen := map[http.ResponseWriter]bool{}
	for range 100 {
		h.ServeHTTP(httptest.NewRecorder(), request("GET"))
	}
	last := httptest.NewRecorder()
	h.ServeHTTP(last, request("GET"))
	for _, w := range kept {
		if seen[w] {
			t.Fatal("a writer was handed out twice")
		}
		seen[w] = true
		w.Header().Set("X-Late", "1")
		w.WriteHeader(500)
		w.(http.Flusher).Flush()
		_, errWrite := w.Write([]byte("late"))
		_, errString := io.WriteString(w, "late")
		_, errCopy := w.(io.ReaderFrom).ReadFrom(strings.NewReader("late"))
		_, _, errHijack := http.NewResponseController(w).Hijack()
		for _, err := range []error{errWrite, errString, errCopy, errHijack, http.NewResponseController(w).Flush()} {
			if !errors.Is(err, errOver) {
				t.Fatalf("got %v", err)
			}
		}
		if err := http.NewResponseController(w).SetReadDeadline(time.Time{}); err == nil {
			t.Fatal("a deadline was set")
		}
	}
	if last.Body.Len() > 0 || last.Header().Get("X-Late") != "" || last.Code != 200 {
		t.Errorf("the last response got %v", last)
	}
}

type nullWriter struct{ h http.Header }

func (w *nullWriter) Header() http.Header         { return w.h }
func (w *nullWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *nullWriter) WriteHeader(int)             {}
