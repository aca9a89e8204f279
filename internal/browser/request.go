package browser

import "strings"

// A Request is one request that a page or a frame in it made, as far as it has
// got: a snapshot that does not change. A redirect is a request of its own.
type Request struct {
	// ID is the browser's name for the request; the hops of a redirect share it.
	ID     string
	Method string
	URL    string // without fragment
	// Kind is what the response is for: Document, Script, Fetch, XHR, Image, Ping …
	Kind string
	// Document is the URL of the document that asked, or for Kind Document the URL
	// that is loading. Frame is the browser's name for the frame; Top says whether
	// it is the page itself.
	Document string
	Frame    string
	Top      bool
	// Gesture is set when a user's click or key led to the request.
	Gesture bool
	// Headers are those of the request as it went over the wire, Cookie included,
	// sorted by name. They are provisional and lack Cookie while Sent is false.
	Headers []Header
	// Sent is set once the network stack has said what it really sent.
	Sent bool
	// Body is what was posted, as far as the browser keeps it; nil if nothing was.
	Body []byte
	// Withheld lists the cookies that exist for URL and were not sent, with
	// Chromium's reasons ("SameSiteLax", "ThirdPartyPhaseout" …).
	Withheld []Withheld
	// Status is 0 until a response has come.
	Status int
	// Response holds the response's header lines in the order they came.
	Response []Header
	// Refused lists the Set-Cookie lines of the response that were not stored.
	Refused []Withheld
	// Failure is Chromium's error text ("net::ERR_BLOCKED_BY_RESPONSE"), "" while
	// the request runs and if it ended well. Blocked is its reason for blocking
	// where it gives one ("csp", "mixed-content", "other" …).
	Failure string
	Blocked string
	// Done is set when the request has ended, well or not.
	Done bool
}

// A Header is one header line.
type Header struct{ Name, Value string }

// Withheld is a cookie the browser did not send or did not store.
type Withheld struct {
	Cookie  string // its name, or the Set-Cookie line if it could not be parsed
	Reasons []string
}

// Header is the value of the named request header, "" if there is none; several
// lines are joined with ", ". Case of name does not matter.
func (r Request) Header(name string) string { return joined(r.Headers, name) }

// ResponseHeader is Header for the response.
func (r Request) ResponseHeader(name string) string { return joined(r.Response, name) }

func joined(h []Header, name string) string {
	var v []string
	for _, l := range h {
		if strings.EqualFold(l.Name, name) {
			v = append(v, l.Value)
		}
	}
	return strings.Join(v, ", ")
}
