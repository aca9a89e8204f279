package browser

import (
	"context"
	"errors"
	"time"
)

const (
	// stillness without a running request, and for how long at most to wait for it.
	stillness  = 150 * time.Millisecond
	settleTime = 2 * time.Second
)

// Rendered is a page after its scripts have run.
type Rendered struct {
	URL      string // after redirects
	HTML     string
	Requests []Request
	Sockets  []Socket
}

// Render opens url in a context of its own, waits until the page asks for nothing
// more (two seconds at most), and says what came of it.
func (b *Browser) Render(ctx context.Context, cookies []Cookie, url string) (Rendered, error) {
	c, err := b.Context(ctx, cookies)
	if err != nil {
		return Rendered{}, err
	}
	defer c.Close()
	p, err := c.Blank(ctx)
	if err != nil {
		return Rendered{}, err
	}
	if b.options.ReadOnly {
		if err := p.readOnly(ctx); err != nil {
			return Rendered{}, err
		}
	}
	if err := p.Goto(ctx, url); err != nil {
		return Rendered{}, err
	}
	if err := p.Settle(ctx); err != nil {
		return Rendered{}, err
	}
	r := Rendered{Requests: p.Requests(), Sockets: p.Sockets()}
	if r.HTML, err = p.HTML(ctx); err != nil {
		return Rendered{}, err
	}
	return r, p.Eval(ctx, `location.href`, &r.URL)
}

// Settle waits until the page and its frames have asked for nothing for a moment,
// two seconds at most.
func (p *Page) Settle(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for {
		err := p.wait(bounded, func() bool { return p.traffic.running() == 0 })
		if err == nil {
			var calm bool
			if calm, err = p.calm(bounded); calm {
				return nil
			}
		}
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return nil // busy for good: taken as it is
		}
		if err != nil {
			return err
		}
	}
}

// calm says whether no request starts within the time of stillness.
func (p *Page) calm(ctx context.Context) (bool, error) {
	still, cancel := context.WithTimeout(ctx, stillness)
	defer cancel()
	p.mu.Lock()
	before := len(p.traffic.all)
	p.mu.Unlock()
	err := p.wait(still, func() bool { return len(p.traffic.all) > before })
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return true, nil
	}
	return false, err
}
