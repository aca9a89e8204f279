package prove

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// passwordHash is a password as the common schemes store it; passwordMember is a
// member that holds one, whatever the scheme.
var (
	passwordHash   = regexp.MustCompile(`^(\$2[abxy]?\$\d\d\$|\$argon2|\$scrypt\$|\$[156y]\$|\$pbkdf2|pbkdf2(_|:)sha|scrypt:\d|argon2|bcrypt|\{SSHA)`)
	passwordMember = regexp.MustCompile(`(?i)^(passwo?r?d|passwd|pwd)([_-]?(hash|digest|hashed|enc|encrypted))?$|(?i)^(hashed|encrypted)[_-]?password$`)
)

// tryExcess asks for an answer again and looks for what its reader should not see:
// a password or its hash, and what pages behind the login show to another alone.
func (b *Bench) tryExcess(ctx context.Context, f finding.Finding, reader *identity.Session) (finding.Finding, error) {
	f.Proof.Oracle = "http"
	a := f.Plan.Action
	if err := b.Grant.Allows(a.URL); err != nil {
		return f, notTestable("%v", err)
	}
	g, err := b.glance(ctx, reader, a.URL, "GET "+a.Route)
	if err != nil {
		return f, err
	}
	if g.status != http.StatusOK {
		return f, notTestable("%q, who was shown it before, is answered %d now", reader.Name(), g.status)
	}
	f.Proof.Steps = append(f.Proof.Steps, finding.Step{Text: fmt.Sprintf("The address was asked for as %q.", reader.Name()),
		Request: "GET " + b.redact(a.URL), Answer: b.answerText(g.answer)})
	secrets := passwordsIn(g.facts)
	others := b.othersData(reader.Name(), a.URL, g.facts)
	f.Proof.Attempts = append(f.Proof.Attempts,
		finding.Attempt{Variant: "a password or its hash", Accepted: len(secrets) > 0, By: "replay", Status: g.status, Why: fmt.Sprintf("%d members hold one", len(secrets))},
		finding.Attempt{Variant: "another's personal data", Accepted: len(others) > 0, By: "replay", Status: g.status, Why: fmt.Sprintf("%d values are shown to another identity alone elsewhere", len(others))})
	f.Proof.Changes = append(secrets, others...)
	switch {
	case len(secrets) > 0:
		return verdict(f, finding.Proven, fmt.Sprintf("the answer to %q holds %s: a password, or what it is checked against", reader.Name(), membersOf(secrets))), nil
	case len(others) > 0:
		return verdict(f, finding.Proven, fmt.Sprintf("the answer to %q holds personal data of others (%s), which no page shows to %[1]q", reader.Name(), membersOf(others))), nil
	case !f.Plan.OnlyIfProven:
		return verdict(f, finding.Suspected, f.Why), nil
	}
	return verdict(f, finding.Refuted, "the answer holds no password and nothing that pages show to another identity alone"), nil
}

func passwordsIn(facts state.Snapshot) []finding.Change {
	var found []finding.Change
	for _, where := range sortedPlaces(facts) {
		value := facts[where]
		name := where[strings.LastIndexAny(where, ". ")+1:]
		if passwordHash.MatchString(value) || passwordMember.MatchString(name) && len(value) >= 4 && strings.Trim(value, "*•x. ") != "" && value != "null" && value != "true" && value != "false" {
			found = append(found, finding.Change{Where: where, After: fmt.Sprintf("%s… (%d characters, the rest is not repeated here)", value[:min(len(value)/4, 4)], len(value))})
		}
	}
	return found
}

// othersData are the facts that say something of another ordinary identity that
// the reader is shown nowhere else.
func (b *Bench) othersData(reader, address string, facts state.Snapshot) []finding.Change {
	seen := b.Site.Sightings()
	known := b.knownTo(reader)
	var found []finding.Change
	for _, other := range seen.Ordinary() {
		if other == reader {
			continue
		}
		personal := b.personalTo(other, address)
		for _, where := range sortedPlaces(facts) {
			place, _, _ := strings.Cut(where, "\x00")
			if value := facts[where]; personal(value) && !known.elsewhere(value, address) && len(found) < 6 {
				found = append(found, finding.Change{Where: place, After: fmt.Sprintf("%s, which is %q's", value, other)})
			}
		}
	}
	return found
}

func membersOf(changes []finding.Change) string {
	var names []string
	for _, c := range changes {
		name := c.Where[strings.LastIndexAny(c.Where, ". ")+1:]
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
