package check

import (
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var csrfSameSiteOnly = &Check{
	ID:    string(finding.CSRFSameSiteOnly),
	Doc:   "forms without a token whose session cookie only travels from neighbouring hosts and ports",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		forms := actionsOf(p.Site, func(a finding.Action) bool { return isForm(a) && !hasToken(a) && !a.Bearer && !isSearch(a) })
		for _, a := range forms {
			f := forgedPOST(p, a)
			if isOpen(f.vector, finding.CrossSite) || !isOpen(f.vector, finding.Sibling, finding.OtherPort) {
				continue
			}
			p.Report(f.finding(finding.CSRFSameSiteOnly, tokenless(a)+" The session's cookie stays behind when another site sends it, "+
				"and travels from every host of the same site and every port of the same host.", false, neighbourForms(a)...))
		}
	},
}

// neighbourForms are the encodings a form can choose, sent from the same site.
func neighbourForms(a finding.Action) []finding.Variant {
	list := plainForms(a)
	for i := range list {
		list[i].Name = strings.Replace(list[i].Name, "a foreign page", "a page of the same site", 1)
		list[i].Origin = finding.OriginSibling
	}
	return list
}
