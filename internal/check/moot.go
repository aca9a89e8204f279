package check

import (
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Tried is what has been proven so far. The zero value is that nothing has.
type Tried struct {
	ids    map[string]bool
	proven map[claim]bool
}

// Note adds what came of an attempt.
func (t *Tried) Note(f finding.Finding) {
	if f.State != finding.Proven {
		return
	}
	if t.ids == nil {
		t.ids, t.proven = map[string]bool{}, map[claim]bool{}
	}
	t.ids[f.ID], t.proven[claim{f.Weakness, f.Endpoint.String()}] = true, true
}

// Moot says whether putting f to the test could no longer change what Settle makes
// of a scan: the same finding is proven already by another candidate, or a greater
// one at the same place says all that f would.
func (t *Tried) Moot(f finding.Finding) bool {
	return t.ids[f.ID] || slices.ContainsFunc(outdoing(f.Weakness), func(w finding.Weakness) bool {
		return t.proven[claim{w, f.Endpoint.String()}]
	})
}

// outdoing are the weaknesses that say more of a place than w does: who needs no login
// needs no other's, what is read is known to exist, and a gap in a defence is nothing
// where there is no defence.
func outdoing(w finding.Weakness) []finding.Weakness {
	switch {
	case w == finding.BOLAExistence:
		return []finding.Weakness{finding.AuthMissing, finding.BOLARead}
	case w == finding.BOLARead, w == finding.BOLAWrite, w == finding.AuthFunction:
		return []finding.Weakness{finding.AuthMissing}
	case slices.Contains(gaps, w):
		return []finding.Weakness{finding.CSRF}
	}
	return nil
}
