package check

import (
	"net/http"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var csrfJSON = &Check{
	ID:    string(finding.CSRFJSON),
	Doc:   "JSON endpoints that may read as JSON what a foreign page can send without asking",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		json := actionsOf(p.Site, func(a finding.Action) bool { return a.Method == "POST" && isJSON(a) && !a.Login })
		for _, a := range json {
			f := forgedPOST(p, a)
			if !f.worthTrying() {
				continue
			}
			p.Report(f.finding(finding.CSRFJSON, "The endpoint takes JSON, which a foreign page may send under another name, or as it is where the target's CORS policy "+
				"lets it; it is a finding only if that is served.", true, append(disguisedJSON(a), consented(a)...)...))
		}
	},
}

// disguisedJSON are the ways to send JSON that need no preflight, the one that
// servers see most often first.
func disguisedJSON(a finding.Action) []finding.Variant {
	list := []finding.Variant{
		withoutToken(a, finding.Variant{Name: "JSON sent as text/plain", Encoding: finding.EncodingText, HasEncoding: true}),
		withoutToken(a, finding.Variant{Name: "JSON sent without a content type", Encoding: "", HasEncoding: true}),
		withoutToken(a, finding.Variant{Name: "JSON sent as a form", Encoding: finding.EncodingURL, HasEncoding: true}),
	}
	if isOperation(a) { // servers of GraphQL take it from the address as well
		list = append(list, withoutToken(a, finding.Variant{Name: "sent in the address, as GET", Method: http.MethodGet}))
	}
	return list
}

// isOperation says whether an action is an operation of a GraphQL endpoint.
func isOperation(a finding.Action) bool {
	return slices.ContainsFunc(a.Fields, func(f finding.Field) bool { return f.Type == "document" })
}

// consented are the ways to send what the browser asks the target about first, as
// pages of the origins that a sloppy CORS policy consents to.
func consented(a finding.Action) []finding.Variant {
	list := []finding.Variant{
		{Name: "as it is, with the consent of the target's CORS policy", Consent: true},
		{Name: "as it is, from a sandboxed frame, with the consent of the target's CORS policy", Consent: true, Origin: finding.OriginNull},
	}
	for i := range list {
		list[i] = withoutToken(a, list[i])
	}
	return list
}
