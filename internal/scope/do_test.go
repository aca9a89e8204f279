package scope

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// serve starts a server and opens a grant for it.
func serve(t *testing.T, c Claim, h http.HandlerFunc) (*Grant, string) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c.Targets = append(c.Targets, srv.URL)
	g, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return g, srv.URL
}

func get(t *testing.T, g *Grant, rawURL string) (*http.Response, error) {
	t.Helper()
	return g.Do(request(t, http.MethodGet, rawURL, nil))
}

func request(t *testing.T, method, rawURL string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, rawURL, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestDoNamesItselfAndFollowsNothing(t *testing.T) {
	g, base := serve(t, Claim{Version: "1.2"}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Agent", r.UserAgent())
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	resp, err := get(t, g, base)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	want := "Mantlet/1.2 (+https://github.com/mantlet-dev/mantlet; scan=" + g.ScanID() + ")"
	if resp.StatusCode != http.StatusFound || resp.Header.Get("X-Agent") != want {
		t.Errorf("got status %d as %q, want a redirect as %q", resp.StatusCode, resp.Header.Get("X-Agent"), want)
	}
	if g.Requests() != 1 {
		t.Errorf("got %d requests, want 1", g.Requests())
	}
}

func TestNothingOutOfScopeIsContacted(t *testing.T) {
	var touched atomic.Int64
	forbidden, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer forbidden.Close()
	go func() {
		for {
			conn, err := forbidden.Accept()
			if err != nil {
				return
			}
			touched.Add(1)
			conn.Close()
		}
	}()
	g, base := serve(t, Claim{}, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+forbidden.Addr().String()+"/", http.StatusFound)
	})
	if resp, err := get(t, g, base); err != nil {
		t.Error(err)
	} else {
		resp.Body.Close()
	}
	if _, err := get(t, g, "http://"+forbidden.Addr().String()+"/"); !errors.Is(err, ErrOutOfScope) {
		t.Errorf("got %v, want out of scope", err)
	}
	spoofed := request(t, http.MethodGet, base, nil)
	spoofed.Host = forbidden.Addr().String()
	if _, err := g.Do(spoofed); !errors.Is(err, ErrOutOfScope) {
		t.Errorf("another Host header: got %v, want out of scope", err)
	}
	if touched.Load() != 0 {
		t.Errorf("the forbidden listener was contacted %d times", touched.Load())
	}
}

func TestPassiveGrantsSendNoUnsafeMethodButLogins(t *testing.T) {
	g, base := serve(t, Claim{Mode: Passive}, func(http.ResponseWriter, *http.Request) {})
	if _, err := g.Do(request(t, http.MethodPost, base, nil)); !errors.Is(err, ErrPassive) {
		t.Errorf("got %v, want ErrPassive", err)
	}
	login := request(t, http.MethodPost, base, nil)
	resp, err := g.Do(login.WithContext(ForLogin(login.Context())))
	if err != nil {
		t.Fatalf("login: %v", err)
	}
	resp.Body.Close()
}

func TestTheBudgetEnds(t *testing.T) {
	g, base := serve(t, Claim{MaxRequests: 2}, func(http.ResponseWriter, *http.Request) {})
	for range 2 {
		resp, err := get(t, g, base)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	if _, err := get(t, g, base); !errors.Is(err, ErrBudget) || g.Requests() != 2 {
		t.Errorf("got %v after %d requests, want ErrBudget after 2", err, g.Requests())
	}
}

func TestBodiesAreCut(t *testing.T) {
	var sent atomic.Int64
	g, base := serve(t, Claim{MaxBody: 1000}, func(w http.ResponseWriter, r *http.Request) {
		size := 100 << 20
		if r.URL.Path == "/exact" {
			size = 1000
		}
		chunk := bytes.Repeat([]byte("x"), 1000)
		for size > 0 {
			n, err := w.Write(chunk)
			sent.Add(int64(n))
			if err != nil {
				return
			}
			size -= n
		}
	})
	resp, err := get(t, g, base+"/huge")
	if err != nil {
		t.Fatal(err)
	}
	if data, cut, err := ReadBody(resp); len(data) != 1000 || !cut || err != nil {
		t.Errorf("100 MB: got %d bytes, cut %v, %v", len(data), cut, err)
	}
	if resp, err = get(t, g, base+"/exact"); err != nil {
		t.Fatal(err)
	}
	if data, cut, err := ReadBody(resp); len(data) != 1000 || cut || err != nil {
		t.Errorf("exactly the limit: got %d bytes, cut %v, %v", len(data), cut, err)
	}
	if sent.Load() > 50<<20 {
		t.Errorf("the server could send %d bytes", sent.Load())
	}
}

func TestASlowAnswerEndsInTime(t *testing.T) {
	g, base := serve(t, Claim{Timeout: 100 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.Write([]byte("beginning"))
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	})
	if _, err := get(t, g, base+"/head"); !errors.Is(err, errTimeout) {
		t.Errorf("slow head: got %v", err)
	}
	resp, err := get(t, g, base+"/body")
	if err != nil {
		t.Fatal(err)
	}
	if data, _, err := ReadBody(resp); !errors.Is(err, errTimeout) || string(data) != "beginning" {
		t.Errorf("slow body: got %q, %v", data, err)
	}
}

func TestConcurrencyIsHeldAndPlacesComeBack(t *testing.T) {
	var now, most atomic.Int64
	g, base := serve(t, Claim{Concurrency: 3}, func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
		now.Add(-1)
		w.Write([]byte("body"))
	})
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			resp, err := get(t, g, base)
			if err != nil {
				t.Error(err)
				return
			}
			if i%2 == 0 {
				resp.Body.Close() // without reading
			} else if _, _, err := ReadBody(resp); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most.Load() > 3 {
		t.Errorf("%d requests at once, want at most 3", most.Load())
	}
	if len(g.slots) != 0 {
		t.Errorf("%d places were not given back", len(g.slots))
	}
}

func TestOnlySafeRequestsAreRepeatedAndOnlyOnce(t *testing.T) {
	var attempts atomic.Int64
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			io.ReadFull(conn, make([]byte, 4))
			attempts.Add(1)
			conn.(*net.TCPConn).SetLinger(0)
			conn.Close() // a reset before any answer
		}
	}()
	base := "http://" + listener.Addr().String()
	for _, test := range []struct {
		method string
		want   int64
	}{{http.MethodGet, 2}, {http.MethodHead, 2}, {http.MethodPost, 1}, {http.MethodPut, 1}, {http.MethodDelete, 1}} {
		g, err := Open(t.Context(), Claim{Targets: []string{base}})
		if err != nil {
			t.Fatal(err)
		}
		attempts.Store(0)
		if _, err := g.Do(request(t, test.method, base, strings.NewReader(""))); err == nil {
			t.Errorf("%s: want an error", test.method)
		}
		if attempts.Load() != test.want {
			t.Errorf("%s: got %d attempts, want %d", test.method, attempts.Load(), test.want)
		}
	}
}

func TestAHostThatIsGoneFailsFast(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + listener.Addr().String()
	listener.Close()
	g, err := Open(t.Context(), Claim{Targets: []string{base}})
	if err != nil {
		t.Fatal(err)
	}
	for range deadAfter {
		if _, err = get(t, g, base); err == nil || errors.Is(err, ErrUnreachable) {
			t.Fatalf("got %v, want the dial's own error first", err)
		}
	}
	if _, err = get(t, g, base); !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v, want ErrUnreachable", err)
	}
}

func TestBrokenPagesDoNotStopAScan(t *testing.T) {
	g, base := serve(t, Claim{}, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	for i := range 3 * deadAfter {
		resp, err := get(t, g, base)
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		resp.Body.Close()
	}
}

func TestRetryAfterIsHonouredOnce(t *testing.T) {
	var answers atomic.Int64
	g, base := serve(t, Claim{Concurrency: 1}, func(w http.ResponseWriter, r *http.Request) {
		if answers.Add(1) == 1 {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	start := time.Now()
	resp, err := get(t, g, base)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || time.Since(start) < longestLocalPause-50*time.Millisecond {
		t.Errorf("got status %d after %v, want 200 after a pause", resp.StatusCode, time.Since(start))
	}
}

func TestRetryAfterIsBounded(t *testing.T) {
	for _, test := range []struct {
		value string
		local bool
		want  time.Duration
	}{
		{"3", false, 3 * time.Second}, {"99999999999999", false, longestPause}, {"-5", false, 0}, {"soon", false, 0}, {"", false, 0},
		{"3600", true, longestLocalPause}, {time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), false, longestPause},
	} {
		resp := &http.Response{StatusCode: 429, Header: http.Header{"Retry-After": {test.value}}}
		if got := retryAfter(resp, test.local); got != test.want {
			t.Errorf("%q: got %v, want %v", test.value, got, test.want)
		}
	}
}

func TestTheRateHasAHardCap(t *testing.T) {
	for _, test := range []struct {
		wanted float64
		local  bool
		want   float64
	}{{0, false, politeRate}, {1, false, 1}, {1000, false, hardRate}, {50, true, 50}} {
		if got := newLimiter(test.wanted, test.local).Limit(); float64(got) != test.want {
			t.Errorf("wanted %v, local %v: got %v, want %v", test.wanted, test.local, got, test.want)
		}
	}
}

func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	g, base := serve(t, Claim{Hosts: map[string]string{}}, func(http.ResponseWriter, *http.Request) {})
	u, _ := url.Parse(base)
	g2, err := Open(t.Context(), Claim{Targets: []string{"http://shop.test:80"}, Hosts: map[string]string{"shop.test:80": u.Host}, Mode: Passive})
	if err != nil {
		t.Fatal(err)
	}
	for where, g := range map[string]*Grant{base: g, "http://shop.test/": g2} {
		resp, err := get(t, g, where)
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		resp.Body.Close()
	}
}

func TestSelfSignedCertificatesAreAcceptedOnLoopbackOnly(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
	srv.Config.ErrorLog = quiet
	srv.StartTLS()
	defer srv.Close()
	u, _ := url.Parse(srv.URL)
	local, err := Open(t.Context(), Claim{Targets: []string{srv.URL}})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := get(t, local, srv.URL)
	if err != nil {
		t.Fatalf("loopback: %v", err)
	}
	resp.Body.Close()
	away, err := Open(t.Context(), Claim{Targets: []string{"https://shop.test"}, Hosts: map[string]string{"shop.test:443": u.Host}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := get(t, away, "https://shop.test/"); err == nil {
		t.Error("elsewhere: want a certificate error")
	}
}

func TestLocalhostIsTriedInBothFamilies(t *testing.T) {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	srv := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}}
	srv.Start()
	defer srv.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	for _, host := range []string{"localhost", "app.localhost", "[::1]"} {
		base := "http://" + host + ":" + port + "/"
		g, err := Open(context.Background(), Claim{Targets: []string{base}})
		if err != nil {
			t.Fatal(err)
		}
		resp, err := get(t, g, base)
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		resp.Body.Close()
	}
}
