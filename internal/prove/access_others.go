package prove

import (
	"strings"
	"unicode"

	"github.com/mantlet-dev/mantlet/internal/state"
)

// shortestOfOthers is how long a value is at least that tells of somebody.
const shortestOfOthers = 6

// tellsOfOthers says whether facts that a caller is shown tell of another ordinary
// user: they hold a value that one is shown and the caller nowhere else.
func (o *object) tellsOfOthers(facts state.Snapshot, c caller) bool {
	mine := o.bench.knownTo(c.who.Name())
	for _, name := range o.bench.Site.Sightings().Ordinary() {
		if name == c.who.Name() || name == o.owner.Name() {
			continue
		}
		theirs := o.bench.knownTo(name)
		for value := range theirs {
			if !theirs.elsewhere(value, o.action.URL) || mine.elsewhere(value, o.action.URL) || len(value) < shortestOfOthers || !strings.ContainsFunc(value, unicode.IsLetter) || strings.Contains(value, "«") {
				continue
			}
			for _, fact := range facts {
				if strings.Contains(fact, value) && !mine.holds(value, o.action.URL) {
					return true
				}
			}
		}
	}
	return false
}

// holds says whether a value, or one that it is a part of, is shown elsewhere.
func (s shownAt) holds(value, address string) bool {
	for k := range s {
		if s.elsewhere(k, address) && strings.Contains(k, value) {
			return true
		}
	}
	return false
}
