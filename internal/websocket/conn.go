package websocket

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// ErrClosed is how reading ends when the server has said goodbye.
var ErrClosed = errors.New("the other side closed the socket")

// Ask adds to a GET what makes it a handshake (RFC 6455, section 4.1). Origin,
// cookies and a subprotocol are the caller's.
func Ask(header http.Header) {
	key := make([]byte, 16)
	rand.Read(key) // never fails
	header.Set("Connection", "Upgrade")
	header.Set("Upgrade", "websocket")
	header.Set("Sec-Websocket-Version", "13")
	header.Set("Sec-Websocket-Key", base64.StdEncoding.EncodeToString(key))
}

// Accepted says whether an answer to that handshake opens the socket; nil if so.
func Accepted(asked http.Header, status int, answer http.Header) error {
	if status != http.StatusSwitchingProtocols {
		return fmt.Errorf("the handshake was answered with %d", status)
	}
	if got := strings.TrimSpace(answer.Get("Sec-Websocket-Accept")); got != acceptance(asked.Get("Sec-Websocket-Key")) {
		return fmt.Errorf("%w: Sec-WebSocket-Accept does not belong to the key", errProtocol)
	}
	return nil
}

// A Conn is an open socket.
type Conn struct {
	stream   io.ReadWriteCloser
	incoming chan string
	done     chan struct{}
	end      error // why reading ended; set before incoming is closed
	server   bool
}

// Over talks as the client over a stream on which a handshake was accepted. The
// Conn owns the stream; Close closes it.
func Over(stream io.ReadWriteCloser) *Conn { return over(stream, stream, false) }

func over(stream io.ReadWriteCloser, from io.Reader, server bool) *Conn {
	c := &Conn{stream: stream, incoming: make(chan string, 64), done: make(chan struct{}), server: server}
	go c.receive(bufio.NewReader(from))
	return c
}

// Serve accepts a handshake and talks as the server. It asks nobody where the
// handshake comes from: that is for the caller to do first, or to leave out.
func Serve(w http.ResponseWriter, r *http.Request) (*Conn, error) {
	key := r.Header.Get("Sec-Websocket-Key")
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") || key == "" {
		http.Error(w, "this is a WebSocket", http.StatusUpgradeRequired)
		return nil, fmt.Errorf("%w: no handshake", errProtocol)
	}
	stream, both, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	if err := stream.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	_, err = io.WriteString(stream, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "+acceptance(key)+"\r\n\r\n")
	if err != nil {
		stream.Close()
		return nil, err
	}
	return over(stream, both, true), nil
}

// acceptance is the answer to a key (RFC 6455, section 4.2.2).
func acceptance(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Read returns the next message of the other side, text or binary, as text.
func (c *Conn) Read(ctx context.Context) (string, error) {
	select {
	case m, ok := <-c.incoming:
		if !ok {
			return "", c.end
		}
		return m, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Write sends one text message.
func (c *Conn) Write(message string) error {
	_, err := c.stream.Write(appendFrame(nil, opText, []byte(message), !c.server))
	return err
}

// Close says goodbye, as far as the server listens, and closes the stream. It may
// be called once.
func (c *Conn) Close() error {
	close(c.done)
	_, _ = c.stream.Write(appendFrame(nil, opClose, []byte{0x03, 0xe8}, !c.server)) // 1000, normal closure
	return c.stream.Close()
}

func (c *Conn) receive(r io.Reader) {
	defer close(c.incoming)
	for {
		message, err := c.next(r)
		if err != nil {
			c.end = err
			return
		}
		select {
		case c.incoming <- message:
		case <-c.done:
			c.end = ErrClosed
			return
		}
	}
}

// next reads up to the end of a message and answers pings on the way.
func (c *Conn) next(r io.Reader) (string, error) {
	var parts []byte
	begun := false
	for {
		f, err := readFrame(r, c.server)
		if err != nil {
			return "", err
		}
		switch {
		case f.op == opClose:
			return "", ErrClosed
		case f.op == opPing:
			if _, err := c.stream.Write(appendFrame(nil, opPong, f.data, !c.server)); err != nil {
				return "", err
			}
			continue
		case f.op == opPong:
			continue
		case begun != (f.op == opContinuation):
			return "", fmt.Errorf("%w: a message begins inside another, or goes on without a beginning", errProtocol)
		}
		begun = true
		if parts = append(parts, f.data...); len(parts) > largestMessage {
			return "", fmt.Errorf("a message of more than %d bytes is not read", largestMessage)
		}
		if f.final {
			return text(parts), nil
		}
	}
}
