package prove

import (
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// What was gained is only called set back where there was something to set it back to.
func TestRightsThatStoodNowhereAreNotCalledSetBack(t *testing.T) {
	for before, undone := range map[string]bool{"customer": true, "": false} {
		l := NewLedger(0, nil)
		entry, err := l.enter("f", purposeIntrusion, finding.Endpoint{})
		if err != nil {
			t.Fatal(err)
		}
		gained := []finding.Change{{Where: "$.role", Before: before, After: "admin"}}
		l.changed(entry, gained)
		a := &assigning{subject: &subject{bench: &Bench{Ledger: l}, pending: []int{entry}}}
		a.settleRights(gained, finding.Field{Name: "role"})
		if got := l.Entries()[0]; got.Undone != undone {
			t.Errorf("before %q: undone is %v: %s", before, got.Undone, got.Note)
		}
	}
}
