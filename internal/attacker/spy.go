package attacker

import (
	"net/http"
)

// A Spy is a page that reads what is the victim's, as soon as it is open: an answer,
// what a WebSocket says, or what comes back for a message to another window. It
// shows what it got and hands it to the site.
type Spy struct {
	// Read is the address of an answer to read with the victim's cookies.
	Read string
	// Socket is the address of a WebSocket to open.
	Socket string
	// Window is a page to open in a frame, or in a window of its own, which takes a
	// click on Button.
	Window string
	Framed bool
	// Say are the messages to send to a socket, or to post to a window as JSON.
	Say []string
	// Expect is how many messages of a socket to wait for, at least, before it is
	// left; it is left in any case after a few seconds.
	Expect int
	// Sandboxed gives the page an opaque origin.
	Sandboxed bool
}

// Button is the selector of what a victim clicks to have a window opened.
const Button = "#go"

// A Haul is what a Spy got, as it hands it to the site.
type Haul struct {
	// Opened says whether the answer could be read, the socket was open, or the
	// window was there.
	Opened bool `json:"opened"`
	Status int  `json:"status"` // of an answer
	// Got are the answer's text, or messages, in order.
	Got []string `json:"got"`
	// Error is the browser's word for what went wrong.
	Error string `json:"error"`
}

// Document is the page as the site serves it.
func (s Spy) Document() Document {
	d := Document{HTML: s.html(true)}
	if s.Sandboxed {
		d.Header = http.Header{"Content-Security-Policy": {"sandbox allow-scripts allow-forms allow-popups"}}
	}
	return d
}

// Proof is the attack as one file that any web server can serve to a browser in
// which the victim is logged in. It waits for a press of a button and reports to
// nobody.
func (s Spy) Proof() string { return s.html(false) }

func (s Spy) html(report bool) string {
	if s.Say == nil {
		s.Say = []string{}
	}
	what, address := "read the answer of", s.Read
	switch {
	case s.Socket != "":
		what, address = "open the WebSocket", s.Socket
	case s.Window != "":
		what, address = "send messages to", s.Window
	}
	return render("spy.tmpl", map[string]any{
		"Plan": map[string]any{
			"read": s.Read, "socket": s.Socket, "window": s.Window, "framed": s.Framed, "say": s.Say, "expect": s.Expect,
			"report": report, "sandboxed": s.Sandboxed && !report,
		},
		"Standalone": !report, "What": what, "Address": address, "Waits": !report || s.Window != "" && !s.Framed,
	})
}
