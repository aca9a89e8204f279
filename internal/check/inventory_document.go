package check

import "github.com/mantlet-dev/mantlet/internal/finding"

var inventoryDocument = &Check{
	ID:  string(finding.InventoryDocument),
	Doc: "descriptions of the interface that visitors are given",
	Run: func(p *Pass) {
		var sights []sight
		for _, x := range p.Site.Exchanges {
			if x.Purpose == "openapi" && x.Identity == "" && answered(x) {
				sights = append(sights, sight{x, "an OpenAPI document, given without a login"})
			}
		}
		reportSights(p, finding.InventoryDocument, sights, func(string) string {
			return "Everybody can read which operations there are. That is intended where the interface is public."
		})
	},
}
