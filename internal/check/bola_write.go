package check

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

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
			intruder := intruderFor(seen, owner)
			why := belongs(observe.References(a.Route, a.URL, a.Fields), owner, intruder)
			if !owned && (setsAnew(a) || setsPassword(a)) {
				// An account is its user's, whoever may look at it.
				owner, owned = p.Site.Account(refs)
				intruder = intruderFor(seen, owner)
				why = fmt.Sprintf("The request names the account of %q.", owner)
			}
			if owned && intruder != "" {
				p.Report(intrusion(finding.BOLAWrite, a, owner, intruder, why))
			}
		}
		reportOrders(p)
	},
}

// setsAnew says whether an action sets what there is, by its method: what is added to
// somebody's account, a message or a transfer, is not for its owner alone to add.
func setsAnew(a finding.Action) bool {
	return a.Method == http.MethodPut || a.Method == http.MethodPatch
}

func setsPassword(a finding.Action) bool {
	return slices.ContainsFunc(a.Fields, func(f finding.Field) bool { return f.Type == "password" })
}
