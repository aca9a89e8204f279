package gate

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/policy"
)

// before starts a gate that puts tokens into pages, in front of what answers each
// connection by hand once it has read a request's head.
func before(t *testing.T, answer func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					answer(conn)
				}
			}()
		}
	}()
	return inFrontOf(t, l.Addr().String())
}

func inFrontOf(t *testing.T, upstream string) (addr string) {
	t.Helper()
	c := Config{Upstream: &url.URL{Scheme: "http", Host: upstream}, Inject: true, Answer: time.Second, Options: guard.Options{SessionCookies: []string{"sid"}}}
	h, err := Build(c, new(Counter))
	if err != nil {
		t.Fatal(err)
	}
	return listen(t, h, nil, c.Limits)
}

const askForPage = "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nCookie: sid=1\r\n\r\n"

func TestUpstreamsThatFailWherePagesAreRewritten(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for _, test := range []struct {
		name, addr string
		status     int
		reason     policy.Reason
	}{
		{"down", inFrontOf(t, closed.Addr().String()), 502, policy.UpstreamUnreachable},
		{"slow", before(t, func(c net.Conn) { c.Read(make([]byte, 1)) }), 504, policy.UpstreamTimeout}, // until the gate gives up
		{"hangs up", before(t, func(net.Conn) {}), 502, policy.UpstreamUnreachable},
		{"cut in its head", before(t, func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/h") }), 502, policy.UpstreamUnreachable},
	} {
		res := send(t, dial(t, test.addr), askForPage)
		mustBeGuarded(t, test.name, res)
		if body, err := io.ReadAll(res.Body); res.StatusCode != test.status || err != nil || !strings.Contains(string(body), string(test.reason)) {
			t.Errorf("%s: got %d %s %v", test.name, res.StatusCode, body, err)
		}
	}
}

// A page that is cut never looks whole.
func TestPagesCutInTheMiddle(t *testing.T) {
	long := strings.Repeat("<p>one</p>", 10_000) // enough for some of it to be under way already
	chunk := fmt.Sprintf("%x\r\n%s\r\n", len(long), long)
	for name, cut := range map[string]string{
		"in a tag":      "Content-Length: 1000000\r\n\r\n" + long + "<form method=post",
		"after a form":  "Content-Length: 1000000\r\n\r\n" + long + "<form method=post>",
		"in a chunk":    "Transfer-Encoding: chunked\r\n\r\n" + chunk + "ff\r\n<scr",
		"after a chunk": "Transfer-Encoding: chunked\r\n\r\n" + chunk,
	} {
		addr := before(t, func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"+cut) })
		res := send(t, dial(t, addr), askForPage)
		mustBeGuarded(t, name, res)
		body, err := io.ReadAll(res.Body)
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(long+"<form method=post", string(body)) && !strings.HasPrefix(string(body), long) {
			t.Errorf("%s: got %d bytes, %v", name, len(body), err)
		}
	}
}

// What has come of a page is handed on before the rest of it comes.
func TestASlowPageIsNotHeldBack(t *testing.T) {
	rest := make(chan bool)
	addr := before(t, func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<form method=post>\n")
		<-rest
		io.WriteString(c, "</form>")
	})
	res := send(t, dial(t, addr), askForPage)
	in := bufio.NewReader(res.Body)
	if line, err := in.ReadString('\n'); err != nil || !strings.Contains(line, `name="mantlet_token"`) {
		t.Fatalf("got %q, %v", line, err)
	}
	rest <- true
	if end, err := io.ReadAll(in); string(end) != "</form>" || err != nil {
		t.Errorf("got %q, %v", end, err)
	}
}

// An upload that ends early is no upload: the application must not take it for whole.
func TestAnUploadThatIsCutIsNotWhole(t *testing.T) {
	for name, head := range map[string]string{
		"with a length":   "Content-Type: application/octet-stream\r\nContent-Length: 100\r\n\r\nhalf",
		"in chunks":       "Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf",
		"a form":          "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na=b&mantlet_token=x&c",
		"a form in parts": "Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 100\r\n\r\n--B\r\nContent-Disposition: form-data; name=a\r\n\r\n",
	} {
		ended := make(chan error, 1)
		addr := open(t, Config{Inject: true}, nil, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err == nil {
				err = fmt.Errorf("whole: %q", body)
			} else {
				err = nil
			}
			ended <- err
		})
		conn := dial(t, addr)
		io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\n"+head)
		conn.(*net.TCPConn).CloseWrite()
		answer := make(chan string, 1)
		go func() {
			text, _ := io.ReadAll(conn)
			answer <- string(text)
		}()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("%s: the application has it as %v", name, err)
			}
		case text := <-answer: // refused before it reached the application
			if strings.Contains(text, " 200 OK") {
				t.Errorf("%s: got %s", name, text)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s: nothing comes of it", name)
		}
	}
}

// Clients that send half a form, or take nothing of what they asked for, are dropped,
// the application with them, and keep nobody else waiting.
func TestClientsThatStall(t *testing.T) {
	const clients = 100
	ended := make(chan bool, 2*clients)
	addr := open(t, Config{Inject: true, Limits: Limits{Stall: 500 * time.Millisecond}}, nil, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/endless":
			for block := make([]byte, 1<<16); ; {
				if _, err := w.Write(block); err != nil {
					break
				}
			}
			ended <- true
		case "/form":
			io.Copy(io.Discard, r.Body)
			ended <- true
		}
	})
	for range clients {
		io.WriteString(dial(t, addr), "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
		io.WriteString(dial(t, addr), "POST /form HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nhalf")
	}
	res := send(t, dial(t, addr), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	if mustBeGuarded(t, "beside them", res); res.StatusCode != 200 {
		t.Errorf("beside them: got %d", res.StatusCode)
	}
	for i := range 2 * clients {
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			t.Fatalf("%d of %d are still there", 2*clients-i, 2*clients)
		}
	}
}
