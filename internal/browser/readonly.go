package browser

import (
	"context"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
)

// readOnly makes the tab and what runs inside it send only requests that read:
// others are noted and fail. It is for looking, never for a proof: held requests are
// not what a browser would have sent.
func (p *Page) readOnly(ctx context.Context) error {
	p.update(func() { p.reads = true })
	_, err := call(ctx, p.session, fetch.Enable, fetch.EnableParams{})
	return err
}

// decide lets a held request go on if it only reads.
func decide(s *session, ev *fetch.EventRequestPaused) {
	switch ev.Request.Method {
	case "GET", "HEAD", "OPTIONS":
		_ = send(s, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID})
	default:
		_ = send(s, fetch.FailRequest, fetch.FailRequestParams{RequestID: ev.RequestID, ErrorReason: network.ErrorReasonBlockedByClient})
	}
}
