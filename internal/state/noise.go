package state

import (
	"regexp"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Noise is what changes by itself: clocks, counters, tokens, feeds. It is learned
// from snapshots between which nothing was done. The zero value knows of none.
// A Noise is not safe for concurrent use.
type Noise struct {
	facts  map[string]bool // places whose value changes
	places map[string]bool // generalised places where things come and go in any shape
	shapes map[string]bool // generalised place and shape of what comes and goes
}

// Learn takes changes that came about by themselves.
func (n *Noise) Learn(changes []finding.Change) {
	if n.facts == nil {
		n.facts, n.places, n.shapes = map[string]bool{}, map[string]bool{}, map[string]bool{}
	}
	came, went := map[string]int{}, map[string]int{}
	for _, c := range changes {
		switch {
		case c.Before != "" && c.After != "":
			n.facts[c.Where] = true
		case c.After != "":
			came[key(c.Where, c.After)]++
		default:
			went[key(c.Where, c.Before)]++
		}
	}
	for k, count := range came {
		n.comesOrGoes(k, count == went[k])
	}
	for k, count := range went {
		n.comesOrGoes(k, count == came[k])
	}
}

// comesOrGoes remembers what was replaced by its like ("served at 10:01") by its
// shape alone, and what came or went for good as a place where anything may.
func (n *Noise) comesOrGoes(k string, replaced bool) {
	n.shapes[k] = true
	if !replaced {
		n.places[placeOf(k)] = true
	}
}

// Filter gives the changes that are not noise, in the order given.
func (n *Noise) Filter(changes []finding.Change) []finding.Change {
	var kept []finding.Change
	for _, c := range changes {
		if !n.Covers(c) {
			kept = append(kept, c)
		}
	}
	return kept
}

// Clocks says whether c is but a time of day going on: what came and what went tell one
// to the second. Two readings within the same second or millisecond do not teach that.
func Clocks(c finding.Change) bool {
	return (c.Before == "" || clock.MatchString(c.Before)) && (c.After == "" || clock.MatchString(c.After))
}

// Covers says whether c is of a kind that comes about by itself.
func (n *Noise) Covers(c finding.Change) bool {
	if n.facts[c.Where] || n.places[Place(c.Where)] {
		return true
	}
	return (c.Before == "" || n.shapes[key(c.Where, c.Before)]) && (c.After == "" || n.shapes[key(c.Where, c.After)])
}

func key(where, value string) string { return Place(where) + separator + Shape(value) }

var (
	brackets = regexp.MustCompile(`\[[^\]]*=[^\]]*\]|\[\d*\]`)
	opaque   = regexp.MustCompile(`[A-Za-z0-9_\-+/=]{16,}|\b[0-9a-fA-F]{8,}\b`)
	clock    = regexp.MustCompile(`\b\d{1,2}:\d\d:\d\d\b`)
	digits   = regexp.MustCompile(`\d+(?:[.,:]\d+)*`)
)

// Place is where without what names one object among its like: "$.items[id=7].name"
// is "$.items[*].name".
func Place(where string) string {
	return digits.ReplaceAllString(brackets.ReplaceAllString(placeOf(where), "[*]"), "#")
}

// Shape is value without what differs from one time to the next: numbers, and
// words too long or too random to be words.
func Shape(value string) string {
	value = opaque.ReplaceAllStringFunc(value, func(word string) string {
		if strings.ContainsAny(word, "0123456789") || len(word) >= 24 {
			return "*"
		}
		return word
	})
	return digits.ReplaceAllString(value, "#")
}
