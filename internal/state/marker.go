package state

import (
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Carries says whether any of the changes bears marker: see Carrying.
func Carries(changes []finding.Change, marker string) bool { return len(Carrying(changes, marker)) > 0 }

// Carrying gives the changes that bear marker. A text marker is borne by a fact
// that contains it now and did not before. A marker that is a number is borne by
// a fact that moved by exactly that much, up or down, or by a new fact that
// states it; amounts kept in hundredths count too. An empty marker is borne by nothing.
func Carrying(changes []finding.Change, marker string) []finding.Change {
	amount, isNumber := number(marker)
	isNumber = isNumber && amount.Sign() > 0
	var found []finding.Change
	switch {
	case marker == "":
	case isNumber:
		for _, c := range Paired(changes) {
			if moved(c, amount) {
				found = append(found, c)
			}
		}
	default:
		for _, c := range changes {
			if contains(c.After, marker) && !contains(c.Before, marker) {
				found = append(found, c)
			}
		}
	}
	return found
}

// Gone gives the changes in which marker stood before and stands no longer.
func Gone(changes []finding.Change, marker string) []finding.Change {
	var found []finding.Change
	for _, c := range changes {
		if marker != "" && contains(c.Before, marker) && !contains(c.After, marker) {
			found = append(found, c)
		}
	}
	return found
}

// contains ignores case, because applications lower-case addresses and shout names.
func contains(text, marker string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(marker))
}

// Paired joins a line that went with the one of the same place and shape that
// came: "Balance: 100" and "Balance: 97" are one fact to a reader. A line of
// which several of its like came or went at once is left alone.
func Paired(changes []finding.Change) []finding.Change {
	came, went := map[string][]int{}, map[string][]int{}
	for i, c := range changes {
		switch {
		case c.Before == "":
			came[key(c.Where, c.After)] = append(came[key(c.Where, c.After)], i)
		case c.After == "":
			went[key(c.Where, c.Before)] = append(went[key(c.Where, c.Before)], i)
		}
	}
	joined := append([]finding.Change(nil), changes...)
	drop := map[int]bool{}
	for k, to := range came {
		if from := went[k]; len(from) == 1 && len(to) == 1 {
			joined[to[0]].Before = changes[from[0]].Before
			drop[from[0]] = true
		}
	}
	var kept []finding.Change
	for i, c := range joined {
		if !drop[i] {
			kept = append(kept, c)
		}
	}
	return kept
}

func moved(c finding.Change, amount *big.Rat) bool {
	hundredfold := new(big.Rat).Mul(amount, big.NewRat(100, 1))
	is := func(r *big.Rat) bool {
		r = new(big.Rat).Abs(r)
		return r.Cmp(amount) == 0 || r.Cmp(hundredfold) == 0
	}
	before, after := numbers(c.Before), numbers(c.After)
	if slices.ContainsFunc(after, is) && !slices.ContainsFunc(before, is) {
		return true
	}
	if c.Before == "" || len(before) != len(after) {
		return false
	}
	for i := range after {
		if is(new(big.Rat).Sub(after[i], before[i])) {
			return true
		}
	}
	return false
}

var numeral = regexp.MustCompile(`-?\d[\d.,' ]*\d|-?\d`)

// maxNumeral keeps long digit strings, which are account numbers and not amounts,
// out of exact arithmetic.
const maxNumeral = 24

func numbers(text string) []*big.Rat {
	var found []*big.Rat
	for _, word := range numeral.FindAllString(text, -1) {
		if n, ok := number(word); ok {
			found = append(found, n)
		}
	}
	return found
}

// number reads a numeral as people write it: 1234.5, 1,234.50, 1.234,50, 1 234.
func number(s string) (*big.Rat, bool) {
	s = strings.NewReplacer(" ", "", "'", "", "\u00a0", "").Replace(strings.TrimSpace(s))
	if s == "" || len(s) > maxNumeral || strings.Trim(s, "-0123456789.,") != "" {
		return nil, false
	}
	dot, comma := strings.LastIndexByte(s, '.'), strings.LastIndexByte(s, ',')
	switch {
	case comma > dot && (dot >= 0 || len(s)-comma != 4) && strings.Count(s, ",") == 1:
		s = strings.Replace(strings.ReplaceAll(s, ".", ""), ",", ".", 1)
	default:
		s = strings.ReplaceAll(s, ",", "")
	}
	return new(big.Rat).SetString(s)
}
