package browser

import (
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"

	"github.com/mantlet-dev/mantlet/policy"
)

// A Frame is a document in the page.
type Frame struct {
	ID  string // the browser's name for the frame: Request.Frame
	URL string // of the document asked for
	// Origin is that of what is shown, "null" if opaque, "" if nothing of URL is.
	Origin string
	// Blocked is set when the browser refused to show URL in the frame: by the
	// response's framing rules or by those of the page. A failure of the network is
	// not a refusal. Why tells of both: the error and the headers that explain it.
	Blocked bool
	Why     string
}

// frames are the documents of a page, in the order in which they appeared.
type frames struct {
	order []cdp.FrameID
	shown map[cdp.FrameID]*cdp.Frame // nil: attached and nothing committed yet
	gone  map[cdp.FrameID]bool
}

func newFrames(top cdp.FrameID) frames {
	f := frames{shown: map[cdp.FrameID]*cdp.Frame{}, gone: map[cdp.FrameID]bool{}}
	f.attached(top)
	return f
}

func (f *frames) attached(id cdp.FrameID) {
	if _, known := f.shown[id]; !known {
		f.order = append(f.order, id)
		f.shown[id] = nil
	}
	delete(f.gone, id)
}

// moved says that a frame lives in another process from now on.
func (f *frames) moved(id cdp.FrameID) { f.attached(id) }

func (f *frames) shows(frame *cdp.Frame) {
	f.attached(frame.ID)
	f.shown[frame.ID] = frame
}

func (f *frames) removed(id cdp.FrameID) { f.gone[id] = true }

// Frames lists the page, first, and the frames in it as they stand. A frame that
// was removed stays in the list only if it was blocked: a refused object element
// leaves nothing else behind.
func (p *Page) Frames() []Frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Frame
	for _, id := range p.frames.order {
		f := Frame{ID: string(id)}
		if doc := p.frames.shown[id]; doc != nil {
			f.URL, f.Origin = doc.URL, originOf(doc)
			if doc.UnreachableURL != "" {
				f.URL, f.Origin = doc.UnreachableURL, ""
			}
		}
		if r := p.traffic.document(id); r != nil && r.Failure != "" && r.Failure != "net::ERR_ABORTED" {
			f.URL, f.Origin, f.Why = r.URL, "", why(*r)
			f.Blocked = r.Blocked != "" || strings.HasPrefix(r.Failure, "net::ERR_BLOCKED_BY_")
		}
		if !p.frames.gone[id] || f.Blocked {
			out = append(out, f)
		}
	}
	return out
}

// document is the latest request for the document of a frame.
func (t *traffic) document(id cdp.FrameID) *Request {
	for _, r := range slices.Backward(t.all) {
		if r.Frame == string(id) && r.Kind == string(network.ResourceTypeDocument) {
			return r
		}
	}
	return nil
}

func originOf(doc *cdp.Frame) string {
	if o, err := policy.OriginOfURL(doc.SecurityOrigin); err == nil {
		return o.String()
	}
	return policy.Opaque.String()
}

// why puts a failure into words that are the same in every run: the error and
// the headers a browser heeds when it shows a document in a frame.
func why(r Request) string {
	text := r.Failure
	if r.Blocked != "" && r.Blocked != "other" {
		text += " (" + r.Blocked + ")"
	}
	for _, h := range r.Response {
		switch strings.ToLower(h.Name) {
		case "x-frame-options", "content-security-policy", "cross-origin-resource-policy":
			text += "; " + h.Name + ": " + h.Value
		}
	}
	return text
}
