package prove

import (
	"context"
	"net/url"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// prefill looks for a text field of the framed form that the attacker can fill in
// through the page's address, and if there is one points the first click at the
// page filled in with a fresh marker. What is in the frame cannot be typed into.
func (c *clicking) prefill(ctx context.Context) error {
	if len(c.clicks) > 1 {
		return nil
	}
	page, err := url.Parse(c.clicks[0].Page)
	if err != nil {
		return nil // an address that cannot be changed is framed as it is
	}
	shown, _, err := c.bench.fetch(ctx, c.victim, c.clicks[0].Page)
	if err != nil {
		return err
	}
	form := match(shown.forms(), c.action, "")
	if form == nil {
		return nil
	}
	query := page.Query()
	fresh := newText()
	asked := 0
	for _, in := range form.inputs {
		if takesText(in) && in.kind != "file" {
			f := filling{marker: marker{text: fresh}}
			if text, ok := f.shaped(in); ok && in.kind != "text" {
				query.Set(in.name, text)
			} else {
				query.Set(in.name, fresh)
			}
			asked++
		}
	}
	if asked == 0 {
		return nil
	}
	filled := *page
	filled.RawQuery = query.Encode()
	if c.bench.Grant.Allows(filled.String()) != nil {
		return nil
	}
	answered, _, err := c.bench.fetch(ctx, c.victim, filled.String())
	if err != nil {
		return err
	}
	if again := match(answered.forms(), c.action, ""); again != nil && carriesText(again, fresh) {
		c.clicks = append([]finding.Click(nil), c.clicks...)
		c.clicks[0].Page, c.text = filled.String(), fresh
	}
	return nil
}

func carriesText(f *form, text string) bool {
	for _, in := range f.inputs {
		if in.value == text || in.value == text+mailHost {
			return true
		}
	}
	return false
}
