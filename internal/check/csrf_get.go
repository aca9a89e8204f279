package check

import (
	"net/http"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

var csrfGet = &Check{
	ID:    string(finding.CSRFGet),
	Doc:   "GET requests that seem to change something",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		gets := actionsOf(p.Site, func(a finding.Action) bool {
			return a.Method == http.MethodGet && !a.Login && !isSearch(a) && (hasParameters(a) || looksLikeChange(a) && !asksFirst(p.Site, a))
		})
		for _, a := range gets {
			f := forgeryOf(p, a, http.MethodGet, policy.TopLevelNavigation, policy.Subresource)
			if !f.worthTrying() {
				continue
			}
			variants := []finding.Variant{withoutToken(a, finding.Variant{Name: "opened by a foreign page"})}
			p.Report(f.finding(finding.CSRFGet, getSuspicion(p, a), true, variants...))
		}
	},
}

// getSuspicion says what makes a GET look like a change. None of it is reason
// enough to accuse: a link called delete mostly leads to a page that asks, and
// one called add to an empty form. It is tried, and spoken of only if proven.
func getSuspicion(p *Pass, a finding.Action) string {
	twin := changesState(p.Site, a.Route)
	switch {
	case looksLikeChange(a):
		return "The words of the request are those of a change; it is a finding only if following it changes something."
	case twin:
		return "The request is a GET with parameters to a route that changes state under another method."
	}
	return "The request is a GET with parameters; it is a finding only if it changes something."
}

func hasParameters(a finding.Action) bool {
	return slices.ContainsFunc(a.Fields, func(f finding.Field) bool { return f.In != "path" && f.In != "header" })
}

// asksFirst says whether the route was seen to be a page with a form to confirm,
// or is one by the look of it, since the same route takes the change by POST.
func asksFirst(site *observe.Site, a finding.Action) bool {
	for _, page := range site.Sightings().PagesAt(a.Route) {
		if slices.ContainsFunc(page.Controls, func(c observe.Control) bool {
			b, ok := actionOf(site, c)
			return ok && b.Method != http.MethodGet && !isLogout(b)
		}) {
			return true
		}
	}
	return changesState(site, a.Route)
}

// changesState says whether an action of the route has an unsafe method.
func changesState(site *observe.Site, route string) bool {
	return slices.ContainsFunc(site.Sightings().ActionsAt(route), func(b finding.Action) bool { return b.Method != http.MethodGet })
}
