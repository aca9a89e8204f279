package check

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

var clickjacking = &Check{
	ID:    string(finding.Clickjacking),
	Doc:   "pages that may be framed with the user's session and hold a control that changes something",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		for _, d := range documents(p.Site) {
			if d.page == nil || d.Identity == "" || len(d.intruders(p.Rules)) == 0 {
				continue
			}
			vector := clickVector(p, d)
			known := len(credentialsOf(p.Site, d.Identity)) > 0 || usesBearer(p.Site)
			if known && !anyOpen(vector) {
				continue // framable and logged out: framing-absent and its kin say so
			}
			for _, l := range lures(p.Site, d) {
				p.Report(l.finding(p, d, vector, !known))
			}
		}
	},
}

// clickVector says from where the page is framed logged in.
func clickVector(p *Pass, d document) []finding.Cell {
	creds := credentialsOf(p.Site, d.Identity)
	if len(creds) == 0 && !usesBearer(p.Site) {
		return nil // how the session travels is not known
	}
	trigger, _ := triggerFor(d.URL, http.MethodGet, policy.Subframe)
	intruders := d.intruders(p.Rules)
	return vectorOf(d.origin, func(from policy.Origin, at finding.Position) (finding.State, string) {
		in := slices.IndexFunc(intruders, func(s stranger) bool { return s.from == at.From })
		if in < 0 {
			return finding.Refuted, sentence(d.framing.Allows(d.origin, from).Reason)
		}
		return sessionInFrame(p.Site, d.Identity, creds, trigger, intruders[in].origin, at)
	})
}

// finding is the suspicion about one control. Candidates of one page share its
// ID; the order in which they are reported is the order in which to try them.
func (l lure) finding(p *Pass, d document, vector []finding.Cell, onlyIfProven bool) finding.Finding {
	f := finding.Finding{Weakness: finding.Clickjacking, Endpoint: d.endpoint(), Identity: d.Identity, Vector: vector}
	label := strings.TrimSpace(l.clicks[0].Label)
	f.Why = fmt.Sprintf("The page may be framed with the session of %s, and the control %q changes something", d.Identity, label)
	if len(l.clicks) > 1 {
		f.Why += fmt.Sprintf(" after %d clicks", len(l.clicks))
	}
	f.Why += "."
	if l.sensitive != "" && isOpen(vector, finding.CrossSite) && tokenlessForms(p.Site, d) {
		// Three layers fail at once, and repairing one of them leaves the others (R23).
		f.Why += fmt.Sprintf(" Three things come together: it is a sensitive control (%s), no header keeps other sites from framing the page, and its forms carry no anti-forgery token.", l.sensitive)
	} else if l.sensitive != "" {
		f.Why += fmt.Sprintf(" It is a sensitive control (%s).", l.sensitive)
	}
	if len(vector) > 0 && !isOpen(vector, finding.CrossSite) {
		f.Why += " In frames of unrelated sites the user is logged out; in those of neighbouring hosts and ports not."
	}
	if l.typed {
		f.Why += " The user would have to fill in a field too, so it was not tried."
	} else {
		f.Plan = &finding.Plan{Kind: finding.PlanFrame, Victim: d.Identity, Action: l.action, Clicks: l.clicks, OnlyIfProven: onlyIfProven}
	}
	f.Evidence = append(headerEvidence(d), finding.Evidence{Kind: "form", Source: d.URL,
		Text: fmt.Sprintf("%q leads to %s", label, l.action.Endpoint())})
	framed := forgery{action: finding.Action{URL: d.URL, Method: http.MethodGet}, creds: credentialsOf(p.Site, d.Identity), kind: policy.Subframe}
	f.Evidence = append(f.Evidence, framed.cookieEvidence()...)
	return f
}

func tokenlessForms(site *observe.Site, d document) bool {
	return slices.ContainsFunc(d.page.Controls, func(c observe.Control) bool {
		a, ok := actionOf(site, c)
		return ok && a.Method != http.MethodGet && !hasToken(a)
	})
}
