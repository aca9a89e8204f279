package browser

import (
	"context"
	"fmt"
	"slices"
	"sync"

	protocol "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/cdproto/target"
)

// A Context is a user's browser: its pages share cookies and storage, and nothing
// with other Contexts. It is safe for concurrent use.
type Context struct {
	browser *Browser
	id      cdp.BrowserContextID
	refused []Cookie
	blank   chan *Page // holds the tab it was made with, until somebody asks for one
	once    sync.Once
}

// Context makes an isolated context that holds cookies and nothing else. Cookies
// that the browser does not accept are left out: see Refused.
func (b *Browser) Context(ctx context.Context, cookies []Cookie) (*Context, error) {
	c, err := b.spare.take(ctx, b.empty)
	if err == nil {
		err = c.put(ctx, cookies)
		if err != nil {
			c.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("make a browser context: %w", err)
	}
	return c, nil
}

// empty makes a context without cookies, with one tab.
func (b *Browser) empty(ctx context.Context) (*Context, error) {
	made, err := call(ctx, b.wire.root, target.CreateBrowserContext, target.CreateBrowserContextParams{DisposeOnDetach: ptr(true)})
	if err != nil {
		return nil, err
	}
	c := &Context{browser: b, id: made.BrowserContextID, blank: make(chan *Page, 1)}
	denied := send(b.wire.root, protocol.SetDownloadBehavior, protocol.SetDownloadBehaviorParams{
		Behavior: protocol.SetDownloadBehaviorBehaviorDeny, BrowserContextID: c.id,
	})
	tab, err := c.tab(ctx)
	if err == nil {
		c.blank <- tab
		_, err = denied.wait(ctx)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// put stores cookies one by one, so that one the browser refuses harms no other,
// and looks what became of them: a refusal is not always an error.
func (c *Context) put(ctx context.Context, cookies []Cookie) error {
	if len(cookies) == 0 {
		return nil
	}
	root := c.browser.wire.root
	var asked []*network.CookieParam
	var from []Cookie
	var sent []pending[cdp.Empty]
	for _, k := range cookies {
		p, err := k.param()
		if err != nil {
			return err
		}
		if p == nil {
			continue
		}
		asked, from = append(asked, p), append(from, k)
		sent = append(sent, send(root, storage.SetCookies, storage.SetCookiesParams{
			Cookies: []*network.CookieParam{p}, BrowserContextID: c.id,
		}))
	}
	for _, p := range sent {
		if _, err := p.wait(ctx); err != nil && ctx.Err() != nil {
			return err
		}
	}
	got, err := call(ctx, root, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: c.id})
	if err != nil {
		return err
	}
	for i, p := range asked {
		stored := func(k *network.Cookie) bool { return k.Name == p.Name && k.Value == p.Value }
		if !slices.ContainsFunc(got.Cookies, stored) {
			c.refused = append(c.refused, from[i])
		}
	}
	return nil
}

// Refused lists the cookies that were to be in the Context from its start and that
// the browser did not accept.
func (c *Context) Refused() []Cookie { return slices.Clone(c.refused) }

// Cookies are the cookies the Context holds now, with all their attributes.
func (c *Context) Cookies(ctx context.Context) ([]Cookie, error) {
	got, err := call(ctx, c.browser.wire.root, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: c.id})
	if err != nil {
		return nil, fmt.Errorf("read the browser's cookies: %w", err)
	}
	var cookies []Cookie
	for _, k := range got.Cookies {
		cookies = append(cookies, cookieOf(k))
	}
	return cookies, nil
}

// Open opens url in a new tab and waits for its load event. A page that does not
// finish loading in time is stopped and returned as it is; an address that cannot
// be loaded at all is a *NavigationError.
func (c *Context) Open(ctx context.Context, url string) (*Page, error) {
	p, err := c.Blank(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.Goto(ctx, url); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Blank opens an empty tab.
func (c *Context) Blank(ctx context.Context) (*Page, error) {
	select {
	case p := <-c.blank:
		return p, nil
	default:
		return c.tab(ctx)
	}
}

func (c *Context) tab(ctx context.Context) (*Page, error) {
	w := c.browser.wire
	made, err := call(ctx, w.root, target.CreateTarget, target.CreateTargetParams{
		URL: "about:blank", BrowserContextID: c.id,
		// A window for each: a tab behind another is never painted. (Tabs without a
		// window would cost less still; disposing of them now and then ends the browser.)
		NewWindow: ptr(true),
	})
	if err != nil {
		return nil, fmt.Errorf("open a tab: %w", err)
	}
	attached, err := call(ctx, w.root, target.AttachToTarget, target.AttachToTargetParams{TargetID: made.TargetID, Flatten: ptr(true)})
	if err != nil {
		return nil, fmt.Errorf("open a tab: %w", err)
	}
	p := newPage(c, made.TargetID)
	p.session = w.session(attached.SessionID, nil, p.on)
	if err := p.prepare(ctx); err != nil {
		p.Close()
		return nil, fmt.Errorf("open a tab: %w", err)
	}
	return p, nil
}

// Close closes the Context's pages and forgets its cookies.
func (c *Context) Close() {
	c.once.Do(func() {
		// A browser that does not answer here is ended by its own Close.
		_, _ = call(context.Background(), c.browser.wire.root, target.DisposeBrowserContext,
			target.DisposeBrowserContextParams{BrowserContextID: c.id})
	})
}
