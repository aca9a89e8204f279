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
	mine := o.bench.knownTo(c.who.Name(), o.action.URL)
	for _, name := range o.bench.Site.Sightings().Ordinary() {
		if name == c.who.Name() || name == o.owner.Name() {
			continue
		}
		for value := range o.bench.knownTo(name, o.action.URL) {
			if mine[value] || len(value) < shortestOfOthers || !strings.ContainsFunc(value, unicode.IsLetter) || strings.Contains(value, "«") {
				continue
			}
			for _, fact := range facts {
				if strings.Contains(fact, value) && !partOf(mine, value) {
					return true
				}
			}
		}
	}
	return false
}

// partOf says whether one of the known values holds the value: then it is known too.
func partOf(known map[string]bool, value string) bool {
	for k := range known {
		if strings.Contains(k, value) {
			return true
		}
	}
	return false
}
