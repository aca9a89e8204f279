package check

import "github.com/mantlet-dev/mantlet/internal/finding"

var csrfTokenUnbound = &Check{
	ID:    string(finding.CSRFTokenUnbound),
	Doc:   "forms with a token, tried with the token of another session",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		for _, a := range actionsOf(p.Site, hasTokenField) {
			if f := forgedPOST(p, a); f.worthTrying() {
				p.Report(f.finding(finding.CSRFTokenUnbound, "The form has a token; it is a finding only if one of another session is taken for it.", true,
					finding.Variant{Name: "token of another session", Token: finding.TokenOtherSession}))
			}
		}
	},
}

func hasTokenField(a finding.Action) bool { return isForm(a) && tokenField(a) != "" }
