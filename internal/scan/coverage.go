package scan

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

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

// ordeals are what became of the attacks on each action, by endpoint.
type ordeals struct {
	tested map[string]bool
	links  map[string]bool   // addresses that may change something when they are opened
	why    map[string]string // why the first attack on it came to no verdict
}

// note takes in how an attack went. An action was put to the test where an attack came
// to a verdict that rests on what was sent; where the legitimate request itself had no
// effect to compare with, or nothing could be sent, it was not.
func (o ordeals) note(f finding.Finding) {
	place := f.Plan.Action.Endpoint().String()
	if f.Weakness == finding.CSRFGet {
		o.links[place] = true
	}
	switch {
	case f.State == finding.Proven, f.Proof != nil && len(f.Proof.Attempts) > 0 && f.State != finding.NotTestable:
		o.tested[place] = true
	case o.why[place] == "":
		o.why[place] = strings.TrimPrefix(strings.TrimPrefix(f.Why, "not testable: "), "not observable: ")
	}
}

// changing are the endpoints of the site's actions, each once. A form that asks with
// GET, a search mostly, is one only if it was taken for a change.
func changing(site *observe.Site, o ordeals) []string {
	var places []string
	listed := map[string]bool{}
	for _, a := range site.Actions {
		place := a.Endpoint().String()
		if (a.Method != http.MethodGet || o.links[place]) && !listed[place] {
			listed[place] = true
			places = append(places, place)
		}
	}
	return places
}

// triedOf counts the actions that were put to the test; attacks on what is only read
// are no actions.
func triedOf(actions []string, o ordeals) int {
	n := 0
	for _, place := range actions {
		if o.tested[place] {
			n++
		}
	}
	return n
}

// untested names the actions that no attack came to a verdict on, those with one
// reason together: nothing found there means nothing.
func untested(actions []string, o ordeals) []finding.Skip {
	var skips []finding.Skip
	at := map[string]int{}
	for _, place := range actions {
		if o.tested[place] {
			continue
		}
		why := "not put to the test: " + cmp.Or(o.why[place], "no attack applies to it")
		i, known := at[why]
		if !known {
			at[why] = len(skips)
			skips = append(skips, finding.Skip{What: place, Why: why})
		} else {
			skips[i].What += ", " + place
		}
	}
	return skips
}

// unseen says that a site showed nothing to judge: no page, no action and no documented
// operation. A scan that found nothing there has not looked at the application.
func unseen(site *observe.Site) []finding.Skip {
	if len(site.Pages) > 0 || len(site.Actions) > 0 || len(site.Documented) > 0 || len(site.Exchanges) == 0 {
		return nil
	}
	return []finding.Skip{{What: "application", Incomplete: true,
		Why: "no page, no form and no description of an interface was found at " + site.Target + ": name its OpenAPI document under openapi, addresses under seeds, or a recording under har"}}
}
