package prove

import (
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func TestLedgerTellsWhatRemains(t *testing.T) {
	l := NewLedger(0, func(s string) string { return strings.ReplaceAll(s, "s3cret", "«»") })
	at := finding.Endpoint{Method: "POST", Route: "/a", URL: "http://x/a?t=s3cret"}
	sent, err := l.enter("f", purposeForged, at)
	if err != nil {
		t.Fatal(err)
	}
	if !l.isUnread(sent) {
		t.Error("what was sent and not read back has to be known as that")
	}
	nothing, _ := l.enter("f", purposeForged, at)
	l.changed(sent, []finding.Change{{Where: "w", Before: "a", After: "s3cret"}})
	l.changed(nothing, nil)
	l.settle([]int{sent, nothing}, false, "no way with s3cret")
	got := l.Entries()
	if got[0].Undone || got[0].Note != "no way with «»" || got[0].Changes[0].After != "«»" || strings.Contains(got[0].Endpoint.URL, "s3cret") {
		t.Errorf("got %+v", got[0])
	}
	if !got[1].Undone {
		t.Errorf("what changed nothing does not remain: %+v", got[1])
	}
}

func TestLedgerIsBoundedButForRestoring(t *testing.T) {
	l := NewLedger(1, nil)
	for i, want := range []error{nil, errMutations} {
		if _, err := l.enter("f", purposeForged, finding.Endpoint{}); err != want {
			t.Errorf("entry %d: got %v, want %v", i, err, want)
		}
	}
	if _, err := l.enter("f", purposeRestore, finding.Endpoint{}); err != nil {
		t.Errorf("undoing must not be bounded: %v", err)
	}
}

func TestLedgerTakesEntriesFromAnywhere(t *testing.T) {
	l := NewLedger(0, nil)
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			i, _ := l.enter("f", purposeForged, finding.Endpoint{})
			l.changed(i, nil)
			l.settle([]int{i}, true, "")
		})
	}
	wait.Wait()
	if l.Len() != 50 {
		t.Errorf("got %d entries", l.Len())
	}
}
