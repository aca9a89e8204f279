package check

import "github.com/mantlet-dev/mantlet/internal/finding"

var framingWeak = &Check{
	ID:  string(finding.FramingWeak),
	Doc: "framing policies that are there and let strangers through",
	Run: func(p *Pass) {
		for _, g := range framingGroups(p, finding.FramingWeak) {
			why := "A framing policy is there and does not hold: " + g.cause + "."
			p.Report(g.finding(p, finding.FramingWeak, why))
		}
	},
}
