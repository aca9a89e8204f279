package check

import (
	"net/http"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

var csrfLogin = &Check{
	ID:  string(finding.CSRFLogin),
	Doc: "login and sign-up forms that a foreign page might send",
	Run: func(p *Pass) {
		logins := actionsOf(p.Site, func(a finding.Action) bool { return a.Login && a.Method == http.MethodPost && !a.Bearer })
		for _, a := range logins {
			f := forgery{action: a, vector: loginVector(a)}
			switch {
			case isJSON(a):
				p.Report(f.finding(finding.CSRFLogin, "The login takes JSON; it is a finding only if it also takes what a foreign page can send.", true, disguisedJSON(a)...))
			case hasToken(a):
				variants := append(tokenGone(a), finding.Variant{Name: "token of another visitor", Token: finding.TokenOtherSession})
				p.Report(f.finding(finding.CSRFLogin, "The login carries "+tokenPlace(a)+"; it is a finding only if it is also served without it.", true, variants...))
			default:
				p.Report(f.finding(finding.CSRFLogin, "The login form has nothing that behaves like a token of a session before login.", false, plainForms(a)...))
			}
		}
	},
}

// loginVector is open everywhere: the attacker brings the credentials, and no
// cookie of the victim is needed.
func loginVector(a finding.Action) []finding.Cell {
	trigger, ok := triggerFor(a.URL, a.Method, policy.TopLevelNavigation)
	if !ok {
		return nil
	}
	return vectorOf(trigger.Target, func(policy.Origin, finding.Position) (finding.State, string) {
		return finding.Suspected, "The attacker's own name and password are sent; no cookie of the user is needed"
	})
}
