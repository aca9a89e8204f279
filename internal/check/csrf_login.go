package check

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

var csrfLogin = &Check{
	ID:  string(finding.CSRFLogin),
	Doc: "login forms that a foreign page might send",
	Run: func(p *Pass) {
		// A sign-up opens an account, which no attacker needs a victim for, and which the
		// scan could not remove again.
		logins := actionsOf(p.Site, func(a finding.Action) bool {
			return a.Login && a.Method == http.MethodPost && !a.Bearer && !isSignUp(a)
		})
		for _, a := range logins {
			if handsOutTokens(p.Site, a) {
				continue // there is no session that a browser would carry on with
			}
			f := forgery{action: a, vector: loginVector(a)}
			switch {
			case isJSON(a):
				p.Report(f.finding(finding.CSRFLogin, "The login takes JSON; it is a finding only if it also takes what a foreign page can send.", true, disguisedJSON(a)...))
			case hasToken(a):
				variants := append(tokenGone(a), finding.Variant{Name: "token of another visitor", Token: finding.TokenOtherSession})
				p.Report(f.finding(finding.CSRFLogin, "The login carries "+tokenPlace(a)+"; it is a finding only if it is also served without it.", true, variants...))
			case a.Page == "" && !sawLogin(p.Site, a):
				p.Report(f.finding(finding.CSRFLogin, "A document describes the login; whether it gives the browser a session was not seen.", true, plainForms(a)...))
			default:
				p.Report(f.finding(finding.CSRFLogin, "The login form has nothing that behaves like a token of a session before login.", false, plainForms(a)...))
			}
		}
	},
}

// handsOutTokens says whether logins that were answered there began no session that a
// browser carries on by itself: a token is for a script to add, and a foreign page's
// form has none.
func handsOutTokens(site *observe.Site, a finding.Action) bool {
	logins := loginsAt(site, a)
	return len(logins) > 0 && !slices.ContainsFunc(logins, func(l observe.LoginAnswer) bool { return l.Ambient })
}

func sawLogin(site *observe.Site, a finding.Action) bool { return len(loginsAt(site, a)) > 0 }

// loginsAt are the answers to logins that worked at an action's address.
func loginsAt(site *observe.Site, a finding.Action) []observe.LoginAnswer {
	var list []observe.LoginAnswer
	for _, l := range site.Logins {
		if l.Status < http.StatusBadRequest && samePlace(l.Endpoint.URL, a.URL) {
			list = append(list, l)
		}
	}
	return list
}

func samePlace(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Host == y.Host && x.Path == y.Path
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
