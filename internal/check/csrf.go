package check

import (
	"fmt"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

var csrf = &Check{
	ID:    string(finding.CSRF),
	Doc:   "forms a foreign page might send in the user's name",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		for _, a := range actionsOf(p.Site, isForm) {
			f := forgedPOST(p, a)
			if !f.worthTrying() {
				continue
			}
			switch {
			case hasToken(a):
				p.Report(f.finding(finding.CSRF, "The request carries "+tokenPlace(a)+
					"; it is a finding only if the request is also served without it.", true, tokenGone(a)...))
			case a.Bearer || !f.isAmbient() || isSearch(a):
				p.Report(f.finding(finding.CSRF, "Nothing that was seen says that the request can be forged.", true, plainForms(a)...))
			case isOpen(f.vector, finding.CrossSite):
				p.Report(f.finding(finding.CSRF, tokenless(a)+" The session's cookie travels with it from other sites.", false, plainForms(a)...))
			}
			// A session that only travels from neighbours is csrf-samesite-only.
		}
		for _, a := range actionsOf(p.Site, needsConsent) {
			if f := forgeryOf(p, a, a.Method, policy.Subresource); f.worthTrying() {
				p.Report(f.finding(finding.CSRF, "The browser asks the target before it sends this for a foreign page; "+
					"it is a finding only if the target's CORS policy consents.", true, consented(a)...))
			}
		}
	},
}

func tokenless(a finding.Action) string {
	if a.Source == "form" {
		return "No field of the form behaves like an anti-forgery token, and no script adds one in a header."
	}
	return "The request was seen without anything that behaves like an anti-forgery token."
}

func tokenPlace(a finding.Action) string {
	if name := tokenField(a); name != "" {
		return fmt.Sprintf("a token in the field %q", name)
	}
	return "a token in the header " + a.HeaderToken
}

// plainForms are the encodings a foreign form can choose, the site's own first.
func plainForms(a finding.Action) []finding.Variant {
	list := []finding.Variant{{Name: "sent by a foreign page as it is"}}
	other := finding.EncodingMultipart
	if a.Encoding == finding.EncodingMultipart {
		other = finding.EncodingURL
	}
	return append(list, finding.Variant{Name: "sent by a foreign page as " + other, Encoding: other, HasEncoding: true})
}

// needsConsent says whether no foreign page can send the action without a preflight,
// by its method. JSON that is posted is csrf-json.
func needsConsent(a finding.Action) bool {
	switch a.Method {
	case "PUT", "PATCH", "DELETE":
		return !a.Login
	}
	return false
}
