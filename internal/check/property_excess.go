package check

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var propertyExcess = &Check{
	ID:    string(finding.PropertyExcess),
	Doc:   "members of answers that their reader should not see",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		seen := p.Site.Sightings()
		done := map[string]bool{}
		for _, r := range readings(p.Site) {
			members := properties(r.Exchange)
			if len(members) == 0 || seen.Privileged(r.Identity) || p.Site.TurnedAway(r.Identity, r.URL) || done[r.kind()] {
				continue
			}
			done[r.kind()] = true
			f := intrusion(finding.PropertyExcess, r.action(), r.Identity, r.Identity, "Whether it holds what else only another identity is shown is found out by asking.")
			var named []string
			for _, m := range members {
				if suspicious(m) {
					named = append(named, m.name)
					f.Evidence = append(f.Evidence, finding.Evidence{Kind: "exchange", Source: r.ID, Text: m.where + " holds " + extent(m.value)})
				}
			}
			if len(named) > 0 {
				f.Plan.OnlyIfProven = false
				f.Why = "The answer holds " + strings.Join(named, ", ") + ", which by their names are not for its reader."
			}
			p.Report(f)
		}
	},
}

// extent is how much of a value there is; of one that stands in for a secret that is
// not known.
func extent(value string) string {
	if strings.Contains(value, "«") {
		return "a secret that the scan knows"
	}
	return fmt.Sprintf("a value of %d characters", len(value))
}

var (
	secretName   = regexp.MustCompile(`(?i)^(passwo?r?d|passwd|pwd|pass)([_-]?(hash|digest|salt|hashed|enc|encrypted))?$|(?i)^(hashed|encrypted)[_-]?password$|(?i)(totp|mfa|otp|2fa)[_-]?(secret|seed)|recovery[_-]?codes?|security[_-]?answer`)
	internalName = regexp.MustCompile(`(?i)(^|[_-])(internal|staff|admin|moderator|private|confidential)[_-](notes?|comments?|remarks?|flags?|score|memo)$|(?i)^(risk|fraud|credit)[_-]?score$|(?i)^(ssn|social_security_number|cvv|cvc|card_number)$`)
)

// suspicious says whether a member's name says that its value is for nobody who
// reads the answer. Masked and empty values are not.
func suspicious(m property) bool {
	if strings.Trim(m.value, "*•x. ") == "" || m.kind == "boolean" || m.kind == "null" {
		return false
	}
	return secretName.MatchString(m.name) || internalName.MatchString(m.name)
}
