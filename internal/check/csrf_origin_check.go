package check

import "github.com/mantlet-dev/mantlet/internal/finding"

var csrfOriginCheck = &Check{
	ID:    string(finding.CSRFOriginCheck),
	Doc:   "forms without a token, tried with origins that a sloppy check lets through",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		forms := actionsOf(p.Site, func(a finding.Action) bool { return isForm(a) && !hasToken(a) && !isSearch(a) })
		for _, a := range forms {
			if f := forgedPOST(p, a); f.worthTrying() {
				p.Report(f.finding(finding.CSRFOriginCheck, "The form has no token. Where the plain forged request is refused, its origin may be what is checked; "+
					"it is a finding only if a disguised origin gets through.", true, disguisedOrigins...))
			}
		}
	},
}

// disguisedOrigins are what a foreign page can show instead of its origin, those
// that every page can show first.
var disguisedOrigins = []finding.Variant{
	{Name: "from a sandboxed frame (Origin: null)", Origin: finding.OriginNull},
	{Name: "without Referer, and without Origin where the browser allows it", Origin: finding.OriginSilent},
	{Name: "from a host that begins or ends like the target's", Origin: finding.OriginSuffix},
	{Name: "from a host of the same site", Origin: finding.OriginSibling},
}
