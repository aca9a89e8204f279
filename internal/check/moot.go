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
		return t.ID == f.ID || outdone(t, f) || missing && slices.Contains(gaps, f.Weakness)
	})
}

// outdone says whether f is a lesser form of what t shows of the same place: who
// needs no login needs no other's, and what is read is known to exist.
func outdone(t, f finding.Finding) bool {
	if t.Endpoint.String() != f.Endpoint.String() {
		return false
	}
	switch t.Weakness {
	case finding.AuthMissing:
		return f.Weakness == finding.BOLARead || f.Weakness == finding.BOLAWrite || f.Weakness == finding.BOLAExistence || f.Weakness == finding.AuthFunction
	case finding.BOLARead:
		return f.Weakness == finding.BOLAExistence
	}
	return false
}
