package gate

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/policy"
)

var quiet = slog.New(slog.DiscardHandler)

// open starts a gate in front of app and gives its address.
func open(t *testing.T, c Config, certificates *Certificates, app http.HandlerFunc) string {
	t.Helper()
	upstream := httptest.NewServer(app)
	t.Cleanup(upstream.Close)
	c.Upstream, _ = url.Parse(upstream.URL)
	h, err := Build(c, new(Counter))
	if err != nil {
		t.Fatal(err)
	}
	return listen(t, h, certificates, c.Limits)
}

func listen(t *testing.T, h http.Handler, certificates *Certificates, limits Limits) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- Serve(ctx, l, h, certificates, limits, quiet) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	t.Cleanup(func() { conn.Close() })
	return conn
}

func send(t *testing.T, conn net.Conn, request string) *http.Response {
	t.Helper()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func mustBeGuarded(t *testing.T, what string, res *http.Response) {
	t.Helper()
	if res.Header.Get(policy.HeaderXFO) != "DENY" || !strings.Contains(res.Header.Get(policy.HeaderCSP), "frame-ancestors 'none'") {
		t.Errorf("%s: unguarded: %v", what, res.Header)
	}
}

// An application that knows no tokens is filled in by a browser that tells nothing
// about itself, and gets the form it made.
func TestFormsOfAnApplicationThatKnowsNoTokens(t *testing.T) {
	addr := open(t, Config{Inject: true, Options: guard.Options{SessionCookies: []string{"sid"}}}, nil, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%d %s", r.ContentLength, body)
			return
		}
		if r.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("asked for %s", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Etag", `"1"`)
		io.WriteString(w, `<form method=post action=/pay><input name=to></form><form action=/search><script>"<form method=post>"</script>`)
	})
	head := " / HTTP/1.1\r\nHost: app.example\r\nCookie: sid=1\r\nConnection: close\r\n"
	res := send(t, dial(t, addr), "GET"+head+"Accept: text/html\r\nAccept-Encoding: gzip\r\n\r\n")
	page, _ := io.ReadAll(res.Body)
	fields := regexp.MustCompile(`<form method=post action=/pay><input type="hidden" name="mantlet_token" value="([^"]+)">`).FindAllStringSubmatch(string(page), -1)
	if len(fields) != 1 || strings.Count(string(page), "hidden") != 1 || res.Header.Get("Etag") != "" || res.Header.Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("got %s %v", page, res.Header)
	}
	mustBeGuarded(t, "page", res)
	for body, want := range map[string]string{
		"mantlet_token=" + fields[0][1] + "&to=bob": "6 to=bob",
		"to=bob":                   "403",
		"mantlet_token=x&to=bob":   "403",
		"to=bob&mantlet_token=%00": "403",
	} {
		res := send(t, dial(t, addr), "POST"+head+"Content-Type: application/x-www-form-urlencoded\r\n"+fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
		got, _ := io.ReadAll(res.Body)
		if res.StatusCode == 403 && want == "403" {
			continue
		}
		if string(got) != want {
			t.Errorf("%s: got %d %s", body, res.StatusCode, got)
		}
	}
}

func TestHeaderBombs(t *testing.T) {
	addr := open(t, Config{}, nil, func(w http.ResponseWriter, r *http.Request) { t.Error("reached the application") })
	for name, lines := range map[string]string{
		"one header":   "X: " + strings.Repeat("a", 70000) + "\r\n",
		"many headers": strings.Repeat("X: a\r\n", 15000),
		"cookies":      "Cookie: " + strings.Repeat("a=b; ", 15000) + "\r\n",
	} {
		res := send(t, dial(t, addr), "GET / HTTP/1.1\r\nHost: a\r\n"+lines+"\r\n")
		if res.StatusCode != 431 {
			t.Errorf("%s: got %d", name, res.StatusCode)
		}
		mustBeGuarded(t, name, res)
	}
	res := send(t, dial(t, addr), "GET /"+strings.Repeat("a", 70000)+" HTTP/1.1\r\nHost: a\r\n\r\n")
	if res.StatusCode != 431 {
		t.Errorf("address: got %d", res.StatusCode)
	}
	// Beyond a mebibyte net/http answers by itself: a line of text with nothing to click.
	conn := dial(t, addr)
	go io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nX: "+strings.Repeat("a", 2<<20)+"\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return // it hung up while we were still sending
	}
	if body, _ := io.ReadAll(res.Body); res.StatusCode != 431 || len(body) > 100 || res.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("beyond the limit: %d %s", res.StatusCode, body)
	}
}

// A thousand clients that send a byte now and then are dropped, and keep nobody else waiting.
func TestAThousandSlowClients(t *testing.T) {
	limits := Limits{HeaderTimeout: 1500 * time.Millisecond}
	addr := open(t, Config{Limits: limits}, nil, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "x") })
	var slow []net.Conn
	for range 1000 {
		conn := dial(t, addr)
		io.WriteString(conn, "GET / HTTP/1.1\r\nX-Slow")
		slow = append(slow, conn)
	}
	begin := time.Now()
	res := send(t, dial(t, addr), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	if took := time.Since(begin); res.StatusCode != 200 || took > 10*time.Second {
		t.Errorf("among slow clients: %d after %v", res.StatusCode, took)
	}
	mustBeGuarded(t, "among slow clients", res)
	for _, conn := range slow {
		conn.SetReadDeadline(time.Now().Add(15 * time.Second))
		if answer, err := io.ReadAll(conn); err != nil && !strings.Contains(err.Error(), "reset") || strings.Contains(string(answer), "200 OK") {
			t.Fatalf("a slow client is still there: %q %v", answer, err)
		}
	}
}

func TestConnectionsAreCounted(t *testing.T) {
	addr := open(t, Config{Limits: Limits{Connections: 2}}, nil, func(w http.ResponseWriter, r *http.Request) {})
	a, b := dial(t, addr), dial(t, addr)
	const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	send(t, a, request)
	send(t, b, request)
	c := dial(t, addr)
	io.WriteString(c, request)
	if answer, _ := io.ReadAll(c); len(answer) > 0 {
		t.Errorf("a third got %q", answer)
	}
	a.Close()
	for range 100 {
		d := dial(t, addr)
		io.WriteString(d, request)
		if _, err := http.ReadResponse(bufio.NewReader(d), nil); err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the room of one that left is not used again")
}

func TestABodyThatStallsIsDropped(t *testing.T) {
	var failed atomic.Bool
	ended := make(chan bool, 1)
	addr := open(t, Config{Limits: Limits{Stall: 300 * time.Millisecond}}, nil, func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		failed.Store(err != nil)
		ended <- true
	})
	conn := dial(t, addr)
	io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nContent-Length: 100\r\n\r\nhalf")
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the upload stalls for ever")
	}
	if !failed.Load() {
		t.Error("the application took half a body for a whole one")
	}
	res := send(t, conn, "")
	mustBeGuarded(t, "stalled", res)
	if body, err := io.ReadAll(res.Body); res.StatusCode != 408 || err != nil {
		t.Errorf("got %d %s %v", res.StatusCode, body, err)
	}
	if n, err := conn.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the connection is still open: %d %v", n, err)
	}
}

func TestALongUploadTakesNoMemory(t *testing.T) {
	const size = 256 << 20
	var got atomic.Int64
	addr := open(t, Config{Inject: true, Rules: policy.Rules{Strict: true}}, nil, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		got.Store(n)
	})
	var peak uint64
	stop := make(chan bool)
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
		}
	})
	conn := dial(t, addr)
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: %d\r\n\r\n", size)
	block := make([]byte, 1<<20)
	for range size >> 20 {
		if _, err := conn.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	res := send(t, conn, "")
	close(stop)
	watching.Wait()
	if res.StatusCode != 200 || got.Load() != size || peak > 64<<20 {
		t.Errorf("got %d, %d bytes arrived, heap of %d MiB", res.StatusCode, got.Load(), peak>>20)
	}
}

func TestRequestsUnderWayMayFinish(t *testing.T) {
	arrived := make(chan bool)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- true
		time.Sleep(300 * time.Millisecond)
		io.WriteString(w, "done")
	}))
	defer upstream.Close()
	target, _ := url.Parse(upstream.URL)
	h, err := Build(Config{Upstream: target}, new(Counter))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l, h, nil, Limits{}, quiet) }()
	go func() {
		<-arrived
		cancel()
	}()
	res := send(t, dial(t, l.Addr().String()), "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	if body, err := io.ReadAll(res.Body); string(body) != "done" || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAWrongFileLeavesTheOldRulesInForce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var s Switch
	loads := make(chan error, 10)
	load := func() error {
		text, _ := os.ReadFile(file)
		rules, err := policy.ParseRules(text)
		if err == nil {
			var h http.Handler
			target, _ := url.Parse("http://127.0.0.1:1")
			if h, err = Build(Config{Upstream: target, Rules: rules}, new(Counter)); err == nil {
				s.Set(h)
			}
		}
		loads <- err
		return err
	}
	write(`{"hosts":["a.example"]}`)
	if err := load(); err != nil {
		t.Fatal(err)
	}
	<-loads
	addr := listen(t, &s, nil, Limits{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	hup := make(chan os.Signal, 1)
	go Watch(ctx, []string{file}, 10*time.Millisecond, hup, load, quiet)
	status := func(host string) int {
		res := send(t, dial(t, addr), "GET / HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
		mustBeGuarded(t, host, res)
		return res.StatusCode
	}
	if a, b := status("a.example"), status("b.example"); a != 502 || b != 421 {
		t.Fatalf("at first: %d and %d", a, b)
	}
	write(`{"hosts":["b.example"], "trusted": "*"}`)
	if err := <-loads; err == nil {
		t.Error("the wrong file was taken")
	}
	if a, b := status("a.example"), status("b.example"); a != 502 || b != 421 {
		t.Errorf("with a wrong file: %d and %d", a, b)
	}
	write(`{"hosts":["b.example"]}`)
	if err := <-loads; err != nil {
		t.Error(err)
	}
	if a, b := status("a.example"), status("b.example"); a != 421 || b != 502 {
		t.Errorf("with a good file: %d and %d", a, b)
	}
	hup <- os.Interrupt
	if err := <-loads; err != nil {
		t.Error(err)
	}
}

func TestWebSocketsAndEventsPassThrough(t *testing.T) {
	addr := open(t, Config{Inject: true, Limits: Limits{Stall: 100 * time.Millisecond}}, nil, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, "data: 1\n\n")
			http.NewResponseController(w).Flush()
			time.Sleep(400 * time.Millisecond) // longer than a stall
			io.WriteString(w, "data: 2\n\n")
			return
		}
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
		line, _ := rw.ReadString('\n')
		io.WriteString(conn, "echo "+line)
	})
	res := send(t, dial(t, addr), "GET /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	if events, err := io.ReadAll(res.Body); string(events) != "data: 1\n\ndata: 2\n\n" || err != nil {
		t.Errorf("got %q, %v", events, err)
	}
	conn := dial(t, addr)
	io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: http://a\r\n\r\n")
	in := bufio.NewReader(conn)
	if res, err := http.ReadResponse(in, nil); err != nil || res.StatusCode != 101 {
		t.Fatalf("got %v, %v", res, err)
	}
	time.Sleep(300 * time.Millisecond)
	io.WriteString(conn, "hello\n")
	if line, _ := in.ReadString('\n'); line != "echo hello\n" {
		t.Errorf("got %q", line)
	}
}

func TestOptionsForTheWholeServerAreGuarded(t *testing.T) {
	addr := open(t, Config{}, nil, func(w http.ResponseWriter, r *http.Request) {})
	mustBeGuarded(t, "OPTIONS *", send(t, dial(t, addr), "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"))
}

func TestMonitoring(t *testing.T) {
	var left Counter
	left.Add("compressed")
	left.Add("cacheable")
	left.Add("compressed")
	h := Admin(guard.NewMetrics(), &left)
	for path, want := range map[string]string{"/healthz": "ok", "/metrics": `mantlet_guard_uninjectable_total{why="compressed"} 2`} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestTLSWithHTTP2(t *testing.T) {
	cert, key := selfSigned(t)
	certificates, err := NewCertificates(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	addr := open(t, Config{}, certificates, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Header.Get("X-Forwarded-Proto")) })
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	res, err := client.Get("https://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); res.ProtoMajor != 2 || string(body) != "https" {
		t.Errorf("got %s %s", res.Proto, body)
	}
	mustBeGuarded(t, "HTTP/2", res)
	if err := os.WriteFile(cert, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := certificates.Load(); err == nil {
		t.Error("a broken certificate was taken")
	}
	if got, _ := certificates.get(nil); got == nil {
		t.Error("the old certificate is gone")
	}
}
