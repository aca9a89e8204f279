package check

import (
	"net/url"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

var bolaWrite = &Check{
	ID:    string(finding.BOLAWrite),
	Doc:   "requests that change an object of its owner's",
	Needs: NeedsTwoUsers,
	Run: func(p *Pass) {
		seen := p.Site.Sightings()
		for _, a := range changes(p.Site) {
			refs := observe.References(a.Route, a.URL, a.Fields)
			if u, err := url.Parse(a.URL); err == nil && len(refs) > 0 && refs[0].In == "path" {
				// Of an object that everybody sees, only its owner is offered the change.
				refs = append(refs, observe.Reference{In: "path", Name: refs[0].Name, Value: refs[0].Value, Path: u.Path})
			}
			owner, owned := seen.Owner(refs)
			if !owned {
				continue
			}
			if intruder := intruderFor(seen, owner); intruder != "" {
				p.Report(intrusion(finding.BOLAWrite, a, owner, intruder, belongs(observe.References(a.Route, a.URL, a.Fields), owner, intruder)))
			}
		}
	},
}
