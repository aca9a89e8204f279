package state_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

func TestClocksThatWentOnAreNoChange(t *testing.T) {
	changes := []finding.Change{
		{Where: "form time_1", Before: "08:04:37", After: "08:04:39"},
		{Where: "footer", Before: "It is 08:14:07.784"},
		{Where: "footer", After: "It is 08:14:07.801"},
		{Where: "feeds", Before: "Next check: 59m51s"},
		{Where: "feeds", After: "Next check: 1h0m0s"},
		{Where: "opening", Before: "08:00:00", After: "09:00:00"},
		{Where: "log", After: "08:04:38 order placed"},
		{Where: "alarm", Before: "08:04:39", After: "08:04:37"},
		{Where: "light", Before: "off at 08:04:37", After: "on at 08:04:39"},
	}
	if diff := cmp.Diff(changes[5:], state.WithoutTicks(changes)); diff != "" {
		t.Error(diff)
	}
}

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
