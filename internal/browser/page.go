package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
)

// A Page is one tab. Its methods are safe for concurrent use, but two of them that
// load or click at once get in each other's way as two users at one mouse would.
type Page struct {
	context *Context
	target  target.ID
	session *session

	mu      sync.Mutex
	changed chan struct{} // closed and replaced at every change of what follows
	loader  cdp.LoaderID  // of the document shown
	loaded  map[cdp.LoaderID]bool
	traffic traffic
	frames  frames
	accept  bool
	reads   bool // requests that do not only read fail
	dialogs []string

	once sync.Once
}

func newPage(c *Context, id target.ID) *Page {
	return &Page{
		context: c, target: id,
		changed: make(chan struct{}),
		loaded:  map[cdp.LoaderID]bool{},
		traffic: newTraffic(cdp.FrameID(id)),
		frames:  newFrames(cdp.FrameID(id)),
	}
}

// A NavigationError says that an address could not be loaded.
type NavigationError struct{ URL, Text string }

func (e *NavigationError) Error() string { return "open " + e.URL + ": " + e.Text }

// Goto loads url and waits for its load event, as Open does.
func (p *Page) Goto(ctx context.Context, url string) error {
	limit := p.context.browser.options.Patience
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	got, err := call(bounded, p.session, page.Navigate, page.NavigateParams{URL: url})
	if err != nil {
		return p.stop(ctx, &NavigationError{URL: url, Text: fmt.Sprintf("no answer in %s", limit)}, err)
	}
	// A response that has only a status gets the browser's own page, and is a page
	// all the same.
	if got.ErrorText != "" && got.ErrorText != "net::ERR_HTTP_RESPONSE_CODE_FAILURE" {
		return &NavigationError{URL: url, Text: got.ErrorText}
	}
	if got.LoaderID == "" { // only the fragment changed
		return nil
	}
	// The page may have moved on by script before its own load event.
	committed := false
	err = p.wait(bounded, func() bool {
		committed = committed || p.loader == got.LoaderID
		return p.loaded[got.LoaderID] || committed && p.loaded[p.loader]
	})
	if err != nil {
		return p.stop(ctx, nil, err)
	}
	// Frames of other processes tell us of themselves by ways of their own, which
	// may be a little behind the load event.
	behind, cancel := context.WithTimeout(bounded, time.Second)
	defer cancel()
	if err := p.wait(behind, p.framesDecided); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return ctx.Err()
}

// stop ends a load that takes too long; the result is late, unless the reason for
// stopping was not the time.
func (p *Page) stop(ctx context.Context, late, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, err := call(ctx, p.session, page.StopLoading, cdp.Empty{}); err != nil {
		return err
	}
	return late
}

// wait returns when cond, which is called with the page locked, holds.
func (p *Page) wait(ctx context.Context, cond func() bool) error {
	for {
		p.mu.Lock()
		ok, changed := cond(), p.changed
		p.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-p.session.gone:
			return errGone
		case <-p.session.wire.lost:
			return errors.New("the browser has ended")
		}
	}
}

// Screenshot is what the user sees, as PNG. It also is a barrier: when it
// returns, everything loaded so far has been laid out and takes clicks.
func (p *Page) Screenshot(ctx context.Context) ([]byte, error) {
	got, err := call(ctx, p.session, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatPng, OptimizeForSpeed: ptr(true),
	})
	return got.Data, err
}

// Click moves the mouse to a point of the viewport and presses and releases its
// left button there. The page decides, as for a user, which frame gets the click.
func (p *Page) Click(ctx context.Context, x, y float64) error {
	at := input.DispatchMouseEventParams{X: x, Y: y, Type: input.DispatchMouseEventTypeMouseMoved}
	down := at
	down.Type, down.Button, down.Buttons, down.ClickCount = input.DispatchMouseEventTypeMousePressed, input.MouseButtonLeft, 1, 1
	up := down
	up.Type, up.Buttons = input.DispatchMouseEventTypeMouseReleased, 0
	var sent []pending[cdp.Empty]
	for _, e := range []input.DispatchMouseEventParams{at, down, up} {
		sent = append(sent, send(p.session, input.DispatchMouseEvent, e))
	}
	for _, e := range sent {
		if _, err := e.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Eval runs script in the top document and decodes its value, awaited if it is a
// promise, into out; a nil out discards it.
func (p *Page) Eval(ctx context.Context, script string, out any) error {
	got, err := call(ctx, p.session, runtime.Evaluate, runtime.EvaluateParams{
		Expression: script, ReturnByValue: ptr(true), AwaitPromise: ptr(true),
	})
	if err != nil {
		return err
	}
	if got.ExceptionDetails != nil {
		text := got.ExceptionDetails.Text
		if e := got.ExceptionDetails.Exception; e != nil && e.Description != "" {
			text, _, _ = strings.Cut(e.Description, "\n")
		}
		return fmt.Errorf("script in the page: %s", text)
	}
	if out == nil || len(got.Result.Value) == 0 {
		return nil
	}
	if err := json.Unmarshal(got.Result.Value, out); err != nil {
		return fmt.Errorf("decode the script's value: %w", err)
	}
	return nil
}

// SetViewport sets the size of the visible part, in CSS pixels.
func (p *Page) SetViewport(ctx context.Context, width, height int) error {
	_, err := call(ctx, p.session, emulation.SetDeviceMetricsOverride, metrics(width, height))
	return err
}

func metrics(width, height int) emulation.SetDeviceMetricsOverrideParams {
	return emulation.SetDeviceMetricsOverrideParams{Width: int64(width), Height: int64(height), DeviceScaleFactor: 1}
}

// AcceptDialogs says whether the user agrees to the alerts and questions that
// scripts put up from now on. Without it they are dismissed.
func (p *Page) AcceptDialogs(accept bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accept = accept
}

// Dialogs lists the texts of the dialogs that came up.
func (p *Page) Dialogs() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.dialogs...)
}

// Close closes the tab. Closing the Context does it too.
func (p *Page) Close() {
	p.once.Do(func() {
		_, _ = call(context.Background(), p.session.wire.root, target.CloseTarget, target.CloseTargetParams{TargetID: p.target})
	})
}
