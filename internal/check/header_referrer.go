package check

import (
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var headerReferrer = &Check{
	ID:  string(finding.HeaderReferrer),
	Doc: "pages whose Referrer-Policy tells other sites the whole address",
	Run: func(p *Pass) {
		var sights []sight
		for _, x := range p.Site.Exchanges {
			if p := referrerPolicy(x.Header.Values("Referrer-Policy")); isPage(x) && (p == "unsafe-url" || p == "no-referrer-when-downgrade") {
				sights = append(sights, sight{x, "Referrer-Policy: " + p})
			}
		}
		reportSights(p, finding.HeaderReferrer, sights, func(routes string) string {
			return "Links and images on " + routes + " tell other sites the whole address of the page, its query included."
		})
	},
}

var referrerPolicies = []string{"no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
	"origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url"}

// referrerPolicy is the last value that browsers know, "" if there is none.
func referrerPolicy(values []string) string {
	last := ""
	for _, token := range strings.Split(strings.Join(values, ","), ",") {
		if token = strings.ToLower(strings.TrimSpace(token)); slices.Contains(referrerPolicies, token) {
			last = token
		}
	}
	return last
}
