package accuracy

import (
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A Guarded is the third corner of the triangle: the weak application behind the
// guard, with the rules that its own scan suggested.
type Guarded struct {
	App       string `json:"app"`
	Framework string `json:"framework"`
	// Weak is how many findings the scan of the weak application proved; Beyond are
	// those of them that no guard can stop, and Closed is about the others.
	Weak   int      `json:"weak_proven"`
	Beyond []string `json:"beyond"`
	Rules  []string `json:"rules"` // that the suggestion had to add
	Closed
	// Tests is how many functional tests the application brings; the other two say
	// what failed, "" for nothing.
	Tests  int    `json:"tests"`
	Direct string `json:"direct"`
	Behind string `json:"behind"`
}

// Holds says whether the guard stopped all that was proven and it can stop, and
// whether the application goes on working.
func (g Guarded) Holds() bool {
	return g.Closed.Holds() && g.Direct == "" && g.Behind == "" && g.Tests > 0
}

// CloseWithin is Close for what a guard is asked to stop: proofs that are beyond one
// are left out. Suspicions are all told.
func CloseWithin(earlier, later []finding.Finding, beyond func(finding.Finding) bool) Closed {
	c := Close(slices.DeleteFunc(slices.Clone(earlier), beyond), slices.DeleteFunc(slices.Clone(later), beyond))
	c.Suspected = Close(nil, later).Suspected
	return c
}
