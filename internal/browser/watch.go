package browser

import (
	"context"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
)

// A Watch sees what a person does in the windows of a browser: the requests and the
// sockets of every tab, of those that pages open, and of the frames and workers in them.
// It holds nothing back and answers no dialog. It is safe for concurrent use.
type Watch struct {
	browser *Browser

	mu      sync.Mutex
	tabs    map[target.SessionID]bool
	first   chan *session // gets the first tab
	traffic traffic
	answers map[string]string // JSON answers to POSTs, by the id of the request
}

// Watch begins to watch, and opens url in the browser's first window.
func (b *Browser) Watch(ctx context.Context, url string) (*Watch, error) {
	w := &Watch{browser: b, tabs: map[target.SessionID]bool{}, first: make(chan *session, 1), traffic: newTraffic(""), answers: map[string]string{}}
	root := b.wire.session("", nil, w.on)
	// Tabs wait until we listen, so that no first request is missed.
	if _, err := call(ctx, root, target.SetAutoAttach, target.SetAutoAttachParams{AutoAttach: true, WaitForDebuggerOnStart: true, Flatten: ptr(true)}); err != nil {
		return nil, err
	}
	var tab *session
	select {
	case tab = <-w.first:
	case <-b.wire.lost:
		return nil, errGone
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	got, err := call(ctx, tab, page.Navigate, page.NavigateParams{URL: url})
	if err != nil {
		return nil, err
	}
	switch got.ErrorText {
	case "", "net::ERR_HTTP_RESPONSE_CODE_FAILURE", aborted: // the last: somebody was quick to go elsewhere
	default:
		return nil, &NavigationError{URL: url, Text: got.ErrorText}
	}
	return w, nil
}

// Open says whether a tab is open.
func (w *Watch) Open() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.tabs) > 0 && !w.browser.Ended()
}

// Requests are all requests so far, in order.
func (w *Watch) Requests() []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.traffic.requests()
}

// Sockets are all web sockets so far, in order.
func (w *Watch) Sockets() []Socket {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.traffic.opened()
}

// Answer is the JSON text that a POST was answered with, "" if it was not kept.
func (w *Watch) Answer(r Request) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.answers[r.ID]
}

// on takes the events of the browser, its tabs and what runs inside them.
func (w *Watch) on(s *session, ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch ev := ev.(type) {
	case *target.EventAttachedToTarget:
		w.adopt(s, ev)
	case *target.EventDetachedFromTarget:
		delete(w.tabs, ev.SessionID)
	case *network.EventLoadingFinished:
		w.traffic.note(ev)
		if r := w.traffic.exchange(ev.RequestID).last(); r != nil && r.Method == "POST" && mayHoldToken(r) {
			go w.fetchAnswer(s, ev.RequestID) // the reader of the wire must not send
		}
	default:
		w.traffic.note(ev)
	}
}

func (w *Watch) adopt(parent *session, ev *target.EventAttachedToTarget) {
	tab := ev.TargetInfo.Type == "page"
	if parent.id == "" {
		parent = nil // the browser itself is always there
	}
	s := w.browser.wire.session(ev.SessionID, parent, w.on)
	if tab {
		w.tabs[ev.SessionID] = true
	}
	go func() {
		listen(s)
		_ = send(s, runtime.RunIfWaitingForDebugger, cdp.Empty{})
		if tab {
			select {
			case w.first <- s:
			default:
			}
		}
	}()
}

// mayHoldToken says whether an answer may be where a login hands out a bearer token.
func mayHoldToken(r *Request) bool {
	return r.Status < 400 && strings.Contains(r.ResponseHeader("Content-Type"), "json")
}

func (w *Watch) fetchAnswer(s *session, id network.RequestID) {
	sendThen(s, network.GetResponseBody, network.GetResponseBodyParams{RequestID: id}, func(got network.GetResponseBodyResult) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.answers[string(id)] = string(got.Body)
	})
}
