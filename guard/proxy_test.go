package guard

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// behind starts a proxy in front of app.
func behind(t testing.TB, secure bool, rules policy.Rules, o Options, p ProxyOptions, app http.Handler) *site {
	t.Helper()
	upstream := httptest.NewUnstartedServer(app)
	upstream.Config.ErrorLog = quiet
	upstream.Start()
	t.Cleanup(upstream.Close)
	return inFrontOf(t, secure, rules, o, p, upstream.URL)
}

func inFrontOf(t testing.TB, secure bool, rules policy.Rules, o Options, p ProxyOptions, upstream string) *site {
	t.Helper()
	g, err := New(rules, o)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := g.Proxy(u, p)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{guard: g, secure: secure}
	s.listen(t, proxy)
	return s
}

// echo tells what arrived at the upstream.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s host=%s for=%s proto=%s forwarded=%s cookie=%s body=%s", r.Method, r.RequestURI, r.Host,
		r.Header["X-Forwarded-For"], r.Header["X-Forwarded-Proto"], r.Header["Forwarded"], r.Header["Cookie"], body)
})

func TestWhatReachesTheUpstream(t *testing.T) {
	trusting := Options{Transport: Transport{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}}
	for _, test := range []struct {
		name    string
		options Options
		lines   []string
		want    string
	}{
		{"host and path", Options{}, []string{"GET /a%2Fb/../c?d=%zz HTTP/1.1", appHost}, "GET /a%2Fb/../c host=app.example for=[127.0.0.1] proto=[https]"},
		{"a path that looks like a host", Options{}, []string{"GET //evil.example/x HTTP/1.1", appHost}, "GET //evil.example/x host=app.example"},
		{"a full address", Options{}, []string{"GET http://app.example/x HTTP/1.1", appHost}, "GET /x host=app.example"},
		{"a client's claims", Options{}, []string{get, appHost, "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: http", "Forwarded: for=1.2.3.4"}, "for=[127.0.0.1] proto=[https] forwarded=[] "},
		{"a trusted proxy's claims", trusting, []string{get, appHost, "X-Forwarded-For: 1.2.3.4", "Forwarded: for=1.2.3.4"}, "for=[1.2.3.4, 127.0.0.1] proto=[https] forwarded=[] "},
		{"our own cookie", Options{}, []string{get, appHost, "Cookie: a=1; __Host-mantlet-session=x; b=2"}, "cookie=[a=1; b=2]"},
		{"a body", Options{}, []string{"POST / HTTP/1.1", appHost, "Origin: https://app.example", "", "x=1"}, "body=x=1"},
	} {
		s := behind(t, true, policy.Rules{}, test.options, ProxyOptions{}, echo)
		res := s.send(t, test.lines...)
		if got := text(t, res); !strings.Contains(got, test.want) {
			t.Errorf("%s: got %s", test.name, got)
		}
		mustBeGuarded(t, test.name, res.Header)
	}
}

func TestRedirectsOfAnApplicationThatSeesPlainHTTP(t *testing.T) {
	for location, want := range map[string]string{"http://app.example/x": "https://app.example/x", "http://app.example.evil/": "http://app.example.evil/",
		"/x": "/x", "http://other.example/": "http://other.example/"} {
		s := behind(t, true, policy.Rules{}, Options{}, ProxyOptions{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", location)
			w.WriteHeader(302)
		}))
		if got := s.send(t, get, appHost).Header.Get("Location"); got != want {
			t.Errorf("%s became %s", location, got)
		}
	}
}

func TestWebSocketsPassThrough(t *testing.T) {
	s := behind(t, true, policy.Rules{}, Options{}, ProxyOptions{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
		line, _ := rw.ReadString('\n')
		io.WriteString(conn, "echo "+line)
	}))
	conn := s.dial(t)
	io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: app.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: https://app.example\r\nCookie: sid=1\r\n\r\n")
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != 101 {
		t.Fatalf("got %v, %v", res, err)
	}
	io.WriteString(conn, "hello\n")
	if line, _ := in.ReadString('\n'); line != "echo hello\n" {
		t.Errorf("got %q", line)
	}
	for name, lines := range map[string][]string{
		"foreign": {"Origin: https://evil.example"}, "missing": nil, "null": {"Origin: null"}, "plain twin": {"Origin: http://app.example"},
	} {
		res := s.send(t, append([]string{"GET /ws HTTP/1.1", appHost, "Upgrade: websocket", "Connection: Upgrade", "Cookie: sid=1"}, lines...)...)
		if res.StatusCode != 403 {
			t.Errorf("%s: got %d", name, res.StatusCode)
		}
		mustBeGuarded(t, name, res.Header)
	}
}

func TestOnlyWebSocketsAreUpgraded(t *testing.T) {
	var upgrade atomic.Value
	s := behind(t, true, policy.Rules{}, Options{}, ProxyOptions{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		upgrade.Store(r.Header.Get("Upgrade") + r.Header.Get("Connection") + r.Header.Get("HTTP2-Settings"))
		w.Header().Set("Upgrade", "h2c")
		w.Header().Set("Connection", "Upgrade")
		w.WriteHeader(http.StatusSwitchingProtocols)
	}))
	for _, to := range []string{"h2c", "h2c, websocket", "websocket, h2c", "TLS/1.3", "foo"} {
		res := s.send(t, get, appHost, "Upgrade: "+to, "Connection: Upgrade, HTTP2-Settings, close", "HTTP2-Settings: AAMAAABkAAQAAP__", "Origin: https://app.example")
		if res.StatusCode != 502 || upgrade.Load() != "" {
			t.Errorf("%s: got %d, the upstream saw %q", to, res.StatusCode, upgrade.Load())
		}
		mustBeGuarded(t, to, res.Header)
	}
}

func TestEventsArriveAsTheyAreSent(t *testing.T) {
	next := make(chan bool)
	s := behind(t, true, policy.Rules{}, Options{}, ProxyOptions{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			http.NewResponseController(w).Flush()
			<-next
		}
	}))
	res := s.send(t, get, appHost)
	in := bufio.NewReader(res.Body)
	for i := range 3 {
		if line, err := in.ReadString('\n'); line != fmt.Sprintf("data: %d\n", i) || err != nil {
			t.Fatalf("event %d: %q %v", i, line, err)
		}
		in.ReadString('\n')
		next <- true
	}
}

func TestHTTP2ToClients(t *testing.T) {
	s := behind(t, true, policy.Rules{}, Options{}, ProxyOptions{}, echo)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	for origin, want := range map[string]int{"https://app.example": 200, "https://evil.example": 403} {
		req, _ := http.NewRequest("POST", "https://"+s.addr+"/", strings.NewReader("x"))
		req.Host = "app.example"
		req.Header.Set("Origin", origin)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.ProtoMajor != 2 || res.StatusCode != want {
			t.Errorf("%s: %s %d", origin, res.Proto, res.StatusCode)
		}
		mustBeGuarded(t, origin, res.Header)
	}
}

// Every way an upstream fails has its answer, and none goes out unguarded.
func TestUpstreamsThatFail(t *testing.T) {
	silent := rawUpstream(t, func(c net.Conn) { time.Sleep(2 * time.Second) })
	for _, test := range []struct {
		name     string
		upstream string
		status   int
		reason   policy.Reason
	}{
		{"down", closedPort(t), 502, policy.UpstreamUnreachable},
		{"slow", silent, 504, policy.UpstreamTimeout},
		{"hangs up", rawUpstream(t, func(c net.Conn) {}), 502, policy.UpstreamUnreachable},
		{"speaks something else", rawUpstream(t, func(c net.Conn) { io.WriteString(c, "SSH-2.0-x\r\n\r\n") }), 502, policy.UpstreamUnreachable},
		{"header bomb", rawUpstream(t, func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("a", 2<<20)+"\r\n\r\n")
		}), 502, policy.UpstreamUnreachable},
	} {
		s := inFrontOf(t, true, policy.Rules{}, Options{}, ProxyOptions{Transport: NewTransport(300 * time.Millisecond)}, test.upstream)
		res := s.send(t, get, appHost)
		mustBeGuarded(t, test.name, res.Header)
		if got := reasonOf(t, res); res.StatusCode != test.status || got != test.reason {
			t.Errorf("%s: got %d %s", test.name, res.StatusCode, got)
		}
		if s.guard.metrics.Count(test.reason, Enforce) != 1 {
			t.Errorf("%s: not counted", test.name)
		}
	}
}

func TestAnUpstreamThatBreaksOffBreaksOffTheAnswer(t *testing.T) {
	s := inFrontOf(t, true, policy.Rules{}, Options{}, ProxyOptions{}, rawUpstream(t, func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"+strings.Repeat("half", 10000))
	}))
	res := s.send(t, get, appHost)
	mustBeGuarded(t, "cut", res.Header)
	if body, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("the answer looks whole: %d bytes", len(body))
	}
}

// A server that fails hangs up on whatever comes next over that connection, and has
// not said so. What comes next is somebody's form.
func TestNoFormIsSentToAServerThatIsAboutToHangUp(t *testing.T) {
	for name, failure := range map[string]string{
		"with a body":    "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\n\r\nsorry",
		"without a body": "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
		"in chunks":      "HTTP/1.1 500 Internal Server Error\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsorry\r\n0\r\n\r\n",
	} {
		upstream := rawUpstream(t, func(c net.Conn) {
			io.WriteString(c, failure)
			http.ReadRequest(bufio.NewReader(c)) // and no answer
		})
		s := inFrontOf(t, true, policy.Rules{}, Options{}, ProxyOptions{}, upstream)
		for range 3 {
			if res := s.send(t, "POST / HTTP/1.1", appHost, "Origin: https://app.example", "", "x=1"); res.StatusCode != 500 {
				t.Errorf("%s: got %d, want the application's own 500", name, res.StatusCode)
			}
		}
	}
}

func TestUpstreamsArePlainOrigins(t *testing.T) {
	g, err := New(policy.Rules{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"ftp://a", "http://", "a:80", "http://a/path", "http://a?x", "http://u:p@a"} {
		u, err := url.Parse(bad)
		if err != nil {
			continue
		}
		if _, err := g.Proxy(u, ProxyOptions{}); err == nil || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// rawUpstream answers each connection by hand after reading a request.
func rawUpstream(t testing.TB, answer func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					answer(c)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func closedPort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return "http://" + l.Addr().String()
}
