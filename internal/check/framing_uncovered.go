package check

import (
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

var framingUncovered = &Check{
	ID:  string(finding.FramingUncovered),
	Doc: "error pages and unusual document types that lack the protection the site's pages have",
	Run: func(p *Pass) {
		for _, g := range framingGroups(p, finding.FramingUncovered) {
			var kinds []string
			for _, d := range g.documents {
				if kind := d.kind(); !slices.Contains(kinds, kind) {
					kinds = append(kinds, kind)
				}
			}
			why := "The site's pages keep strangers from framing them; " + g.cause + " do not: " + strings.Join(kinds, ", ") + "."
			p.Report(g.finding(p, finding.FramingUncovered, why))
		}
	},
}

// pagesAreCovered says whether a good part of the ordinary pages keeps strangers
// out, so that documents of other kinds without a policy were forgotten.
func pagesAreCovered(all []document, rules policy.Rules) bool {
	pages, protected := 0, 0
	for _, d := range all {
		if d.kind() != "" {
			continue
		}
		pages++
		if len(d.intruders(rules)) == 0 {
			protected++
		}
	}
	// A third: where fewer pages have it, the protection belongs to single pages
	// and was never meant for the site.
	return protected > 0 && protected*3 >= pages
}
