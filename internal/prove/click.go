package prove

import (
	"context"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
)

// The frame's size: wide enough for a page's ordinary layout, and at least so high
// that nothing has to be scrolled.
const (
	frameWidth  = 1000
	frameHeight = 900
	maxHeight   = 6000
)

// clickThrough makes the clicks in a page of the victim's own, as large as the
// frame will be, and keeps where the controls stood.
func (c *clicking) clickThrough(ctx context.Context, f finding.Finding, purpose string) (entry int, err error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	chrome, err := c.bench.Browser(ctx, finding.ThirdPartyAllowed)
	if err != nil {
		return 0, &errNotTestable{why: "no browser could be started: " + err.Error(), suspect: true}
	}
	victim, err := chrome.Context(ctx, c.cookies())
	if err != nil {
		return 0, err
	}
	defer leave(victim)
	tab, err := c.openUnframed(ctx, victim)
	if err != nil {
		return 0, err
	}
	if entry, err = c.bench.Ledger.enter(f.ID, purpose, c.action.Endpoint()); err != nil {
		return 0, err
	}
	c.boxes = nil
	for i, click := range c.clicks {
		if i > 0 && click.Page != "" && click.Page != c.clicks[i-1].Page {
			if err := tab.Goto(ctx, click.Page); err != nil {
				return entry, err
			}
		}
		if err := c.clickOne(ctx, tab, i); err != nil {
			return entry, err
		}
	}
	return entry, nil
}

func (c *clicking) openUnframed(ctx context.Context, victim *browser.Context) (*browser.Page, error) {
	tab, err := victim.Blank(ctx)
	if err != nil {
		return nil, err
	}
	c.height = max(c.height, frameHeight)
	if err := tab.SetViewport(ctx, frameWidth, c.height); err != nil {
		return nil, err
	}
	if err := tab.Goto(ctx, c.clicks[0].Page); err != nil {
		return nil, notTestable("the page does not open in the browser: %v", err)
	}
	if _, height, err := tab.Size(ctx); err == nil && height > c.height {
		c.height = min(height, maxHeight)
		if err := tab.SetViewport(ctx, frameWidth, c.height); err != nil {
			return nil, err
		}
	}
	return tab, nil
}

// clickOne finds the control of step i, notes where it stands, clicks it and waits
// for what the click set off.
func (c *clicking) clickOne(ctx context.Context, tab *browser.Page, i int) error {
	click := &c.clicks[i]
	selector := click.Selector
	if selector == "" {
		text, err := tab.HTML(ctx)
		if err != nil {
			return err
		}
		if selector = confirming(text, c.action); selector == "" {
			return notTestable("after the first click no control was found that confirms")
		}
	}
	box, found, err := tab.Rect(ctx, selector)
	if err != nil || !found {
		return notTestable("the control %q cannot be clicked: it is absent, hidden or covered", click.Label)
	}
	c.boxes = append(c.boxes, attacker.Box(box))
	seen := map[string]bool{}
	for _, r := range tab.Requests() {
		seen[r.ID+r.URL] = true
	}
	tab.AcceptDialogs(true)
	if _, err := tab.ClickOn(ctx, selector); err != nil {
		return err
	}
	return settle(ctx, tab, seen)
}

// afterClick bounds how long a click may take to set something off.
const afterClick = 3 * time.Second

// settle waits until what a click set off has been answered: the document that
// follows it, or the request of a script.
func settle(ctx context.Context, tab *browser.Page, seen map[string]bool) error {
	wait, cancel := context.WithTimeout(ctx, afterClick)
	defer cancel()
	_, err := tab.WaitRequest(wait, func(r browser.Request) bool {
		final := r.Done && (r.Status < 300 || r.Status >= 400)
		return final && !seen[r.ID+r.URL] && (r.Kind == "Document" || r.Kind == "Fetch" || r.Kind == "XHR")
	})
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	// The page that followed has to be laid out before anything in it is looked for.
	_, err = tab.Screenshot(ctx)
	return err
}

// confirming is a selector for the button that a page which asks again wants
// clicked: that of the form for the action, or else of its first form that posts
// and does not log out.
func confirming(text string, a finding.Action) string {
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return ""
	}
	best := ""
	each(root, func(n *html.Node) {
		if n.DataAtom != atom.Form || !strings.EqualFold(attribute(n, "method"), "post") {
			return
		}
		action := attribute(n, "action")
		selector := "form"
		if action != "" {
			selector += `[action="` + strings.ReplaceAll(action, `"`, `\"`) + `"]`
		}
		selector += " button, " + selector + " input[type=submit]"
		u, err := url.Parse(action)
		if err == nil && u.Path == pathOf(a.URL) {
			best = selector
		}
		if best == "" && !endsSession.MatchString(action) {
			best = selector
		}
	})
	return best
}
