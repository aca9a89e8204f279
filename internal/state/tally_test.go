package state

import (
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func TestHowOftenSomethingWasDone(t *testing.T) {
	once := []finding.Change{{Where: "GET / dd", Before: "30 EUR", After: "40 EUR"}, {Where: "GET / li", After: "Voucher 7 paid"}, {Where: "GET / p", Before: "new", After: "used"}}
	for _, test := range []struct {
		name    string
		changes []finding.Change
		want    int64
	}{
		{"once", once, 0},
		{"three times", []finding.Change{{Where: "GET / dd", Before: "40 EUR", After: "70 EUR"}, {Where: "GET / li", After: "Voucher 8 paid"}, {Where: "GET / li", After: "Voucher 8 paid"}, {Where: "GET / li", After: "Voucher 8 paid"}}, 3},
		{"lines alone", []finding.Change{{Where: "GET / li", After: "Voucher 8 paid"}, {Where: "GET / li", After: "Voucher 9 paid"}}, 2},
		{"half as much again", []finding.Change{{Where: "GET / dd", Before: "40 EUR", After: "55 EUR"}}, 0},
		{"the other way", []finding.Change{{Where: "GET / dd", Before: "40 EUR", After: "20 EUR"}}, 0},
		{"two that disagree", []finding.Change{{Where: "GET / dd", Before: "40 EUR", After: "70 EUR"}, {Where: "GET / li", After: "Voucher 8 paid"}, {Where: "GET / li", After: "Voucher 8 paid"}}, 0},
		{"another place", []finding.Change{{Where: "GET /x dd", Before: "40 EUR", After: "70 EUR"}}, 0},
		{"nothing", nil, 0},
	} {
		if got := Count(test.changes).Times(Count(once)); got != test.want {
			t.Errorf("%s: %d times, want %d: %v", test.name, got, test.want, Count(test.changes))
		}
	}
	if rest := Count(once).Without(Count(once[1:])); len(rest) != 1 {
		t.Errorf("what a refused request does too is left: %v", rest)
	}
	if same := Count(once).Common(Count([]finding.Change{{Where: "GET / dd", Before: "1 EUR", After: "3 EUR"}, once[1]})); len(same) != 1 {
		t.Errorf("what differs from one to the next is left: %v", same)
	}
	if moved := Count([]finding.Change{{Where: "t[id=1].n", Before: "5", After: "3"}, {Where: "t[id=2].n", Before: "1", After: "3"}}); len(moved) != 0 {
		t.Errorf("what only changed hands is counted: %v", moved)
	}
}
