package check

import "github.com/mantlet-dev/mantlet/internal/finding"

var framingMeta = &Check{
	ID:  string(finding.FramingMeta),
	Doc: "framing policies in meta elements, where no header protects the page",
	Run: func(p *Pass) {
		for _, g := range framingGroups(p, finding.FramingMeta) {
			f := g.finding(p, finding.FramingMeta, "The page tries to set its framing policy in a meta element ("+g.cause+
				"), where browsers ignore it; no header sets one.")
			f.Evidence = append(f.Evidence, finding.Evidence{Kind: "note", Source: f.Endpoint.URL, Text: "<meta http-equiv>: " + g.cause})
			p.Report(f)
		}
	},
}
