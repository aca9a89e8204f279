package check

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// reportNamed reports objects that a script names where no link can: in a header, in
// the variables of a GraphQL query, or in a message over a socket.
func reportNamed(p *Pass) {
	seen := p.Site.Sightings()
	done := map[string]bool{}
	for _, a := range p.Site.Reads {
		refs := slices.DeleteFunc(observe.References(a.Route, a.URL, a.Fields), func(r observe.Reference) bool { return r.In != "header" && r.In != "variables" })
		reportOnce(p, seen, done, a, refs, nil)
	}
	for _, s := range p.Site.Sockets {
		for _, m := range s.Messages {
			refs := observe.MessageReferences(m)
			if strings.Contains(m, finding.MarkerSlot) || hasAnyWord(m, changeWords) || len(refs) == 0 {
				continue // it may do more than ask
			}
			a := finding.Action{Method: http.MethodGet, URL: s.URL, Route: s.Route, Source: s.Sources[0]}
			if len(s.Pages) > 0 {
				a.Page = s.Pages[0]
			}
			for _, r := range refs {
				a.Fields = append(a.Fields, finding.Field{Name: r.Name, In: r.In, Type: "text", Value: r.Value})
			}
			reportOnce(p, seen, done, a, refs, []string{m})
		}
	}
}

// reportOnce reports the first object of each kind that belongs to one identity.
func reportOnce(p *Pass, seen *observe.Sightings, done map[string]bool, a finding.Action, refs []observe.Reference, messages []string) {
	kind := a.Endpoint().String()
	for _, r := range refs {
		kind += " " + r.Name
	}
	owner, owned := seen.Owner(refs)
	intruder := intruderFor(seen, owner)
	if done[kind] || !owned || intruder == "" {
		return
	}
	done[kind] = true
	f := intrusion(finding.BOLARead, a, owner, intruder, belongs(refs, owner, intruder))
	f.Plan.Messages = messages
	p.Report(f)
}
