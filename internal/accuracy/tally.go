package accuracy

import (
	"cmp"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/lab"
)

// A Tally counts the rows that have one thing in common: a weakness, or a framework.
type Tally struct {
	Name           string `json:"name"`
	Vulnerable     int    `json:"vulnerable"`
	Found          int    `json:"found"`    // of the vulnerable rows, proven or suspected
	Provable       int    `json:"provable"` // vulnerable rows whose weakness is attacked
	Proven         int    `json:"proven"`   // of those
	Safe           int    `json:"safe"`
	FalseProven    int    `json:"false_proven"`
	FalseSuspected int    `json:"false_suspected"`
}

func (t *Tally) add(r Row) {
	switch {
	case r.Truth == lab.Safe:
		t.Safe++
		t.FalseProven += one(r.Verdict == Proven)
		t.FalseSuspected += one(r.Verdict == Suspected)
	case r.Truth == lab.Vulnerable:
		t.Vulnerable++
		t.Found += one(r.Verdict == Proven || r.Verdict == Suspected)
		t.Provable += one(r.provable())
		t.Proven += one(r.Verdict == Proven)
	}
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// Recall gives the share of vulnerable rows that were found, and that of the provable
// ones that were proven; where there is nothing to miss it is 1.
func (t Tally) Recall() (found, proven float64) {
	return share(t.Found, t.Vulnerable), share(t.Proven, t.Provable)
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

// tallies counts rows by what of gives, in its order.
func tallies(rows []Row, of func(Row) string) []Tally {
	var list []Tally
	for _, r := range rows {
		i := slices.IndexFunc(list, func(t Tally) bool { return t.Name == of(r) })
		if i < 0 {
			i, list = len(list), append(list, Tally{Name: of(r)})
		}
		list[i].add(r)
	}
	slices.SortFunc(list, func(a, b Tally) int { return cmp.Compare(a.Name, b.Name) })
	return list
}
