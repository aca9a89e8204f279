package check

import "github.com/mantlet-dev/mantlet/internal/finding"

var authMissing = &Check{
	ID:    string(finding.AuthMissing),
	Doc:   "pages and requests that should need a login",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		seen := p.Site.Sightings()
		done := map[string]bool{}
		for _, owned := range []bool{true, false} { // what belongs to one identity tells most
			for _, r := range readings(p.Site) {
				owner, ok := seen.Owner(r.refs)
				if done[r.kind()] || seen.Led("", r.URL) || owned && (!ok || owner != r.Identity) {
					continue
				}
				done[r.kind()] = true
				p.Report(intrusion(finding.AuthMissing, r.action(), r.Identity, "", "Visitors are not led here, and an identity is."))
			}
		}
		for _, a := range changes(p.Site) {
			p.Report(intrusion(finding.AuthMissing, a, victimOf(p.Site, a), "", "The action is offered to those who are logged in."))
		}
	},
}
