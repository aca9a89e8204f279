package prove

import (
	"context"
	"fmt"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// What is vanished was there before the first run, and neither the second run brought
// it back nor does the witness look at it.
type vanished struct {
	facts  []finding.Change
	oracle oracle
}

// goneWith remembers what the first run took away beside what w goes by.
func (l *learning) goneWith(first []finding.Change, w witness) {
	var facts []finding.Change
	for _, c := range first {
		if c.Before != "" && c.After == "" && !w.places[state.Place(c.Where)] && !state.Clocks(c) {
			facts = append(facts, c)
		}
	}
	if len(facts) > 0 {
		l.gone = &vanished{facts, l.oracle.thatShow(facts)}
	}
}

// stillGone says what of that is missing yet, "" for nothing.
func (s *subject) stillGone(ctx context.Context) (string, error) {
	if s.gone == nil {
		return "", nil
	}
	now, err := s.gone.oracle.Read(ctx)
	if err != nil {
		return "what was there before could not be read again", err
	}
	// Held against nothing, a snapshot shows all that stands in it.
	stands := map[string]bool{}
	for _, c := range s.bench.diff(nil, now) {
		stands[c.Where+"\x00"+c.After] = true
	}
	for _, c := range s.gone.facts {
		if !stands[c.Where+"\x00"+c.Before] {
			return fmt.Sprintf("%s held %q, which is gone", s.bench.redact(c.Where), c.Before), nil
		}
	}
	return "", nil
}
