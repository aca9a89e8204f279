package check

import (
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
			owner, owned := seen.Owner(refs)
			if !owned {
				continue
			}
			if intruder := intruderFor(seen, owner); intruder != "" {
				p.Report(intrusion(finding.BOLAWrite, a, owner, intruder, belongs(refs, owner, intruder)))
			}
		}
	},
}
