package check

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// Again gives what was proven in an earlier scan of the same application, perhaps at
// another address, and is not among what Run suspects now. What had a plan is to be
// put to the test again, aimed at the site as it is now. What rested on headers alone
// is refuted if every page of it was seen again and keeps all strangers out. A page
// that was not seen is no protection: then the finding is not testable.
func Again(site *observe.Site, rules policy.Rules, earlier, suspected []finding.Finding) []finding.Finding {
	var list []finding.Finding
	told := toldOf(suspected)
	for _, e := range earlier {
		if planned, willBeTold := told[e.ID]; e.State != finding.Proven || willBeTold && (planned || e.Plan == nil) {
			continue
		}
		f := aimed(site, e)
		f.Proof, f.Vector, f.Routes, f.Framework = nil, nil, e.Routes, site.Framework.Name
		f.State, f.Why = finding.Suspected, "An earlier scan proved it."
		f.Evidence = []finding.Evidence{{Kind: "note", Source: e.Endpoint.URL, Text: "proven in an earlier scan: " + e.Why}}
		if unseen := unseenPages(site, f); len(unseen) > 0 {
			f.Plan, f.State = nil, finding.NotTestable
			f.Why = "An earlier scan proved it, and this one did not get to see " + strings.Join(unseen, ", ") + "."
		} else if f.Plan == nil {
			f = judgedAnew(site, rules, f)
		}
		list = append(list, rated(f))
	}
	return list
}

// toldOf are the findings that the scan speaks of by itself, and whether with a plan.
func toldOf(suspected []finding.Finding) (planned map[string]bool) {
	planned = map[string]bool{}
	for _, f := range suspected {
		planned[f.ID] = planned[f.ID] || f.Plan != nil
	}
	return planned
}

// unseenPages are the pages that f is about and that were not shown this time: not
// at all, or not with the control that is to be clicked.
func unseenPages(site *observe.Site, f finding.Finding) []string {
	if f.Plan != nil && f.Plan.Kind != finding.PlanFrame {
		return nil // that the action still works is the prover's first question
	}
	var list []string
	for _, e := range append([]finding.Endpoint{f.Endpoint}, f.Routes...) {
		if e.Method == "GET" && shown(site, e, f) == nil {
			list = append(list, e.String())
		}
	}
	return list
}

// shown is the document at e, nil if there is none. Where something is to be clicked
// it is a page with that control, whatever its status: errors have buttons too, and
// a refusal has the route of what it refuses.
func shown(site *observe.Site, e finding.Endpoint, f finding.Finding) *observe.Exchange {
	if f.Plan == nil {
		i := slices.IndexFunc(site.Exchanges, func(x *observe.Exchange) bool { return x.Method == e.Method && x.Route == e.Route && x.IsDocument() })
		if i < 0 {
			return nil
		}
		return site.Exchanges[i]
	}
	for _, page := range site.Sightings().PagesAt(e.Route) {
		x := page.Exchange
		if x.Method == e.Method && x.Identity == f.Identity && slices.ContainsFunc(page.Controls, func(c observe.Control) bool { return clicks(site, f.Plan, c) }) {
			return x
		}
	}
	return nil
}

// clicks says whether the plan begins at control c, or ends in what c does.
func clicks(site *observe.Site, plan *finding.Plan, c observe.Control) bool {
	a, ok := actionOf(site, c)
	return len(plan.Clicks) > 0 && plan.Clicks[0].Selector == c.Selector || ok && a.Route == plan.Action.Route && a.Method == plan.Action.Method
}

// judgedAnew is for findings that have no attack of their own: headers decide.
func judgedAnew(site *observe.Site, rules policy.Rules, f finding.Finding) finding.Finding {
	if !strings.HasPrefix(string(f.Weakness), "framing-") {
		return f
	}
	places := append([]finding.Endpoint{f.Endpoint}, f.Routes...)
	for _, d := range documents(site) {
		if in := slices.IndexFunc(places, func(e finding.Endpoint) bool { return e.Route == d.Route }); in < 0 {
			continue
		}
		if intruders := d.intruders(rules); len(intruders) > 0 {
			f.Why = fmt.Sprintf("An earlier scan proved it, and %s may still frame %s.", intruders[0].origin, d.endpoint())
			return f
		}
		f.Evidence = append(f.Evidence, headerEvidence(d)...)
		f.Vector = mergeVectors(f.Vector, framingVector(&Pass{Site: site, Rules: rules}, d))
	}
	f.State = finding.Refuted
	f.Why = fmt.Sprintf("An earlier scan proved it. Now the headers of %s keep every stranger out.", routes(len(places)))
	return f
}

// aimed is e with its addresses those of the site as it is now.
func aimed(site *observe.Site, e finding.Finding) finding.Finding {
	old := e.Endpoint.URL
	e = moved(e, old, site.Target)
	if x := shown(site, e.Endpoint, e); x != nil && (e.Plan == nil || e.Plan.Kind == finding.PlanFrame) {
		if e.Plan != nil {
			for i := range e.Plan.Clicks {
				if e.Plan.Clicks[i].Page == e.Endpoint.URL {
					e.Plan.Clicks[i].Page = x.URL
				}
			}
		}
		e.Endpoint.URL = x.URL
	}
	if e.Plan != nil {
		e.Plan.Action = sameAction(site, e.Plan.Action)
	}
	return e
}

// sameAction is the site's own action at the endpoint of a, which names objects that
// are there now; a itself if the site shows none.
func sameAction(site *observe.Site, a finding.Action) finding.Action {
	same := onePerEndpoint(site.Sightings().ActionsAt(a.Route), func(b finding.Action) bool {
		return b.Method == a.Method && cmp.Or(b.Encoding, a.Encoding) == a.Encoding
	})
	if len(same) == 0 {
		return a
	}
	return same[0]
}

// moved is f with every address of one origin replaced by the same of another,
// whatever part of the plan it stands in.
func moved(f finding.Finding, from, to string) finding.Finding {
	old, err := policy.OriginOfURL(from)
	if err != nil {
		return f
	}
	now, err := policy.OriginOfURL(to)
	if err != nil || old.Same(now) {
		return copied(f, nil)
	}
	socket := strings.NewReplacer("http", "ws")
	return copied(f, strings.NewReplacer(
		`"`+old.String()+`/`, `"`+now.String()+`/`, `"`+old.String()+`"`, `"`+now.String()+`"`,
		`"`+socket.Replace(old.String())+`/`, `"`+socket.Replace(now.String())+`/`))
}

// copied is f, sharing nothing with it, with the text of its JSON form replaced.
func copied(f finding.Finding, replace *strings.Replacer) finding.Finding {
	text, err := json.Marshal(f)
	if err != nil {
		return f
	}
	if replace != nil {
		text = []byte(replace.Replace(string(text)))
	}
	var c finding.Finding
	if json.Unmarshal(text, &c) != nil {
		return f
	}
	return c
}
