package check

import "github.com/mantlet-dev/mantlet/internal/finding"

var framingContradictory = &Check{
	ID:  string(finding.FramingContradictory),
	Doc: "framing headers that disagree, or say what cannot have been meant",
	Run: func(p *Pass) {
		for _, g := range framingGroups(p, finding.FramingContradictory) {
			first := g.documents[0]
			why := capital(g.cause) + ". In the end " + who(first.framing.Audience(first.origin)) + " may frame these pages."
			p.Report(g.finding(p, finding.FramingContradictory, why))
		}
	},
}
