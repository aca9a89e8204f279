package websocket

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// The example of RFC 6455, section 1.3.
func TestAccepted(t *testing.T) {
	asked := http.Header{"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
	good := http.Header{"Sec-Websocket-Accept": {"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}}
	if err := Accepted(asked, 101, good); err != nil {
		t.Error(err)
	}
	if Accepted(asked, 403, good) == nil || Accepted(asked, 101, http.Header{}) == nil {
		t.Error("a refusal was taken for consent")
	}
	h := http.Header{}
	Ask(h)
	if h.Get("Upgrade") != "websocket" || len(h.Get("Sec-WebSocket-Key")) != 24 {
		t.Errorf("asked with %v", h)
	}
}

// serverFrame is a frame as a server writes it.
func serverFrame(first byte, data string) []byte {
	b := []byte{first}
	if len(data) < 126 {
		return append(append(b, byte(len(data))), data...)
	}
	return append(append(b, 126, byte(len(data)>>8), byte(len(data))), data...)
}

func TestMessagesAcrossFrames(t *testing.T) {
	near, far := net.Pipe()
	c := Over(near)
	long := strings.Repeat("x", 300)
	go func() {
		for _, f := range [][]byte{serverFrame(0x01, "Hel"), serverFrame(0x89, "ping"), serverFrame(0x80, "lo"),
			serverFrame(0x81, long), serverFrame(0x82, "\xff"), serverFrame(0x88, "\x03\xe8")} {
			far.Write(f)
		}
	}()
	pong := make([]byte, 10)
	go io.ReadFull(far, pong)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, want := range []string{"Hello", long, "\uFFFD"} {
		if got, err := c.Read(ctx); err != nil || got != want {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
	}
	if _, err := c.Read(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("after goodbye: %v", err)
	}
	if pong[0] != 0x8a {
		t.Errorf("a ping was answered with %x", pong)
	}
}

// Both sides understand each other over a real connection.
func TestServe(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Serve(w, r)
		if err != nil {
			return
		}
		defer c.Close()
		for {
			m, err := c.Read(r.Context())
			if err != nil || c.Write("you said "+m) != nil {
				return
			}
		}
	}))
	defer srv.Close()
	stream, err := net.Dial("tcp", strings.TrimPrefix(srv.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
	Ask(req.Header)
	if err := req.Write(stream); err != nil {
		t.Fatal(err)
	}
	// The answer is read byte by byte, so that nothing of the socket is read ahead.
	resp, err := http.ReadResponse(bufio.NewReaderSize(onebyte{stream}, 16), req)
	if err != nil {
		t.Fatal(err)
	}
	if err := Accepted(req.Header, resp.StatusCode, resp.Header); err != nil {
		t.Fatal(err)
	}
	c := Over(stream)
	defer c.Close()
	long := strings.Repeat("ä", 40000)
	for _, m := range []string{"hello", "", long} {
		if err := c.Write(m); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Read(t.Context()); err != nil || got != "you said "+m {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	}
	if resp, err := http.Get(srv.URL); err != nil || resp.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("no handshake: %v, %v", resp, err)
	}
}

type onebyte struct{ io.Reader }

func (o onebyte) Read(p []byte) (int, error) { return o.Reader.Read(p[:1]) }

func TestWhatAServerMustNotSend(t *testing.T) {
	for name, frames := range map[string]string{
		"masked": "\x81\x81aaaab", "reserved bits": "\xc1\x00", "unknown": "\x83\x00", "long control": "\x89\x7e\x00\x80",
		"continuation first": "\x80\x00", "begins twice": "\x01\x00\x01\x00", "too large": "\x82\x7f\x00\x00\x00\x00\x7f\xff\xff\xff",
	} {
		c := &Conn{stream: discard{}}
		if _, err := c.next(strings.NewReader(frames)); err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type discard struct{}

func (discard) Read([]byte) (int, error)    { return 0, io.EOF }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }

// What a client writes, unmasked again, is what was to be said; and nothing a
// server sends makes the reader panic or hold more than its bound.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("\x81\x05Hello"))
	f.Add([]byte("\x01\x03Hel\x80\x02lo"))
	f.Add([]byte("\x88\x02\x03\xe8"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &Conn{stream: discard{}}
		r := bytes.NewReader(data)
		for range 20 {
			m, err := c.next(r)
			if err != nil {
				break
			}
			if len(m) > 3*largestMessage {
				t.Fatal("a message beyond the bound")
			}
		}
		sent := appendFrame(nil, opText, data, true)
		head := 2
		switch sent[1] & 0x7f {
		case 126:
			head = 4
		case 127:
			head = 10
		}
		mask, body := sent[head:head+4], bytes.Clone(sent[head+4:])
		for i := range body {
			body[i] ^= mask[i%4]
		}
		if !bytes.Equal(body, data) {
			t.Fatal("what was masked is not what was to be sent")
		}
	})
}
