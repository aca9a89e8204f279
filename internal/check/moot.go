package check

import (
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Moot says whether putting f to the test could no longer change what Settle makes
// of a scan, given what has been tried: the same finding is proven already by
// another candidate, or f is a gap in a defence that was proven not to be there.
func Moot(f finding.Finding, tried []finding.Finding) bool {
	return slices.ContainsFunc(tried, func(t finding.Finding) bool {
		if t.State != finding.Proven {
			return false
		}
		missing := t.Weakness == finding.CSRF && t.Endpoint.String() == f.Endpoint.String()
		return t.ID == f.ID || missing && slices.Contains(gaps, f.Weakness)
	})
}
