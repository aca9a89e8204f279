package prove_test

import (
	"context"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
)

// What a dead browser did not do says nothing about the target.
func TestABrowserThatDiesProvesNothingAndRefutesNothing(t *testing.T) {
	for _, row := range []struct {
		name   string
		deaths int
		want   finding.State
	}{
		{"once", 1, finding.Proven},
		{"always", 1000, finding.NotTestable},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := newVictim(t, anywhere)
			r := v.rig(t).withBrowser(t, v.URL)
			start, deaths := r.bench.Browser, 0
			r.bench.Browser = func(ctx context.Context, tp finding.ThirdParty) (*browser.Browser, error) {
				if deaths == row.deaths {
					return start(ctx, tp)
				}
				deaths++
				dying, err := browser.Start(ctx, browser.Options{ThirdParty: tp})
				if err == nil {
					err = dying.Close()
				}
				return dying, err
			}
			incomplete := false
			r.bench.Skip = func(s finding.Skip) { incomplete = incomplete || s.Incomplete }
			got := r.attempt(t, forge(v.form("/open", mottoField)))
			if got.State != row.want {
				t.Errorf("got %s, want %s: %s", got.State, row.want, got.Why)
			}
			if want := row.want != finding.Proven; incomplete != want {
				t.Errorf("reported as incomplete: %v, want %v", incomplete, want)
			}
		})
	}
}
