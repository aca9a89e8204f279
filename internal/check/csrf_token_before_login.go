package check

import (
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var csrfTokenBeforeLogin = &Check{
	ID:    string(finding.CSRFTokenBeforeLogin),
	Doc:   "forms with a token, tried with one that was handed out before login",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		if !slices.ContainsFunc(p.Site.Actions, func(a finding.Action) bool { return a.Login }) {
			return // nobody logs in here, so nothing is from before
		}
		for _, a := range actionsOf(p.Site, hasTokenField) {
			if f := forgedPOST(p, a); f.worthTrying() {
				p.Report(f.finding(finding.CSRFTokenBeforeLogin, "The form has a token; it is a finding only if one from before the login still counts.", true,
					finding.Variant{Name: "token from before login", Token: finding.TokenBeforeLogin}))
			}
		}
	},
}
