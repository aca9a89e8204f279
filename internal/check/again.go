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
	for _, e := range earlier {
		if e.State != finding.Proven || willBeTold(e, suspected) {
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

// willBeTold says whether the scan speaks of e by itself.
func willBeTold(e finding.Finding, suspected []finding.Finding) bool {
	return slices.ContainsFunc(suspected, func(f finding.Finding) bool {
		return f.ID == e.ID && (f.Plan != nil || e.Plan == nil)
	})
}

// unseenPages are the pages that f is about and that were not shown this time: not
// at all, or not to the identity they had been shown to.
func unseenPages(site *observe.Site, f finding.Finding) []string {
	if f.Plan != nil && f.Plan.Kind != finding.PlanFrame {
		return nil // that the action still works is the prover's first question
	}
	var list []string
	for _, e := range append([]finding.Endpoint{f.Endpoint}, f.Routes...) {
		if e.Method == "GET" && !slices.ContainsFunc(site.Exchanges, func(x *observe.Exchange) bool { return shows(x, e, f) }) {
			list = append(list, e.String())
		}
	}
	return list
}

// shows: an error is what an endpoint shows only if it was all there was before.
func shows(x *observe.Exchange, e finding.Endpoint, f finding.Finding) bool {
	return x.Method == e.Method && x.Route == e.Route && x.IsDocument() && (f.Plan == nil || x.Identity == f.Identity && x.Status < 300)
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
	for _, x := range site.Exchanges {
		if x.Method == e.Endpoint.Method && x.Route == e.Endpoint.Route && x.Identity == e.Identity && x.Status < 300 {
			if e.Plan != nil {
				for i := range e.Plan.Clicks {
					if e.Plan.Clicks[i].Page == e.Endpoint.URL {
						e.Plan.Clicks[i].Page = x.URL
					}
				}
			}
			e.Endpoint.URL = x.URL
			break
		}
	}
	if e.Plan != nil {
		e.Plan.Action = sameAction(site, e.Plan.Action)
	}
	return e
}

// sameAction is the site's own action at the endpoint of a, which names objects that
// are there now; a itself if the site shows none.
func sameAction(site *observe.Site, a finding.Action) finding.Action {
	same := actionsOf(site, func(b finding.Action) bool {
		return b.Method == a.Method && b.Route == a.Route && cmp.Or(b.Encoding, a.Encoding) == a.Encoding
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
