package check

import (
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var transportPlain = &Check{
	ID:  string(finding.TransportPlain),
	Doc: "answers over plain HTTP that are no redirects to HTTPS",
	Run: func(p *Pass) {
		var sights []sight
		for _, x := range p.Site.Exchanges {
			if o, ok := remote(x); ok && o.Scheme() == "http" && answered(x) {
				sights = append(sights, sight{x, strings.TrimSuffix(o.String(), "/") + " answers over http and does not send browsers on to https"})
			}
		}
		reportSights(p, finding.TransportPlain, sights, func(routes string) string {
			return "What is sent and answered on " + routes + " can be read and changed by everybody on the way."
		})
	},
}
