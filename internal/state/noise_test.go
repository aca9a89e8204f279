package state_test

import (
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

func TestAClockGoesOnByItself(t *testing.T) {
	for _, test := range []struct {
		before, after string
		clock         bool
	}{
		{"It is 05:06:29.450", "", true}, {"", "It is 05:06:29.854", true}, {"5:06:29", "5:06:30", true},
		{"opens at 10:30", "opens at 11:00", false}, {"", "on", false}, {"off at 10:00:01", "on", false},
	} {
		if got := state.Clocks(finding.Change{Before: test.before, After: test.after}); got != test.clock {
			t.Errorf("%q, %q: %v", test.before, test.after, got)
		}
	}
}
