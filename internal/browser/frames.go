package browser

import (
	"context"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"

	"github.com/mantlet-dev/mantlet/policy"
)

// A Frame is a document in the page, or one that was to be there.
type Frame struct {
	ID  string // the browser's name for the frame: Request.Frame
	URL string // of the document asked for
	// Origin is that of URL once its document is shown, "" while and if it is not.
	// (A sandboxed document is opaque to others all the same.)
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
		if f, _ := p.frame(id); !p.frames.gone[id] || f.Blocked {
			out = append(out, f)
		}
	}
	return out
}

// WaitFrame returns the frame, or the page, that asked for the document at url once
// the browser has shown it or has failed to.
func (p *Page) WaitFrame(ctx context.Context, url string) (Frame, error) {
	var found Frame
	err := p.wait(ctx, func() bool {
		for _, id := range p.frames.order {
			f, decided := p.frame(id)
			if decided && p.traffic.askedBy(id, url) {
				found = f
				return true
			}
		}
		return false
	})
	return found, err
}

// frame is how things stand in one frame, and whether its latest navigation has
// come to an end. The page must be locked.
func (p *Page) frame(id cdp.FrameID) (f Frame, decided bool) {
	f.ID = string(id)
	doc, r := p.frames.shown[id], p.traffic.document(id)
	switch {
	case r != nil && r.Failure != "" && r.Failure != aborted:
		f.URL, f.Why = r.URL, why(*r)
		f.Blocked = r.Blocked != "" || strings.HasPrefix(r.Failure, "net::ERR_BLOCKED_BY_")
		return f, true
	case doc != nil && doc.UnreachableURL != "" && r == nil:
		f.URL, f.Blocked, f.Why = doc.UnreachableURL, true, "not even asked for: the page's own rules forbid it"
		return f, true
	case r != nil && r.Failure == "" && (doc == nil || string(doc.LoaderID) != r.ID):
		f.URL = r.URL // under way: the answer is not there or not shown yet
		return f, false
	case doc == nil:
		return f, false
	}
	f.URL, f.Origin = doc.URL, originOf(doc)
	return f, true
}

// aborted is the error of navigations that leave the frame as it was: a download,
// an answer without content, a newer navigation.
const aborted = "net::ERR_ABORTED"

// framesDecided says whether no frame is still loading. The page must be locked.
func (p *Page) framesDecided() bool {
	for _, id := range p.frames.order {
		if _, decided := p.frame(id); !decided && !p.frames.gone[id] && p.traffic.document(id) != nil {
			return false
		}
	}
	return true
}

func (t *traffic) askedBy(id cdp.FrameID, url string) bool {
	return slices.ContainsFunc(t.all, func(r *Request) bool {
		return r.Frame == string(id) && r.URL == url && r.Kind == string(network.ResourceTypeDocument)
	})
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
