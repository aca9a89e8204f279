package check

import (
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

var bolaRead = &Check{
	ID:    string(finding.BOLARead),
	Doc:   "objects that only their owner is shown",
	Needs: NeedsTwoUsers,
	Run: func(p *Pass) {
		eachOwned(p.Site, func(r reading, owner, intruder string) {
			p.Report(intrusion(finding.BOLARead, r.action(), owner, intruder, belongs(r.refs, owner, intruder)))
		})
	},
}

// eachOwned gives one object of each kind that belongs to one identity, and who
// might ask for it instead.
func eachOwned(site *observe.Site, found func(r reading, owner, intruder string)) {
	seen := site.Sightings()
	done := map[string]bool{}
	for _, r := range readings(site) {
		if len(r.refs) == 0 || done[r.kind()] {
			continue
		}
		owner, owned := seen.Owner(r.refs)
		if !owned || owner != r.Identity {
			continue
		}
		if intruder := intruderFor(seen, owner); intruder != "" {
			done[r.kind()] = true
			found(r, owner, intruder)
		}
	}
}
