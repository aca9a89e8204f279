package check

import (
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

var cookieSameSite = &Check{
	ID:  string(finding.CookieSameSite),
	Doc: "session cookies whose line says SameSite=None, or nothing about it",
	Run: func(p *Pass) {
		var flaws []flawed
		for _, c := range credentials(p.Site) {
			switch c.SameSite {
			case policy.SameSiteNone:
				flaw := "says SameSite=None: browsers send it with requests of every site"
				if d := c.stored(); !d.Allowed {
					flaw = "says SameSite=None and is not kept by browsers: " + d.Reason.Explain()
				}
				flaws = append(flaws, flawed{c, flaw, c.stored().Reason})
			case policy.SameSiteUnset:
				flaws = append(flaws, flawed{c, "has no SameSite that browsers know: Chromium sends it with forms of other sites for two minutes, other browsers longer", policy.CookieSentLaxUnsafe})
			}
		}
		reportCookies(p, finding.CookieSameSite, flaws, travels)
	},
}
