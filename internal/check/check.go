package check

import (
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// A Check looks for one weakness, or one family with one cause.
type Check struct {
	// ID is the weakness it reports, or the family's name.
	ID string
	// Doc says in one sentence what it looks at.
	Doc string
	// Needs says what must have been observed; unmet, the check is skipped aloud.
	Needs Need
	Run   func(*Pass)
}

// Need is what a check cannot do without.
type Need int

const (
	NeedsNothing       Need = iota // any observed site will do
	NeedsIdentity                  // at least one identity that is logged in
	NeedsTwoUsers                  // two identities, none of them an administrator
	NeedsAdministrator             // an administrator, and an identity that is none
)

// A Pass is one run of one check over one site.
type Pass struct {
	Site  *observe.Site
	Rules policy.Rules
	// Report takes a finding that is Suspected, with Evidence, and with a Plan if
	// it can be put to the test. ID, Title, Severity and CVSS are filled in by the
	// caller from the weakness catalogue.
	Report func(finding.Finding)
}
