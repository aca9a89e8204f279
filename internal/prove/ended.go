package prove

import (
	"context"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
)

// remembering keeps the browsers that start gives, for ended to look at.
func (b *Bench) remembering(start func(context.Context, finding.ThirdParty) (*browser.Browser, error)) func(context.Context, finding.ThirdParty) (*browser.Browser, error) {
	if start == nil {
		return nil
	}
	return func(ctx context.Context, tp finding.ThirdParty) (*browser.Browser, error) {
		running, err := start(ctx, tp)
		if err == nil && !slices.Contains(b.used, running) {
			b.used = append(b.used, running)
		}
		return running, err
	}
}

// ended says whether a browser has died since it was last asked.
func (b *Bench) ended() bool {
	before := len(b.used)
	b.used = slices.DeleteFunc(b.used, (*browser.Browser).Ended)
	return len(b.used) < before
}

// unlessEnded tries f once more if a browser died meanwhile: what it did not do
// then says nothing about the target.
func (b *Bench) unlessEnded(ctx context.Context, f, tried finding.Finding, err error) (finding.Finding, error) {
	if !b.ended() || tried.State == finding.Proven || ctx.Err() != nil {
		return tried, err
	}
	if victim := b.victim(f.Plan.Victim); victim != nil {
		b.forget(victim)
	}
	tried, err = b.try(ctx, f)
	if b.ended() && tried.State != finding.Proven {
		b.skip(f, "the browser died twice while this was tried", true)
		return tried, notTestable("the browser died twice while this was tried")
	}
	return tried, err
}
