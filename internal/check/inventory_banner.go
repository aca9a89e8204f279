package check

import (
	"regexp"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var inventoryBanner = &Check{
	ID:  string(finding.InventoryBanner),
	Doc: "headers that name the versions of the server's software",
	Run: func(p *Pass) {
		said := map[string]bool{}
		var sights []sight
		for _, x := range p.Site.Exchanges {
			for _, name := range []string{"Server", "X-Powered-By", "X-AspNet-Version", "X-AspNetMvc-Version", "X-Runtime-Version"} {
				text := name + ": " + x.Header.Get(name)
				if banner.MatchString(x.Header.Get(name)) && !said[text] {
					said[text] = true
					sights = append(sights, sight{x, text})
				}
			}
		}
		reportSights(p, finding.InventoryBanner, sights, func(string) string {
			return "The headers tell which flaws to look up. Hiding them repairs nothing; they are named so that the versions can be checked."
		})
	},
}

// banner is a number of at least two parts.
var banner = regexp.MustCompile(`(?:^|[/ (v])\d{1,4}\.\d+`)
