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
	Found          int    `json:"found"`  // of the vulnerable rows, proven or suspected
	Proven         int    `json:"proven"` // of the vulnerable rows
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
		t.Proven += one(r.Verdict == Proven)
	}
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// Recall gives the shares of vulnerable rows found and proven; with no vulnerable
// row there is nothing to miss and both are 1.
func (t Tally) Recall() (found, proven float64) {
	if t.Vulnerable == 0 {
		return 1, 1
	}
	return float64(t.Found) / float64(t.Vulnerable), float64(t.Proven) / float64(t.Vulnerable)
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
