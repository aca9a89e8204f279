package scan

import (
	"net/http"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// countDocumented holds what was reached against what the application's own documents
// describe: an operation that nobody was answered and that no attack was aimed at may
// hold anything.
func countDocumented(c *finding.Coverage, site *observe.Site, tested map[string]bool) {
	answered := map[string]bool{}
	for _, x := range site.Exchanges {
		if x.Status < http.StatusBadRequest {
			answered[x.Method+" "+x.Route] = true
		}
	}
	c.Documented = len(site.Documented)
	for _, e := range site.Documented {
		if answered[e.String()] || tested[e.String()] {
			c.Reached++
		} else {
			c.Missed = append(c.Missed, e.String())
		}
	}
	slices.Sort(c.Missed)
}

// triedOf counts the site's actions that were put to the test; attacks on what is
// only read are no actions.
func triedOf(site *observe.Site, tested map[string]bool) int {
	n := 0
	for _, a := range site.Actions {
		if tested[a.Endpoint().String()] {
			n++
		}
	}
	return n
}
