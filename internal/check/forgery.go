package check

import (
	"fmt"
	"net/http"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// A forgery is a request that a foreign page might send in a user's name, before
// it is known whether it is worth a finding.
type forgery struct {
	action finding.Action
	victim string
	creds  []credential
	vector []finding.Cell
	kind   policy.Kind // how it travels: with a navigation of the tab, or into a frame
}

// forgeryOf works out as whom the action would be forged and from where the
// session would travel with it. Kinds are the ways a foreign page has of sending
// it with the given method.
func forgeryOf(p *Pass, a finding.Action, method string, kinds ...policy.Kind) forgery {
	return forgeryAs(p, a, victimOf(p.Site, a), method, kinds...)
}

// forgeryAs is forgeryOf for a victim that is known.
func forgeryAs(p *Pass, a finding.Action, victim, method string, kinds ...policy.Kind) forgery {
	f := forgery{action: a, victim: victim}
	f.creds = credentialsOf(p.Site, f.victim)
	if len(f.creds) == 0 {
		return f
	}
	trigger, ok := triggerFor(a.URL, method, policy.TopLevelNavigation)
	if !ok {
		return f
	}
	f.vector = vectorOf(trigger.Target, func(from policy.Origin, at finding.Position) (finding.State, string) {
		var c credential
		var d policy.Decision
		for _, kind := range kinds {
			trigger.Kind = kind
			if c, d = anyRides(f.creds, trigger, from, at); d.Allowed {
				return finding.Suspected, fmt.Sprintf("The cookie %s travels with the forged request: %s", c.Name, d.Reason.Explain())
			}
		}
		return finding.Refuted, fmt.Sprintf("The cookie %s stays behind: %s", c.Name, d.Reason.Explain())
	})
	return f
}

// forgedPOST is an action that a foreign page would send as a form or with a script.
func forgedPOST(p *Pass, a finding.Action) forgery {
	return forgeryOf(p, a, http.MethodPost, policy.TopLevelNavigation, policy.Subresource)
}

// isAmbient says whether the browser adds the session by itself. An action that
// wants a bearer token may take a cookie as well, but only a known one counts.
func (f forgery) isAmbient() bool { return len(f.creds) > 0 }

// worthTrying is false for what needs a credential that no foreign page can add.
func (f forgery) worthTrying() bool { return !f.action.Bearer || f.isAmbient() }

func (f forgery) finding(w finding.Weakness, why string, onlyIfProven bool, variants ...finding.Variant) finding.Finding {
	return finding.Finding{
		Weakness: w, Endpoint: f.action.Endpoint(), Identity: f.victim, Why: why, Vector: f.vector,
		Evidence: append(actionEvidence(f.action), f.cookieEvidence()...),
		Plan: &finding.Plan{
			Kind: finding.PlanForge, Victim: f.victim, Action: f.action, Variants: variants, OnlyIfProven: onlyIfProven,
		},
	}
}

// cookieEvidence quotes the session's cookies with what the browser does with
// each on a cross-site request, some minutes after login. Settle reads it.
func (f forgery) cookieEvidence() []finding.Evidence {
	trigger, ok := triggerFor(webAddress(f.action.URL), f.action.Method, f.kind)
	if !ok {
		return nil
	}
	var list []finding.Evidence
	for _, c := range f.creds {
		d := c.rides(trigger, unrelated(trigger.Target), finding.Position{From: finding.CrossSite, Cookie: finding.Aged})
		if d.Reason == policy.CookieOtherPath || d.Reason == policy.CookieOtherHost {
			continue
		}
		list = append(list, finding.Evidence{Kind: "cookie", Source: c.seen.Endpoint.String(), Text: c.seen.Line, Reason: string(d.Reason)})
	}
	return list
}

func actionEvidence(a finding.Action) []finding.Evidence {
	text := a.Endpoint().String()
	if a.Encoding != "" {
		text += " as " + a.Encoding
	}
	names := ""
	for _, field := range a.Fields {
		if names != "" {
			names += ", "
		}
		names += field.Name
		if field.Token {
			names += " (behaves like a token)"
		}
	}
	if names != "" {
		text += ", with " + names
	}
	if a.HeaderToken != "" {
		text += ", and the header " + a.HeaderToken
	}
	return []finding.Evidence{{Kind: "form", Source: a.Page, Text: text + " (found in: " + a.Source + ")"}}
}

// tokenGone are the ways of having no token, the most general first. A header
// cannot be sent wrong by a foreign page, only left out.
func tokenGone(a finding.Action) []finding.Variant {
	list := []finding.Variant{{Name: "token left out", Token: finding.TokenAbsent}}
	if tokenField(a) != "" {
		list = append(list,
			finding.Variant{Name: "token empty", Token: finding.TokenEmpty},
			finding.Variant{Name: "token wrong", Token: finding.TokenWrong})
	}
	return list
}

// withoutToken is v for an action that has a token, sent without it.
func withoutToken(a finding.Action, v finding.Variant) finding.Variant {
	if hasToken(a) {
		v.Token = finding.TokenAbsent
		v.Name += ", token left out"
	}
	return v
}
