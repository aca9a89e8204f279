package scope

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

var quiet = log.New(io.Discard, "", 0)

// through is a client that sends everything through a proxy, as a browser does.
func through(t *testing.T, p *Proxy) *http.Client {
	t.Helper()
	u := &url.URL{Scheme: "http", Host: p.Addr()}
	tr := &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return u, nil }}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func startProxy(t *testing.T, g *Grant) *Proxy {
	t.Helper()
	p, err := g.Proxy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func read(t *testing.T, c *http.Client, rawURL string) (int, string) {
	t.Helper()
	resp, err := c.Get(rawURL)
	if err != nil {
		t.Fatalf("%s: %v", rawURL, err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

func TestTheProxyKeepsToTheScope(t *testing.T) {
	forbidden := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the forbidden server was contacted") }))
	defer forbidden.Close()
	g, base := serve(t, Claim{Exclude: []string{"/logout"}}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s from %s", r.Host, r.UserAgent())
	})
	p := startProxy(t, g)
	c := through(t, p)
	u, _ := url.Parse(base)
	if status, body := read(t, c, base+"/x"); status != 200 || !strings.HasPrefix(body, u.Host+" from Go") {
		t.Errorf("in scope: got %d %q", status, body)
	}
	if status, _ := read(t, c, forbidden.URL); status != http.StatusForbidden {
		t.Errorf("another server: got %d", status)
	}
	if status, _ := read(t, c, base+"/logout"); status != http.StatusForbidden {
		t.Errorf("an excluded path: got %d", status)
	}
	if conn, status := tunnel(t, p, strings.TrimPrefix(forbidden.URL, "http://")); status != 403 {
		conn.Close()
		t.Errorf("a tunnel to another server: got %d", status)
	}
	if conn, status := tunnel(t, p, "evil.example:443"); status != 403 {
		conn.Close()
		t.Errorf("a tunnel to another host: got %d", status)
	}
	if p.Refused() != 4 || len(p.RefusedHosts()) != 3 {
		t.Errorf("got %d refused at %v, want 4 at 3 places", p.Refused(), p.RefusedHosts())
	}
	if g.Requests() != 1 {
		t.Errorf("got %d requests counted, want 1", g.Requests())
	}
}

// tunnel asks for CONNECT and gives the connection and the status of the answer.
func tunnel(t *testing.T, p *Proxy, place string) (net.Conn, int) {
	t.Helper()
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", place, place)
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodConnect})
	if err != nil {
		t.Fatal(err)
	}
	return conn, resp.StatusCode
}

func TestMadeUpHostsLeadToLoopback(t *testing.T) {
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "evil as ", r.Host) }))
	defer evil.Close()
	g, base := serve(t, Claim{}, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "target") })
	p := startProxy(t, g)
	addr := strings.TrimPrefix(evil.URL, "http://")
	if err := p.Map("Attacker.test", addr); err != nil {
		t.Fatal(err)
	}
	c := through(t, p)
	for _, where := range []string{"http://attacker.test", "http://attacker.test:8443"} {
		if _, body := read(t, c, where+"/"); body != "evil as "+strings.TrimPrefix(where, "http://") {
			t.Errorf("%s: got %q", where, body)
		}
	}
	conn, status := tunnel(t, p, "attacker.test:443")
	if status != 200 {
		t.Fatalf("tunnel: got %d", status)
	}
	fmt.Fprint(conn, "GET / HTTP/1.0\r\nHost: inside\r\n\r\n")
	if answer, _ := io.ReadAll(conn); !strings.HasSuffix(string(answer), "evil as inside") {
		t.Errorf("tunnel: got %q", answer)
	}
	if g.Requests() != 0 {
		t.Errorf("our own pages count as %d requests to the target", g.Requests())
	}
	u, _ := url.Parse(base)
	for name, mapping := range map[string][2]string{
		"the target's host": {u.Hostname(), addr}, "the target's host and port": {u.Host, addr}, "an address elsewhere": {"x.test", "93.184.216.34:80"},
		"a name": {"x.test", "localhost:80"},
	} {
		if err := p.Map(mapping[0], mapping[1]); err == nil {
			t.Errorf("mapping %s: want an error", name)
		}
	}
	other := "127.0.0.1:" + strings.Split(addr, ":")[1]
	if err := p.Map(other, addr); err != nil {
		t.Errorf("mapping another port of the target's host: %v", err)
	}
}

// echoUpgrade answers an upgrade and sends back what it gets.
func echoUpgrade(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "websocket" {
		http.Error(w, "no upgrade", http.StatusBadRequest)
		return
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
	line, _ := rw.ReadString('\n')
	io.WriteString(conn, "echo "+line)
}

func TestSocketsPassThroughTheProxy(t *testing.T) {
	g, base := serve(t, Claim{}, echoUpgrade)
	p := startProxy(t, g)
	u, _ := url.Parse(base)
	upgrade := "HTTP/1.1\r\nHost: " + u.Host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
	absolute, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer absolute.Close()
	tunnelled, status := tunnel(t, p, u.Host)
	if status != 200 {
		t.Fatalf("tunnel: got %d", status)
	}
	for name, c := range map[string]struct {
		conn net.Conn
		head string
	}{
		"absolute form": {absolute, "GET " + base + "/ws " + upgrade},
		"tunnel":        {tunnelled, "GET /ws " + upgrade},
	} {
		io.WriteString(c.conn, c.head)
		r := bufio.NewReader(c.conn)
		resp, err := http.ReadResponse(r, nil)
		if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("%s: got %v, %v", name, resp, err)
		}
		io.WriteString(c.conn, "hello\n")
		if line, err := r.ReadString('\n'); line != "echo hello\n" {
			t.Errorf("%s: got %q, %v", name, line, err)
		}
	}
}

func TestClosingTheProxyCutsTunnels(t *testing.T) {
	g, base := serve(t, Claim{}, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	p := startProxy(t, g)
	conn, status := tunnel(t, p, strings.TrimPrefix(base, "http://"))
	if status != 200 {
		t.Fatalf("got %d", status)
	}
	p.Close()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the tunnel is still open")
	}
}

func TestTheProxyStopsWithTheBudget(t *testing.T) {
	g, base := serve(t, Claim{MaxRequests: 1}, func(http.ResponseWriter, *http.Request) {})
	c := through(t, startProxy(t, g))
	if status, _ := read(t, c, base); status != 200 {
		t.Errorf("first: got %d", status)
	}
	if status, body := read(t, c, base); status != 403 || !strings.Contains(body, "budget") {
		t.Errorf("second: got %d %q", status, body)
	}
}

func TestAProxyIsNoServer(t *testing.T) {
	g, _ := serve(t, Claim{}, func(http.ResponseWriter, *http.Request) {})
	p := startProxy(t, g)
	if status, _ := read(t, http.DefaultClient, "http://"+p.Addr()+"/"); status != http.StatusBadRequest {
		t.Errorf("got %d, want 400", status)
	}
}
