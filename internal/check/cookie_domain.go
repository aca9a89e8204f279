package check

import (
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

var cookieDomain = &Check{
	ID:  string(finding.CookieDomain),
	Doc: "session and anti-forgery cookies that are shared with every sub-domain",
	Run: func(p *Pass) {
		var flaws []flawed
		for _, c := range append(credentials(p.Site), tokenCookies(p.Site)...) {
			if c.Domain != "" && !c.origin.IsAddress() && c.stored().Allowed {
				flaws = append(flaws, flawed{c, "has Domain=" + c.Domain + ": every host under it receives the cookie and can replace it", c.stored().Reason})
			}
		}
		reportCookies(p, finding.CookieDomain, flaws, receivers)
	},
}

// receivers says who is sent the cookie without doing anything: its Domain decides.
func receivers(c flawed) []finding.Cell {
	return vectorOf(c.origin, func(from policy.Origin, _ finding.Position) (finding.State, string) {
		switch host := from.Host(); {
		case host == c.origin.Host():
			return finding.Refuted, "Cookies do not tell ports apart; the Domain changes nothing about that"
		case host == c.Domain || strings.HasSuffix(host, "."+c.Domain):
			return finding.Suspected, "A host under " + c.Domain + " receives the cookie with every visit"
		}
		return finding.Refuted, "The host is not under " + c.Domain
	})
}
