package browser

import (
	"context"
	"errors"
	"strings"
)

var errNotYet = errors.New("browser: not built yet")

func joined(h []Header, name string) string {
	var v []string
	for _, l := range h {
		if strings.EqualFold(l.Name, name) {
			v = append(v, l.Value)
		}
	}
	return strings.Join(v, ", ")
}

// A Page is one tab. Its methods are safe for concurrent use.
type Page struct{}

// Goto loads url and waits for its load event, at most as long as Open does.
func (p *Page) Goto(ctx context.Context, url string) error { return errNotYet }

// Screenshot is what the user sees, as PNG. It also is a barrier: when it
// returns, everything loaded so far has been laid out and takes clicks.
func (p *Page) Screenshot(ctx context.Context) ([]byte, error) { return nil, errNotYet }

// Click moves the mouse to a point of the viewport and presses and releases its
// left button there. The page decides, as for a user, which frame gets the click.
func (p *Page) Click(ctx context.Context, x, y float64) error { return errNotYet }

// Eval runs script in the top document and decodes its value, awaited if it is a
// promise, into out; a nil out discards it.
func (p *Page) Eval(ctx context.Context, script string, out any) error { return errNotYet }

// HTML is the document as it stands now, scripts' changes included.
func (p *Page) HTML(ctx context.Context) (string, error) { return "", errNotYet }

// Fill gives the first element that selector matches a value, as typing would.
func (p *Page) Fill(ctx context.Context, selector, value string) error { return errNotYet }

// Rect is a box in CSS pixels. X and Y count from the top left of the document.
type Rect struct{ X, Y, Width, Height float64 }

// Rect is where the first visible element that selector matches stands, and false
// if none is there to be clicked.
func (p *Page) Rect(ctx context.Context, selector string) (Rect, bool, error) {
	return Rect{}, false, errNotYet
}

// Size is how large the whole document is, in CSS pixels.
func (p *Page) Size(ctx context.Context) (width, height int, err error) { return 0, 0, errNotYet }

// SetViewport sets the size of the visible part, in CSS pixels.
func (p *Page) SetViewport(ctx context.Context, width, height int) error { return errNotYet }

// Requests is everything the page and its frames asked for so far, in order.
func (p *Page) Requests() []Request { return nil }

// WaitRequest returns the first request, made already or still to come, for which
// match is true. match is asked again whenever something about a request changes,
// and must not call the Page.
func (p *Page) WaitRequest(ctx context.Context, match func(Request) bool) (Request, error) {
	return Request{}, errNotYet
}

// Sockets lists the URLs of the web sockets the page opened.
func (p *Page) Sockets() []string { return nil }

// A Frame is a document in the page. The page itself is the first.
type Frame struct {
	URL    string // of the document asked for
	Origin string // of what is shown; "null" for an opaque one, "" if blocked
	// Blocked is set when the browser refused to show URL in the frame; Why is its
	// own message, or the error and the headers that explain it.
	Blocked bool
	Why     string
}

// Frames lists the page and its frames as they stand.
func (p *Page) Frames() []Frame { return nil }

// Close closes the tab. Closing the Context does it too.
func (p *Page) Close() {}
