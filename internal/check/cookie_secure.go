package check

import (
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

var cookieSecure = &Check{
	ID:  string(finding.CookieSecure),
	Doc: "session and anti-forgery cookies that travel over plain HTTP, or that the site's plain HTTP loses",
	Run: func(p *Pass) {
		var flaws []flawed
		for _, c := range append(credentials(p.Site), tokenCookies(p.Site)...) {
			switch reason := c.stored().Reason; {
			case reason == policy.CookieSecureOverPlain:
				flaws = append(flaws, flawed{c, "is Secure, and the site is served over plain HTTP: browsers do not keep it, so it will not be sent", reason})
			case !c.Secure:
				flaws = append(flaws, flawed{c, "is not Secure: wherever the site is asked over plain HTTP, everybody on the way can read and replace it", ""})
			}
		}
		reportCookies(p, finding.CookieSecure, flaws, nil)
	},
}
