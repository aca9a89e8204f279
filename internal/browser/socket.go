package browser

import (
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/chromedp/cdproto/network"
)

// A Socket is a WebSocket that a page or a frame in it opened, as far as it has got.
type Socket struct {
	URL string
	// Status is that of the handshake's answer, 0 until it has come and if the
	// browser did not even ask.
	Status int
	// Headers are those of the handshake as it went over the wire, Cookie included.
	Headers []Header
	// Sent and Received are the text messages, in order; binary ones are left out.
	Sent, Received []string
	// Failure says what went wrong, "" if nothing did.
	Failure string
	Closed  bool

	id network.RequestID
}

// Header is the value of the named header of the handshake, "" if there is none.
func (s Socket) Header(name string) string { return joined(s.Headers, name) }

// Bounds on what is kept of the sockets of one page.
const (
	mostSockets  = 50
	mostMessages = 200
	longMessage  = 64 << 10
)

func (t *traffic) noteSocket(ev any) {
	switch ev := ev.(type) {
	case *network.EventWebSocketCreated:
		if len(t.sockets) < mostSockets {
			t.sockets = append(t.sockets, &Socket{URL: ev.URL, id: ev.RequestID})
		}
	case *network.EventWebSocketWillSendHandshakeRequest:
		t.socket(ev.RequestID, func(s *Socket) { s.Headers = headers(ev.Request.Headers) })
	case *network.EventWebSocketHandshakeResponseReceived:
		t.socket(ev.RequestID, func(s *Socket) {
			s.Status = int(ev.Response.Status)
			if len(ev.Response.RequestHeaders) > 0 {
				s.Headers = headers(ev.Response.RequestHeaders)
			}
		})
	case *network.EventWebSocketFrameSent:
		t.socket(ev.RequestID, func(s *Socket) { s.Sent = message(s.Sent, ev.Response) })
	case *network.EventWebSocketFrameReceived:
		t.socket(ev.RequestID, func(s *Socket) { s.Received = message(s.Received, ev.Response) })
	case *network.EventWebSocketFrameError:
		t.socket(ev.RequestID, func(s *Socket) { s.fail(ev.ErrorMessage) })
	case *network.EventWebSocketClosed:
		t.socket(ev.RequestID, func(s *Socket) { s.Closed = true })
	}
}

func (t *traffic) socket(id network.RequestID, change func(*Socket)) {
	for _, s := range t.sockets {
		if s.id == id {
			change(s)
		}
	}
}

// message adds a frame, if it is text (RFC 6455, section 11.8).
func message(list []string, f *network.WebSocketFrame) []string {
	const text = 1
	if f == nil || f.Opcode != text || len(list) >= mostMessages || len(f.PayloadData) > longMessage {
		return list
	}
	return append(list, payload(string(f.PayloadData)))
}

// payload takes back that Chromium tells of a message byte by byte, each byte as a
// character of its own.
func payload(told string) string {
	raw := make([]byte, 0, len(told))
	for _, r := range told {
		if r > 0xff {
			return told
		}
		raw = append(raw, byte(r))
	}
	if !utf8.Valid(raw) {
		return told
	}
	return string(raw)
}

var refusedWith = regexp.MustCompile(`Unexpected response code: (\d{3})`)

// fail notes why a handshake failed; of an answer that is no consent the browser
// tells in these words alone.
func (s *Socket) fail(why string) {
	s.Failure = why
	if m := refusedWith.FindStringSubmatch(why); m != nil && s.Status == 0 {
		s.Status, _ = strconv.Atoi(m[1]) // three digits
	}
}

// Sockets are the web sockets that the page and its frames opened so far, in order.
func (p *Page) Sockets() []Socket {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.traffic.opened()
}

func (t *traffic) opened() []Socket {
	var out []Socket
	for _, s := range t.sockets {
		shown := *s
		shown.Sent, shown.Received = append([]string(nil), s.Sent...), append([]string(nil), s.Received...)
		out = append(out, shown)
	}
	return out
}
