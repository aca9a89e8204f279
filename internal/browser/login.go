package browser

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// loginTime is how long a submitted form may take to ask for something.
const loginTime = 5 * time.Second

// Login opens url, fills the fields (by name, or by CSS selector if no element
// has that name), clicks what submit selects ("" submits the form of a field),
// and returns the cookies the browser holds when the page has settled. Whether
// that is a session is for the caller to find out.
func (b *Browser) Login(ctx context.Context, url string, fields map[string]string, submit string) ([]Cookie, error) {
	c, err := b.Context(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	p, err := c.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := p.Settle(ctx); err != nil { // forms that a script draws
		return nil, err
	}
	field := ""
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if field, err = p.field(ctx, name); err != nil {
			return nil, err
		}
		if err := p.Fill(ctx, field, fields[name]); err != nil {
			return nil, err
		}
	}
	if err := p.submit(ctx, field, submit); err != nil {
		return nil, err
	}
	return c.Cookies(ctx)
}

// field is the selector of a field given by name or by selector.
func (p *Page) field(ctx context.Context, name string) (string, error) {
	byName := "[name=" + quote(name) + "]"
	var found bool
	err := p.Eval(ctx, "!!document.querySelector("+quote(byName)+")", &found)
	if err != nil {
		return "", err
	}
	if found {
		return byName, nil
	}
	return name, nil
}

// submit sends the form and waits until what it set off has settled.
func (p *Page) submit(ctx context.Context, field, button string) error {
	before := len(p.Requests())
	if button != "" {
		found, err := p.ClickOn(ctx, button)
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("log in: nothing to click at %s", button)
		}
	} else if err := p.Eval(ctx, "document.querySelector("+quote(field)+").form.requestSubmit()", nil); err != nil {
		return fmt.Errorf("log in: submit the form of %s: %w", field, err)
	}
	bounded, cancel := context.WithTimeout(ctx, loginTime)
	defer cancel()
	err := p.wait(bounded, func() bool { return len(p.traffic.all) > before })
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return errors.New("log in: the form was submitted and the page asked for nothing")
	}
	if err != nil {
		return err
	}
	return p.Settle(ctx)
}
