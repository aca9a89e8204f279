package check

import "github.com/mantlet-dev/mantlet/internal/finding"

var bolaRead = &Check{
	ID:    string(finding.BOLARead),
	Doc:   "objects that only their owner is shown",
	Needs: NeedsTwoUsers,
	Run: func(p *Pass) {
		seen := p.Site.Sightings()
		done := map[string]bool{}
		for _, r := range readings(p.Site) {
			if len(r.refs) == 0 || done[r.kind()] {
				continue
			}
			owner, owned := seen.Owner(r.refs)
			if !owned || owner != r.Identity {
				continue
			}
			if intruder := intruderFor(seen, owner); intruder != "" {
				done[r.kind()] = true
				p.Report(intrusion(finding.BOLARead, r.action(), owner, intruder, belongs(r.refs, owner, intruder)))
			}
		}
	},
}
