package policy_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// A witnessServer answers with bytes and not with an HTTP library, which would
// mend what some of the recorded responses are about. It speaks TLS and plain HTTP
// on one port and is every host there is.
type witnessServer struct {
	socket net.Listener
	tls    *tls.Config

	mu    sync.Mutex
	paths map[string][]byte // whole responses
	heard chan string       // the cookies of requests for targetPath
}

// targetPath is where the requests of cookie rows go.
const targetPath = "/x"

func newWitnessServer(t *testing.T) *witnessServer {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	certified := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	certified.Close()
	s := &witnessServer{
		socket: socket, paths: map[string][]byte{}, heard: make(chan string, 64),
		tls: &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12},
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			c, err := socket.Accept()
			if err != nil {
				return
			}
			open.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = socket.Close()
		open.Wait()
	})
	return s
}

func (s *witnessServer) addr() string { return s.socket.Addr().String() }

func (s *witnessServer) serve(c net.Conn) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReader(c)
	if first, err := r.Peek(1); err == nil && first[0] == 22 { // a TLS handshake record
		c = tls.Server(&readAhead{c, r}, s.tls)
		r = bufio.NewReader(c)
	}
	request, err := http.ReadRequest(r)
	if err != nil {
		return // a connection opened ahead of need, or the browser gave up
	}
	if request.URL.Path == targetPath {
		select {
		case s.heard <- request.Header.Get("Cookie"):
		default: // nobody asks any more
		}
	}
	s.mu.Lock()
	answer, ok := s.paths[request.URL.Path]
	s.mu.Unlock()
	if !ok {
		answer = []byte("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	}
	_, _ = c.Write(answer)
	if secure, ok := c.(*tls.Conn); ok {
		_ = secure.CloseWrite()
	}
}

type readAhead struct {
	net.Conn
	r *bufio.Reader
}

func (c *readAhead) Read(p []byte) (int, error) { return c.r.Read(p) }

// publish makes the pages that frame the rows' targets below their ancestors, and
// returns the address of the outermost.
func (s *witnessServer) publish(rows []witnessRow) string {
	var inner strings.Builder
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rows {
		fmt.Fprintf(&inner, `<iframe src="%s"></iframe>`, html.EscapeString(r.address()))
		s.paths["/t/"+r.ID] = response(r.Status, wire(r.Headers), "<html><head>"+r.Head+"</head><body>"+r.ID+"</body></html>")
	}
	var url string
	for level, origin := range rows[0].Ancestors {
		path := fmt.Sprintf("/a/%s/%d", rows[0].ID, level)
		s.paths[path] = response(0, []string{"Content-Type: text/html"}, "<html><body>"+inner.String()+"</body></html>")
		url = origin + path
		inner.Reset()
		fmt.Fprintf(&inner, `<iframe src="%s" width=800 height=600></iframe>`, html.EscapeString(url))
	}
	return url
}

func response(status int, lines []string, body string) []byte {
	if status == 0 {
		status = http.StatusOK
	}
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	for _, l := range lines {
		b.WriteString(l + "\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\nConnection: close\r\n\r\n%s", len(body), body)
	return []byte(b.String())
}
