package check

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// A reading is one answer that an identity was shown, as a request that another
// may try.
type reading struct {
	*observe.Exchange
	refs []observe.Reference
}

// readings are the answers identities were shown, in order, one identity after
// the other: pages and data, and no files.
func readings(site *observe.Site) []reading {
	var list []reading
	changing := changedByGet(site)
	for _, x := range site.Exchanges {
		if x.Identity == "" || x.Method != http.MethodGet || x.Status != http.StatusOK || !isData(x.Type) {
			continue
		}
		if x.Purpose != "crawl" && x.Purpose != "script" || changing[x.Route] {
			continue
		}
		list = append(list, reading{x, observe.References(x.Route, x.URL, nil)})
	}
	return list
}

// changedByGet are the routes where asking again could change something: a known
// action of method GET has them.
func changedByGet(site *observe.Site) map[string]bool {
	routes := map[string]bool{}
	for _, a := range site.Actions {
		if a.Method == http.MethodGet && looksLikeChange(a) && !isSearch(a) {
			routes[a.Route] = true
		}
	}
	return routes
}

func isData(mediaType string) bool {
	switch mediaType {
	case "text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/plain", "text/csv":
		return true
	}
	return mediaType == finding.EncodingJSON || strings.HasSuffix(mediaType, "+json")
}

// kind is what readings have in common that are served by the same code: route and
// names of the query.
func (r reading) kind() string {
	u, err := url.Parse(r.URL)
	if err != nil {
		return r.Route
	}
	var names []string
	for name := range u.Query() {
		names = append(names, name)
	}
	slices.Sort(names)
	return r.Route + "?" + strings.Join(names, "&")
}

// action is the reading as a plan has it.
func (r reading) action() finding.Action {
	a := finding.Action{Method: http.MethodGet, URL: r.URL, Route: r.Route, Source: "link"}
	for _, ref := range r.refs {
		a.Fields = append(a.Fields, finding.Field{Name: ref.Name, In: ref.In, Type: "text", Value: ref.Value})
	}
	return a
}

// intruderFor is the identity that tries what belongs to owner: an ordinary one,
// "" if there is none.
func intruderFor(seen *observe.Sightings, owner string) string {
	for _, name := range seen.Ordinary() {
		if name != owner {
			return name
		}
	}
	return ""
}

// intrusion is a finding of something that intruder might do with what is owner's.
// Nothing seen supports it: only an attempt that works makes it one.
func intrusion(w finding.Weakness, a finding.Action, owner, intruder, why string) finding.Finding {
	return finding.Finding{Weakness: w, Endpoint: a.Endpoint(), Identity: owner, Why: why,
		Plan: &finding.Plan{Kind: finding.PlanAccess, Victim: owner, Intruder: intruder, Action: a, OnlyIfProven: true}}
}

// changes are the site's actions that change something for whoever is logged in.
func changes(site *observe.Site) []finding.Action {
	var list []finding.Action
	for _, a := range actionsOf(site, func(a finding.Action) bool {
		return a.Method != http.MethodGet && a.Method != http.MethodHead && !a.Login
	}) {
		if !site.Sightings().Offered(a.Endpoint()) {
			list = append(list, a)
		}
	}
	return list
}

// actorsOf are the identities that were shown an action.
func actorsOf(site *observe.Site, a finding.Action) []string {
	return slices.DeleteFunc(site.Sightings().Actors(a.Endpoint()), func(name string) bool { return name == "" })
}

func belongs(refs []observe.Reference, owner, intruder string) string {
	var named []string
	for _, r := range refs {
		named = append(named, r.Name)
	}
	return fmt.Sprintf("The object is named by %s in the request, and only %q was shown it, not %q.", strings.Join(named, ", "), owner, intruder)
}
