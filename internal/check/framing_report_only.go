package check

import "github.com/mantlet-dev/mantlet/internal/finding"

var framingReportOnly = &Check{
	ID:  string(finding.FramingReportOnly),
	Doc: "framing policies that are reported and not enforced, where nothing else protects",
	Run: func(p *Pass) {
		for _, g := range framingGroups(p, finding.FramingReportOnly) {
			why := capital(g.cause) + ": the browser shows the page in a foreign frame and sends a report. It would hold if it were enforced."
			p.Report(g.finding(p, finding.FramingReportOnly, why))
		}
	},
}
