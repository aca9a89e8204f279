package check

import "github.com/mantlet-dev/mantlet/internal/finding"

var cookieHTTPOnly = &Check{
	ID:  string(finding.CookieHTTPOnly),
	Doc: "session cookies that scripts can read; cookies that hold a token for scripts are left alone",
	Run: func(p *Pass) {
		var flaws []flawed
		for _, c := range credentials(p.Site) {
			if !c.HTTPOnly && !namesToken(c.Name) {
				flaws = append(flaws, flawed{c, "is not HttpOnly: every script on the page can read it", ""})
			}
		}
		reportCookies(p, finding.CookieHTTPOnly, flaws, nil)
	},
}
