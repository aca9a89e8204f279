package check

import (
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

var headerCSP = &Check{
	ID:  string(finding.HeaderCSP),
	Doc: "pages without an enforced policy for scripts",
	Run: func(p *Pass) {
		var sights []sight
		for _, x := range p.Site.Exchanges {
			if !isPage(x) {
				continue
			}
			if named := directives(x); !named["script-src"] && !named["default-src"] {
				text := "no Content-Security-Policy with script-src or default-src"
				if x.Header.Get(policy.HeaderCSPReportOnly) != "" {
					text = "the Content-Security-Policy for scripts only reports"
				}
				sights = append(sights, sight{x, text})
			}
		}
		reportSights(p, finding.HeaderCSP, sights, func(routes string) string {
			return "If markup of an attacker gets into a page, nothing keeps its scripts from running on " + routes + "."
		})
	},
}
