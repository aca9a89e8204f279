package state_test

import (
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

func TestTransitionsAreToldFromClocks(t *testing.T) {
	run := func(frozen, was, likes, liked, seen, last string) []finding.Change {
		return []finding.Change{
			{Where: "$.frozen", Before: was, After: frozen}, {Where: "$.likes", Before: liked, After: likes},
			{Where: "$.seen", Before: last, After: seen}, {Where: "$.epoch", Before: "1795000000", After: "1795000001"},
			{Where: "p", Before: "Visits 7"}, {Where: "p", After: "Visits " + likes},
		}
	}
	got := state.Transitions(run("yes", "no", "4", "3", "10:00:01", "10:00:00"), run("no", "yes", "5", "4", "10:00:02", "10:00:01"))
	if len(got) != 2 || !got["$.frozen"] || !got["$.likes"] {
		t.Errorf("got %v, want frozen and likes", got)
	}
	if !state.Shows(run("yes", "no", "4", "3", "", ""), got) {
		t.Error("the same change again is shown")
	}
	if state.Shows([]finding.Change{{Where: "$.likes", Before: "3", After: "4"}}, got) {
		t.Error("half of it is not")
	}
}

// What only says how long something still takes is nobody's doing.
func TestADurationIsNoTransition(t *testing.T) {
	gone := func(before, after string) []finding.Change {
		return []finding.Change{{Where: "GET /p p\x00a", Before: before}, {Where: "GET /p p\x00b", After: after}}
	}
	for _, pair := range [][2]string{{"Next check: 1h0m0s", "Next check: 59m56s"}, {"Next check: 59m42s", "Next check: 59m39s"}, {"seen 5 seconds ago", "seen 9 seconds ago"}} {
		if got := state.Transitions(gone(pair[0], pair[1]), gone(pair[0], pair[1])); len(got) > 0 {
			t.Errorf("%q: got %v", pair, got)
		}
	}
	if got := state.Transitions(gone("follows: 4", "follows: 5"), gone("follows: 5", "follows: 6")); len(got) == 0 {
		t.Error("a counter that moved is none")
	}
}
