package check

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

var inventoryVersions = &Check{
	ID:  string(finding.InventoryVersions),
	Doc: "resources that are served under several versions",
	Run: func(p *Pass) {
		served := map[string][]finding.Endpoint{} // by route without its version
		for _, e := range known(p.Site) {
			if bare := version.ReplaceAllString(e.Route, "/v*$2"); bare != e.Route {
				bare = e.Method + " " + bare
				if !slices.ContainsFunc(served[bare], func(o finding.Endpoint) bool { return o.Route == e.Route }) {
					served[bare] = append(served[bare], e)
				}
			}
		}
		var sights []sight
		for _, bare := range slices.Sorted(maps.Keys(served)) {
			several := served[bare]
			if len(several) < 2 {
				continue
			}
			var names []string
			for _, e := range several {
				names = append(names, e.Route)
			}
			slices.Sort(names)
			for _, e := range several {
				x := &observe.Exchange{Method: e.Method, Route: e.Route, URL: e.URL}
				sights = append(sights, sight{x, strings.Join(names, " and ")})
			}
		}
		reportSights(p, finding.InventoryVersions, sights, func(routes string) string {
			return "The same resources are served under several versions, on " + routes + ". What is repaired in one has to be repaired in all."
		})
	},
}

// version is the part of a path that names one.
var version = regexp.MustCompile(`/v(\d{1,3})(/|$)`)

// known are the places of the site that answered, or that it documents or has a form
// for.
func known(site *observe.Site) []finding.Endpoint {
	var list []finding.Endpoint
	for _, x := range site.Exchanges {
		if x.Status < http.StatusBadRequest {
			list = append(list, finding.Endpoint{Method: x.Method, Route: x.Route, URL: x.URL})
		}
	}
	for _, a := range site.Actions {
		list = append(list, a.Endpoint())
	}
	return append(list, site.Documented...)
}
