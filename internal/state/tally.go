package state

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A Tally is how much was done, as far as it can be counted: by how much numbers moved,
// and how many lines of a kind came, each by its place.
type Tally map[string]*big.Rat

// Count makes the tally of some changes.
func Count(changes []finding.Change) Tally {
	t := Tally{}
	for _, c := range Paired(changes) {
		switch place := Place(c.Where); {
		case c.After == "":
		case c.Before == "":
			t.add("a line at "+place+" like "+Shape(strings.ToLower(c.After)), big.NewRat(1, 1))
		default:
			t.addMoved(place, c)
		}
	}
	for where, amount := range t {
		if amount.Sign() == 0 {
			delete(t, where) // what moved here moved back there
		}
	}
	return t
}

func (t Tally) addMoved(place string, c finding.Change) {
	before, after := numbers(c.Before), numbers(c.After)
	if len(before) != len(after) || Shape(c.Before) != Shape(c.After) {
		return
	}
	for i := range after {
		if moved := new(big.Rat).Sub(after[i], before[i]); moved.Sign() != 0 {
			t.add(fmt.Sprintf("number %d at %s", i+1, place), moved)
		}
	}
}

func (t Tally) add(where string, amount *big.Rat) {
	if t[where] == nil {
		t[where] = new(big.Rat)
	}
	t[where].Add(t[where], amount)
}

// Without leaves out the places that another tally has.
func (t Tally) Without(other Tally) Tally {
	rest := Tally{}
	for where, amount := range t {
		if other[where] == nil {
			rest[where] = amount
		}
	}
	return rest
}

// Common keeps the places at which another tally has the same.
func (t Tally) Common(other Tally) Tally {
	same := Tally{}
	for where, amount := range t {
		if o := other[where]; o != nil && o.Cmp(amount) == 0 {
			same[where] = amount
		}
	}
	return same
}

// Times says how often a unit was done, where that is a whole number of times and more
// than once; 0 if it is not at any place, or not the same at all of them that have more.
func (t Tally) Times(unit Tally) int64 {
	var times int64
	for where, one := range unit {
		all := t[where]
		if all == nil {
			continue
		}
		n := new(big.Rat).Quo(all, one)
		switch {
		case !n.IsInt() || !n.Num().IsInt64() || n.Sign() <= 0:
			return 0
		case n.Num().Int64() == 1:
			continue
		case times != 0 && times != n.Num().Int64():
			return 0
		}
		times = n.Num().Int64()
	}
	return times
}
