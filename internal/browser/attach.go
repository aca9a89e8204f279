package browser

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
)

// Bounds on what the browser keeps for us of one tab's traffic.
const (
	mostPosted   = 1 << 20
	mostBuffered = 4 << 20
)

// prepare makes a fresh tab report what the Page wants to know.
func (p *Page) prepare(ctx context.Context) error {
	_ = send(p.session, inspector.Enable, cdp.Empty{})
	_ = send(p.session, page.SetLifecycleEventsEnabled, page.SetLifecycleEventsEnabledParams{Enabled: true})
	_ = send(p.session, emulation.SetDeviceMetricsOverride, metrics(1280, 800))
	listen(p.session)
	// The last answer says that all were carried out.
	_, err := call(ctx, p.session, page.Enable, page.EnableParams{})
	return err
}

// listen makes a target report its traffic, and hold its frames and workers of
// other processes until we listen to them too: so no first request is missed.
func listen(s *session) {
	_ = send(s, network.Enable, network.EnableParams{
		MaxPostDataSize: ptr(int64(mostPosted)), MaxTotalBufferSize: ptr(int64(mostBuffered)), MaxResourceBufferSize: ptr(int64(mostPosted)),
	})
	_ = send(s, target.SetAutoAttach, target.SetAutoAttachParams{AutoAttach: true, WaitForDebuggerOnStart: true, Flatten: ptr(true)})
}

// adopt listens to a frame or worker that runs in a process of its own, and lets
// it go on.
func (p *Page) adopt(parent *session, ev *target.EventAttachedToTarget) {
	s := p.session.wire.session(ev.SessionID, parent, p.on)
	frame, reads := ev.TargetInfo.Type == "iframe", p.reads
	if frame {
		p.frames.moved(cdp.FrameID(ev.TargetInfo.TargetID))
	}
	go func() { // the reader of the wire must not send
		listen(s)
		if reads {
			_ = send(s, fetch.Enable, fetch.EnableParams{})
		}
		if !frame {
			_ = send(s, runtime.RunIfWaitingForDebugger, cdp.Empty{})
			return
		}
		_ = send(s, page.Enable, page.EnableParams{})
		// What was committed before we listened is in the tree.
		sendThen(s, page.GetFrameTree, cdp.Empty{}, func(got page.GetFrameTreeResult) {
			if got.FrameTree != nil {
				p.update(func() { p.frames.shows(got.FrameTree.Frame) })
			}
		})
		_ = send(s, runtime.RunIfWaitingForDebugger, cdp.Empty{})
	}()
}

// on takes every event of the tab and of what runs inside it.
func (p *Page) on(s *session, ev any) {
	switch ev := ev.(type) {
	case *target.EventAttachedToTarget:
		p.update(func() { p.adopt(s, ev) })
	case *page.EventJavascriptDialogOpening:
		p.answer(s, ev)
	case *fetch.EventRequestPaused:
		go decide(s, ev) // the reader of the wire must not send
	case *inspector.EventTargetCrashed:
		s.wire.detach(s.id)
	default:
		p.update(func() { p.note(s, ev) })
	}
}

func (p *Page) note(s *session, ev any) {
	switch ev := ev.(type) {
	case *page.EventLifecycleEvent:
		if s == p.session && ev.Name == "load" {
			p.loaded[ev.LoaderID] = true
		}
	case *page.EventFrameNavigated:
		if ev.Frame.ParentID == "" && s == p.session {
			p.loader = ev.Frame.LoaderID
		}
		p.frames.shows(ev.Frame)
	case *page.EventFrameAttached:
		p.frames.attached(ev.FrameID)
	case *page.EventFrameDetached:
		if ev.Reason == page.FrameDetachedReasonRemove {
			p.frames.removed(ev.FrameID)
		}
	default:
		p.traffic.note(ev)
	}
}

// update changes the page's knowledge and wakes those who wait for it.
func (p *Page) update(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	close(p.changed)
	p.changed = make(chan struct{})
}

// answer closes a dialog, which would hold up the page for ever. Leaving a page
// is always agreed to.
func (p *Page) answer(s *session, ev *page.EventJavascriptDialogOpening) {
	var accept bool
	p.update(func() {
		p.dialogs = append(p.dialogs, ev.Message)
		accept = p.accept || ev.Type == page.DialogTypeBeforeunload
	})
	go func() {
		_ = send(s, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: accept})
	}()
}
