package check

import (
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

var framingAbsent = &Check{
	ID:  string(finding.FramingAbsent),
	Doc: "documents whose headers say nothing about who may frame them",
	Run: func(p *Pass) {
		for _, g := range framingGroups(p, finding.FramingAbsent) {
			why := "Any site may frame " + routes(len(g.documents)) +
				": neither a Content-Security-Policy with frame-ancestors nor X-Frame-Options was sent."
			if p.Site.Framework.DefaultStack && p.Site.Framework.Name != "" {
				why += " This is what " + frameworkName(p.Site.Framework.Name) + " sends when no security layer is added to it."
			}
			if hasCORS(p.Site) {
				why += " The CORS policy that is there does not control framing."
			}
			p.Report(g.finding(p, finding.FramingAbsent, why))
		}
	},
}

func hasCORS(site *observe.Site) bool {
	return slices.ContainsFunc(site.Exchanges, func(x *observe.Exchange) bool {
		for name := range x.Header {
			if strings.EqualFold(name, "Access-Control-Allow-Origin") {
				return true
			}
		}
		return false
	})
}

func frameworkName(name string) string {
	for _, proper := range []string{"FastAPI", "Flask", "Django", "Go", "Express"} {
		if strings.EqualFold(proper, name) {
			return proper
		}
	}
	return name
}
