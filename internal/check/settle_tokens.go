package check

import (
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// oneForTokens makes one finding of those that the same forged token opened several
// addresses: tokens are verified in one place. The one with the most to show stands
// for all.
func oneForTokens(findings []finding.Finding) []finding.Finding {
	best := map[string]int{}
	for i, f := range findings {
		kind := forgedToken(f)
		if at, known := best[kind]; kind != "" && (!known || len(f.Proof.Changes) > len(findings[at].Proof.Changes)) {
			best[kind] = i
		}
	}
	var kept []finding.Finding
	for i, f := range findings {
		kind := forgedToken(f)
		if kind != "" && best[kind] != i {
			continue
		}
		if kind != "" {
			for j, g := range findings {
				if j != i && forgedToken(g) == kind {
					f.Routes = append(slices.Clone(f.Routes), append([]finding.Endpoint{g.Endpoint}, g.Routes...)...)
				}
			}
		}
		kept = append(kept, f)
	}
	return kept
}

// forgedToken is how the token was forged that proved a finding, and whose it is; "" of
// other findings.
func forgedToken(f finding.Finding) string {
	if f.Weakness != finding.AuthJWT || f.State != finding.Proven || f.Proof == nil {
		return ""
	}
	at := slices.IndexFunc(f.Proof.Attempts, func(a finding.Attempt) bool { return a.Accepted })
	if at < 0 {
		return ""
	}
	return f.Identity + "\x00" + f.Proof.Attempts[at].Variant
}
