package check

import (
	"fmt"
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
	eachMessage(p.Site, func(a finding.Action, m string, refs []observe.Reference) {
		if !strings.Contains(m, finding.MarkerSlot) && !hasAnyWord(m, changeWords) && !hasAnyWord(m, destroyingWords) { // or else it may do more than ask
			reportOnce(p, seen, done, a, refs, []string{m})
		}
	})
}

// reportOrders reports objects that a message over a socket names in order to change
// them, where there is a place for what to set, or to destroy them.
func reportOrders(p *Pass) {
	seen := p.Site.Sightings()
	done := map[string]bool{}
	eachMessage(p.Site, func(a finding.Action, m string, refs []observe.Reference) {
		owner, owned := seen.Owner(refs)
		intruder := intruderFor(seen, owner)
		sets := strings.Contains(m, finding.MarkerSlot)
		kind := fmt.Sprint(sets, " ", objectKind(a, refs))
		if !owned || intruder == "" || done[kind] || !sets && !hasAnyWord(m, destroyingWords) {
			return
		}
		done[kind] = true
		f := intrusion(finding.BOLAWrite, a, owner, intruder, belongs(refs, owner, intruder))
		f.Plan.Messages = []string{m}
		p.Report(f)
	})
}

var destroyingWords = []string{"delete", "remove", "destroy", "erase", "drop", "purge"}

// eachMessage gives the messages over sockets that name an object, each as the request
// that a plan is about.
func eachMessage(site *observe.Site, found func(a finding.Action, m string, refs []observe.Reference)) {
	for _, s := range site.Sockets {
		for _, m := range s.Messages {
			refs := slices.DeleteFunc(observe.MessageReferences(m), func(r observe.Reference) bool { return strings.Contains(r.Value, finding.MarkerSlot) })
			if len(refs) == 0 {
				continue
			}
			a := finding.Action{Method: http.MethodGet, URL: s.URL, Route: s.Route, Source: s.Sources[0]}
			if len(s.Pages) > 0 {
				a.Page = s.Pages[0]
			}
			for _, r := range refs {
				a.Fields = append(a.Fields, finding.Field{Name: r.Name, In: r.In, Type: "text", Value: r.Value})
			}
			found(a, m, refs)
		}
	}
}

// objectKind is what requests have in common that name the same kind of object at one place.
func objectKind(a finding.Action, refs []observe.Reference) string {
	kind := a.Endpoint().String()
	for _, r := range refs {
		kind += " " + r.Name
	}
	return kind
}

// reportOnce reports the first object of each kind that belongs to one identity.
func reportOnce(p *Pass, seen *observe.Sightings, done map[string]bool, a finding.Action, refs []observe.Reference, messages []string) {
	kind := objectKind(a, refs)
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
