package check

import (
	"net/http"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

var authFunction = &Check{
	ID:    string(finding.AuthFunction),
	Doc:   "administrators' pages and functions, tried as an ordinary user",
	Needs: NeedsAdministrator,
	Run: func(p *Pass) {
		seen := p.Site.Sightings()
		done := map[string]bool{}
		for _, r := range readings(p.Site) {
			intruder := intruderFor(seen, r.Identity)
			if !seen.Privileged(r.Identity) || !observe.InAdminArea(r.Route) || intruder == "" || done[r.kind()] || anyLed(seen, r.Route) {
				continue
			}
			done[r.kind()] = true
			why := "Only an administrator was led here."
			if slices.ContainsFunc(seen.Ordinary(), func(name string) bool { return seen.LedToRoute(name, r.Route) }) {
				why = "It is called like an administrator's, and no page that another was shown leads here; another was served it when it was asked for."
			}
			p.Report(intrusion(finding.AuthFunction, r.action(), r.Identity, intruder, why))
			for _, a := range guessed(p.Site, r) {
				p.Report(intrusion(finding.AuthFunction, a, r.Identity, intruder, why+" The method is tried because the interface answers GET."))
			}
		}
		for _, a := range changes(p.Site) {
			if admin := administratorOf(p.Site, seen, a); admin != "" {
				if intruder := intruderFor(seen, admin); intruder != "" {
					p.Report(intrusion(finding.AuthFunction, a, admin, intruder, "Only an administrator was offered the action."))
				}
			}
		}
	},
}

// anyLed says whether somebody who is no administrator was led to a route.
func anyLed(seen *observe.Sightings, route string) bool {
	return seen.LedToRoute("", route) || slices.ContainsFunc(seen.Ordinary(), func(name string) bool { return seen.LinkedToRoute(name, route) })
}

// administratorOf is the administrator to whom alone an action was offered, "" if
// others were offered it or it is no administrator's.
func administratorOf(site *observe.Site, seen *observe.Sightings, a finding.Action) string {
	actors := actorsOf(site, a)
	if len(actors) == 0 && observe.InAdminArea(a.Route) { // described, and shown to nobody
		actors = slices.DeleteFunc(seen.Everybody(), func(name string) bool { return !seen.Privileged(name) })
	}
	if len(actors) == 0 || !slices.ContainsFunc(actors, func(string) bool { return true }) {
		return ""
	}
	for _, name := range actors {
		if !seen.Privileged(name) {
			return ""
		}
	}
	return actors[0]
}

// mostGuessed is how many members an object may have whose change is guessed.
const mostGuessed = 12

// guessed are the requests that would change what an interface's answer shows, by
// the methods that interfaces use for that. A method that is not checked like the
// others is a way in.
func guessed(site *observe.Site, r reading) []finding.Action {
	members := properties(r.Exchange)
	if len(members) == 0 || len(members) > mostGuessed {
		return nil
	}
	a := finding.Action{URL: r.URL, Route: r.Route, Encoding: finding.EncodingJSON, Page: "", Source: "guess"}
	for _, m := range members {
		if m.where != "GET "+r.Route+" $."+m.name {
			return nil // not one plain object
		}
		a.Fields = append(a.Fields, finding.Field{Name: m.name, Type: m.kind, Value: m.value})
	}
	var list []finding.Action
	for _, method := range []string{http.MethodPut, http.MethodPost, http.MethodPatch} {
		known := slices.ContainsFunc(site.Sightings().ActionsAt(r.Route), func(b finding.Action) bool { return b.Method == method })
		if !known {
			a.Method = method
			list = append(list, a)
		}
	}
	return list
}
