package check

import (
	"net/http"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

var csrfMethodOverride = &Check{
	ID:    string(finding.CSRFMethodOverride),
	Doc:   "actions that may be reached under another method than the one that is checked",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		unsafe := actionsOf(p.Site, func(a finding.Action) bool {
			return !a.Login && slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE"}, a.Method)
		})
		for _, a := range unsafe {
			f := forgeryOf(p, a, http.MethodPost, policy.TopLevelNavigation)
			if a.Method == http.MethodPost {
				f = forgeryOf(p, a, http.MethodGet, policy.TopLevelNavigation, policy.Subresource)
			}
			if !f.worthTrying() || a.Method == http.MethodPost && isJSON(a) {
				continue
			}
			found := f.finding(finding.CSRFMethodOverride, "The action is a "+a.Method+
				"; it is a finding only if it is also reached under a method that a foreign page can send unchecked.", true, overrides(a)...)
			if a.Method != http.MethodPost {
				// The flaw stands where the forged request goes.
				found.Endpoint.Method = http.MethodPost
			}
			p.Report(found)
		}
	},
}

// overrides are the ways to reach a, the most usual first. A request header can
// name the method too, but a foreign page cannot set one.
func overrides(a finding.Action) []finding.Variant {
	if a.Method == http.MethodPost {
		return []finding.Variant{
			withoutToken(a, finding.Variant{Name: "sent as GET", Method: http.MethodGet}),
			withoutToken(a, finding.Variant{Name: "sent as GET with _method in the query", Method: http.MethodGet, Override: "query:_method"}),
		}
	}
	encoding := func(v finding.Variant) finding.Variant {
		if isJSON(a) {
			v.Encoding, v.HasEncoding = finding.EncodingURL, true
		}
		return withoutToken(a, v)
	}
	return []finding.Variant{
		encoding(finding.Variant{Name: "sent as POST with _method in the form", Method: http.MethodPost, Override: "_method"}),
		encoding(finding.Variant{Name: "sent as POST with _method in the query", Method: http.MethodPost, Override: "query:_method"}),
		encoding(finding.Variant{Name: "sent as GET with _method in the query", Method: http.MethodGet, Override: "query:_method"}),
	}
}
