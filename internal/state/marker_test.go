package state_test

import (
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

func TestCarries(t *testing.T) {
	for _, row := range []struct {
		name   string
		change []finding.Change
		marker string
		want   bool
	}{
		{"a text marker that came", []finding.Change{{Where: "w", Before: "old", After: "is mtl12ab now"}}, "mtl12ab", true},
		{"whatever the case", []finding.Change{{Where: "w", After: "MTL12AB@EXAMPLE.TEST"}}, "mtl12ab", true},
		{"one that stood there before", []finding.Change{{Where: "w", Before: "mtl12ab", After: "mtl12ab!"}}, "mtl12ab", false},
		{"one that went", []finding.Change{{Where: "w", Before: "mtl12ab"}}, "mtl12ab", false},
		{"an empty marker", []finding.Change{{Where: "w", After: "anything"}}, "", false},
		{"a balance that fell by the amount", []finding.Change{{Where: "b", Before: "1000", After: "933"}}, "67", true},
		{"a balance that rose by the amount", []finding.Change{{Where: "b", Before: "1,000.00 EUR", After: "1,067.00 EUR"}}, "67", true},
		{"a balance kept in cents", []finding.Change{{Where: "b", Before: "100000", After: "93300"}}, "67", true},
		{"a balance that fell by another amount", []finding.Change{{Where: "b", Before: "1000", After: "934"}}, "67", false},
		{"a line with a balance", []finding.Change{{Where: "p", Before: "Balance: 1000 EUR"}, {Where: "p", After: "Balance: 996.83 EUR"}}, "3.17", true},
		{"a new row with the amount", []finding.Change{{Where: "tr", After: "to bob | 67 | EUR"}}, "67", true},
		{"a limit set to the amount", []finding.Change{{Where: "l", Before: "500", After: "67"}}, "67", true},
		{"a number that only contains the digits", []finding.Change{{Where: "tr", After: "reference 10677"}}, "67", false},
		{"an account number", []finding.Change{{Where: "tr", Before: "DE02 1203 0000 0000 2020 51", After: "DE02 1203 0000 0000 2020 52"}}, "67", false},
	} {
		if got := state.Carries(row.change, row.marker); got != row.want {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

func TestGone(t *testing.T) {
	changes := []finding.Change{{Where: "tr", Before: "mtl12ab | delete"}, {Where: "p", Before: "3 items", After: "2 items"}}
	if got := state.Gone(changes, "mtl12ab"); len(got) != 1 || got[0].Where != "tr" {
		t.Errorf("got %v", got)
	}
}

func FuzzCarrying(f *testing.F) {
	f.Add("1.000,50", "933", "67")
	f.Fuzz(func(t *testing.T, before, after, marker string) {
		change := finding.Change{Where: "w", Before: before, After: after}
		if before == after && state.Carries([]finding.Change{change}, marker) && before != "" {
			t.Error("nothing changed, and yet something carries the marker")
		}
	})
}
