package prove

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// errMutations is returned when a change would be one more than was allowed.
var errMutations = errors.New("the limit of changes to the target is used up")

// A Ledger is the list of what was sent to change the target, in order. Entries
// are added before the request is sent, so that an interrupted run still knows
// what it may have done; they are completed later and never removed. It is safe
// for concurrent use.
type Ledger struct {
	mu      sync.Mutex
	redact  func(string) string
	limit   int
	entries []finding.Mutation
	now     func() time.Time
}

// NewLedger makes an empty ledger that takes up to limit entries, 0 meaning any
// number, and passes what it is told through redact, if there is one.
func NewLedger(limit int, redact func(string) string) *Ledger {
	if redact == nil {
		redact = func(s string) string { return s }
	}
	return &Ledger{redact: redact, limit: limit, now: time.Now}
}

// enter adds what is about to be sent and returns its number.
func (l *Ledger) enter(finding_, purpose string, at finding.Endpoint) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit > 0 && len(l.entries) >= l.limit && purpose != purposeRestore {
		return 0, errMutations
	}
	at.URL = l.redact(at.URL)
	l.entries = append(l.entries, finding.Mutation{
		Finding: finding_, Endpoint: at, Purpose: purpose, At: l.now().UTC(),
		Note: unread,
	})
	return len(l.entries) - 1, nil
}

// changed says what entry i was seen to have changed.
func (l *Ledger) changed(i int, changes []finding.Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &l.entries[i]
	e.Changes = redacted(changes, l.redact)
	if len(changes) == 0 {
		e.Undone, e.Note = true, "changed nothing that could be seen"
		return
	}
	e.Note = "not undone yet"
}

// joined says of an entry that it was sent together with the one before.
func (l *Ledger) joined(i int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries[i].Undone, l.entries[i].Note = true, "sent at once with others; what they changed is told with the first"
}

// settle says of the entries how their change ended.
func (l *Ledger) settle(entries []int, undone bool, note string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, i := range entries {
		if e := &l.entries[i]; len(e.Changes) > 0 {
			e.Undone, e.Note = undone, l.redact(note)
		}
	}
}

// isUnread says whether nobody has said yet what entry i changed.
func (l *Ledger) isUnread(i int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entries[i].Note == unread
}

// Entries are all entries as they stand, in the order they were made.
func (l *Ledger) Entries() []finding.Mutation {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}

// Len counts the entries.
func (l *Ledger) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

// unread is the note of an entry until what it changed was read back.
const unread = "sent; what it changed was not read back"

// The purposes of entries.
const (
	purposeLegitimate = "legitimate control"
	purposeBroken     = "broken-session control"
	purposeForged     = "forged request"
	purposeClick      = "framed click"
	purposeIntrusion  = "request as another"
	purposeLogin      = "login"
	purposeExtra      = "request with a field more"
	purposeRace       = "request at once with others"
	purposeCanary     = "canary"
	purposeRestore    = "restore"
)

func redacted(changes []finding.Change, redact func(string) string) []finding.Change {
	clean := make([]finding.Change, len(changes))
	for i, c := range changes {
		clean[i] = finding.Change{Where: redact(c.Where), Before: redact(c.Before), After: redact(c.After)}
	}
	return clean
}

// restored says of an entry that it undid something.
func (l *Ledger) restored(i, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries[i].Undone = true
	l.entries[i].Note = "done to undo changes; what it changed is told with them"
	if status != 0 {
		l.entries[i].Note = fmt.Sprintf("sent to undo changes, answered %d; what it changed is told with them", status)
	}
}
