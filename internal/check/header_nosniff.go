package check

import (
	"cmp"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var headerNoSniff = &Check{
	ID:  string(finding.HeaderNoSniff),
	Doc: "answers that leave browsers to guess what they are",
	Run: func(p *Pass) {
		var sights []sight
		for _, x := range p.Site.Exchanges {
			if first, _, _ := strings.Cut(x.Header.Get("X-Content-Type-Options"), ","); answered(x) && !strings.EqualFold(strings.TrimSpace(first), "nosniff") {
				sights = append(sights, sight{x, cmp.Or(x.Type, "no type") + ", without X-Content-Type-Options: nosniff"})
			}
		}
		reportSights(p, finding.HeaderNoSniff, sights, func(routes string) string {
			return "Answers on " + routes + " do not tell browsers to keep to the type they are sent with."
		})
	},
}
