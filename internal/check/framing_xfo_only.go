package check

import "github.com/mantlet-dev/mantlet/internal/finding"

var framingXFOOnly = &Check{
	ID:  string(finding.FramingXFOOnly),
	Doc: "documents that X-Frame-Options alone protects",
	Run: func(p *Pass) {
		var all framingGroup // DENY here and SAMEORIGIN there are the same remark
		for _, g := range framingGroups(p, finding.FramingXFOOnly) {
			all.documents = append(all.documents, g.documents...)
		}
		if len(all.documents) > 0 {
			p.Report(all.finding(p, finding.FramingXFOOnly, "X-Frame-Options alone protects "+routes(len(all.documents))+
				". It works today; it is obsolete, cannot name a partner, and stops counting as soon as a frame-ancestors is sent."))
		}
	},
}
