package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Chains are the ways from a foreign page through a session to what its user could
// not mean to do, as far as both halves were proven: a forged request, or a click,
// whose action by the user's own hand writes a field that no form offers, is an
// administrator's, or is about somebody else's object. Each carries a plan to be
// carried out from end to end; until then it is OnlyIfProven.
func Chains(findings []finding.Finding) []finding.Finding {
	settled := Settle(findings)
	halves, joined := secondHalves(settled), map[string]bool{}
	var chains []finding.Finding
	for _, attack := range settled {
		if !leadsIn(attack) {
			continue
		}
		for _, w := range reaches {
			reach, found := halves[claim{w, attack.Plan.Action.Endpoint().String()}]
			if !found {
				continue
			}
			if c, ok := join(attack, reach); ok && !joined[c.Endpoint.String()] {
				joined[c.Endpoint.String()] = true
				chains = append(chains, c)
				break
			}
		}
	}
	return chains
}

// reaches are the second halves, the one that says most first.
var reaches = []finding.Weakness{finding.PropertyAssignment, finding.AuthFunction, finding.BOLAWrite}

// leadsIn says whether f is a first half: a foreign page that has the browser act.
func leadsIn(f finding.Finding) bool {
	return f.State == finding.Proven && f.Plan != nil && f.Proof != nil &&
		(f.Weakness == finding.Clickjacking || isCSRF(f.Weakness) && f.Weakness != finding.CSRFLogin && f.Plan.Kind == finding.PlanForge)
}

// A claim is a weakness and the endpoint of which it is said.
type claim struct {
	weakness finding.Weakness
	endpoint string
}

// secondHalves are what was proven that a chain may end in, the first of each kind.
func secondHalves(settled []finding.Finding) map[claim]finding.Finding {
	halves := map[claim]finding.Finding{}
	for _, f := range settled {
		if f.State != finding.Proven || f.Plan == nil || f.Proof == nil {
			continue
		}
		key := claim{f.Weakness, f.Plan.Action.Endpoint().String()}
		if _, known := halves[key]; !known {
			halves[key] = f
		}
	}
	return halves
}

// join makes one finding of two halves; false if the second cannot be reached by the
// first.
func join(attack, reach finding.Finding) (finding.Finding, bool) {
	plan := *attack.Plan
	plan.Kind, plan.OnlyIfProven, plan.Variants = finding.PlanChain, true, worked(attack)
	plan.Reach = &finding.Reach{Weakness: reach.Weakness, Finding: reach.ID}
	switch {
	case reach.Weakness == finding.PropertyAssignment && attack.Weakness != finding.Clickjacking:
		field, where := taken(reach)
		if field.Name == "" {
			return finding.Finding{}, false
		}
		plan.Reach.Field, plan.Reach.Where = field, where
		for i := range plan.Variants {
			plan.Variants[i].Name += fmt.Sprintf(", with %s=%s", field.Name, field.Options[0])
		}
	case reach.Weakness != finding.PropertyAssignment && reach.Plan.Intruder != "":
		plan.Victim, plan.Reach.Owner = reach.Plan.Intruder, reach.Plan.Victim
		if attack.Weakness != finding.Clickjacking {
			plan.Action = reach.Plan.Action
		}
	default:
		return finding.Finding{}, false
	}
	f := finding.Finding{Weakness: finding.Chain, Endpoint: attack.Endpoint, Identity: plan.Victim, State: finding.Suspected, Framework: attack.Framework,
		Why:  "A foreign page can have the request sent, and the request reaches what its sender may not; it is a finding only if one page does both.",
		Plan: &plan, Vector: attack.Vector,
		Evidence: []finding.Evidence{proofOf(attack), proofOf(reach)}}
	return rated(f), true
}

func proofOf(f finding.Finding) finding.Evidence {
	return finding.Evidence{Kind: "note", Source: f.ID, Text: fmt.Sprintf("%s at %s: %s", f.Title, f.Endpoint, f.Why)}
}

// worked are the variants of a forgery that a browser carried out.
func worked(attack finding.Finding) []finding.Variant {
	var list []finding.Variant
	for _, v := range attack.Plan.Variants {
		if slices.ContainsFunc(attack.Proof.Attempts, func(a finding.Attempt) bool { return a.Accepted && a.By == "browser" && a.Variant == v.Name }) {
			list = append(list, v)
		}
	}
	return list
}

// taken is the field that was seen to be taken over, with the value of before and, as
// its option, the one that was sent, and where it shows.
func taken(reach finding.Finding) (field finding.Field, where []string) {
	for _, extra := range reach.Plan.Extra {
		if !slices.ContainsFunc(reach.Proof.Attempts, func(a finding.Attempt) bool {
			return a.Accepted && strings.HasPrefix(a.Variant, extra.Name+"=")
		}) {
			continue
		}
		extra.Options = []string{reach.Proof.Marker}
		for _, c := range reach.Proof.Changes {
			where = append(where, c.Where)
		}
		return extra, where
	}
	return finding.Field{}, nil
}
