package check

import "github.com/mantlet-dev/mantlet/internal/finding"

var bolaExistence = &Check{
	ID:    string(finding.BOLAExistence),
	Doc:   "answers that tell a foreign object from a missing one",
	Needs: NeedsTwoUsers,
	Run: func(p *Pass) {
		eachOwned(p.Site, func(r reading, owner, intruder string) {
			p.Report(intrusion(finding.BOLAExistence, r.action(), owner, intruder, belongs(r.refs, owner, intruder)))
		})
	},
}
