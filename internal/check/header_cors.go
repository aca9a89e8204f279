package check

import (
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var headerCORS = &Check{
	ID:    string(finding.HeaderCORS),
	Doc:   "answers behind a login that pages of every origin may read if they name the credentials",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		var sights []sight
		for _, x := range p.Site.Exchanges {
			if answered(x) && x.Authenticated != nil && *x.Authenticated && strings.TrimSpace(x.Header.Get("Access-Control-Allow-Origin")) == "*" {
				sights = append(sights, sight{x, "Access-Control-Allow-Origin: * on an answer that visitors do not get"})
			}
		}
		reportSights(p, finding.HeaderCORS, sights, func(routes string) string {
			return "A page of any origin may read " + routes + " with a token that it holds; with the user's cookies browsers let none."
		})
	},
}
