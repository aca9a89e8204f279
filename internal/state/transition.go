package state

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// clockLike is a time of day or a date: it moves by itself, if not between two
// readings in the same second.
var clockLike = regexp.MustCompile(`\d{1,2}:\d{2}|\d{4}-\d{2}-\d{2}|\d{10,}`)

// duration is how long something is still, or has been: it moves by itself as well.
var duration = regexp.MustCompile(`(?i)\b(?:\d+d)?(?:\d+h)?(?:\d+m)?\d+(?:\.\d+)?m?s\b|\b(?:\d+d)?\d+h(?:\d+m)?\b|\b\d+ ?(?:seconds?|secs?|minutes?|mins?|hours?)\b`)

// timePasses says whether nothing but a duration differs between before and after.
func timePasses(c finding.Change) bool {
	before, after := duration.ReplaceAllString(c.Before, "~"), duration.ReplaceAllString(c.After, "~")
	return before == after && before != c.Before
}

// timeOfDay is a clock's, to the second or finer.
var timeOfDay = regexp.MustCompile(`\b(\d{1,2}):(\d\d):(\d\d)(?:[.,]\d+)?\b`)

// longestTick is how far a clock goes on between two readings of one run, in seconds.
const longestTick = 120

// WithoutTicks leaves out clocks that went on: form fields, values and lines in which
// nothing but times of day differ, each a little later, or nothing but how long something
// still takes. Idle readings within one second do not teach them.
func WithoutTicks(changes []finding.Change) []finding.Change {
	ticks := map[finding.Change]bool{}
	for _, c := range Paired(changes) {
		if ticked(c.Before, c.After) {
			ticks[c] = true
			ticks[finding.Change{Where: c.Where, Before: c.Before}] = true
			ticks[finding.Change{Where: c.Where, After: c.After}] = true
		}
	}
	return slices.DeleteFunc(pairedDurations(changes), func(c finding.Change) bool { return ticks[c] })
}

func ticked(before, after string) bool {
	if before == after || timeOfDay.ReplaceAllString(before, "~") != timeOfDay.ReplaceAllString(after, "~") {
		return false
	}
	was, is := timeOfDay.FindAllStringSubmatch(before, -1), timeOfDay.FindAllStringSubmatch(after, -1)
	for i := range was {
		if passed := secondOf(is[i]) - secondOf(was[i]); passed < 0 || passed > longestTick {
			return false
		}
	}
	return true
}

// secondOf is the second of the day that a match of timeOfDay names.
func secondOf(match []string) int {
	second := 0
	for _, part := range match[1:] {
		n, _ := strconv.Atoi(part) // two digits at most
		second = second*60 + n
	}
	return second
}

// Transitions gives the places that changed in each of two runs of the same
// action in a way that can be told from a clock's: another word, something that
// came or went, or a number that moved by the same distance both times. They are
// what an action without a marker is recognised by.
func Transitions(first, second []finding.Change) map[string]bool {
	a, b := steps(first), steps(second)
	common := map[string]bool{}
	for place, step := range a {
		if other, ok := b[place]; ok && (step == wordStep) == (other == wordStep) && (step == wordStep || step == other) {
			common[place] = true
		}
	}
	return common
}

// Shows says whether changes hold one of that kind at every place.
func Shows(changes []finding.Change, places map[string]bool) bool {
	seen := steps(changes)
	for place := range places {
		if _, ok := seen[place]; !ok {
			return false
		}
	}
	return len(places) > 0
}

const wordStep = "word"

// steps says for each generalised place how it changed: by a word, or by which distance.
func steps(changes []finding.Change) map[string]string {
	found := map[string]string{}
	for _, c := range pairedDurations(Paired(changes)) {
		step := wordStep
		if c.Before != "" && c.After != "" && Shape(c.Before) == Shape(c.After) {
			distance, ok := distanceOf(c)
			if !ok {
				continue
			}
			step = distance
		}
		if found[Place(c.Where)] != wordStep {
			found[Place(c.Where)] = step
		}
	}
	return found
}

// pairedDurations leaves out lines that differ from one that went in a duration only,
// though that is written in another shape ("1h0m0s", "59m56s").
func pairedDurations(changes []finding.Change) []finding.Change {
	key := func(where, text string) string {
		return Place(where) + separator + duration.ReplaceAllString(text, "~")
	}
	went, came := map[string]bool{}, map[string]bool{}
	for _, c := range changes {
		if c.After == "" {
			went[key(c.Where, c.Before)] = true
		} else if c.Before == "" {
			came[key(c.Where, c.After)] = true
		}
	}
	var kept []finding.Change
	for _, c := range changes {
		switch {
		case c.Before != "" && c.After != "" && timePasses(c):
		case c.Before == "" && duration.MatchString(c.After) && went[key(c.Where, c.After)]:
		case c.After == "" && duration.MatchString(c.Before) && came[key(c.Where, c.Before)]:
		default:
			kept = append(kept, c)
		}
	}
	return kept
}

// distanceOf is how far the one number in which before and after differ moved,
// without direction; false if that is no plain number.
func distanceOf(c finding.Change) (string, bool) {
	if clockLike.MatchString(c.Before) || clockLike.MatchString(c.After) {
		return "", false
	}
	before, after := numbers(c.Before), numbers(c.After)
	if len(before) != len(after) {
		return "", false
	}
	for i := range after {
		if d := new(big.Rat).Sub(after[i], before[i]); d.Sign() != 0 {
			return d.Abs(d).RatString(), true
		}
	}
	return "", false
}
