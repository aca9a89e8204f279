package prove

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A shot is a forgery that is sent together with others.
type shot struct {
	replayed
	marker  marker
	attempt int // its place among the finding's attempts
}

// shotsAtOnce bounds how many are sent side by side.
const shotsAtOnce = 4

// volleys says whether several forgeries may be sent before the state is read once
// for all of them: each has to leave a text of its own if it is carried out.
func (s *subject) volleys() bool {
	return s.witness.kind == byText && s.nursery == nil && s.ready == nil && s.lock == nil
}

// firstVolley is the first variant that is not tried alone: what has a token is most
// likely to refuse them all, and what has none to take the first.
func (s *subject) firstVolley() int {
	if len(s.tokens) > 0 {
		return 0
	}
	return 1
}

// volley replays all of the variants and then reads the state once. It reports
// whether nothing came of any of them, which is how most applications answer. If
// anything did, they have to be tried one by one to learn which.
func (s *subject) volley(ctx context.Context, f *finding.Finding, variants []finding.Variant) (refused bool, err error) {
	noted, untried := len(f.Proof.Attempts), s.untried
	var shots []*shot
	for _, v := range variants {
		loaded, err := s.loadAll(ctx, f, v)
		if err != nil {
			return false, err
		}
		shots = append(shots, loaded...)
	}
	if len(shots) == 0 {
		return true, nil
	}
	if err := s.fire(shots); err != nil {
		return false, err
	}
	changes, err := s.awaitAny(ctx, shots)
	if err != nil {
		return false, err
	}
	for _, x := range shots {
		f.Proof.Attempts[x.attempt].Status = x.answer.status
		s.did(x.entry, s.witness.sees(changes, &s.noise, x.marker))
	}
	if len(changes) > 0 {
		f.Proof.Attempts, s.untried = f.Proof.Attempts[:noted], untried
		return false, nil
	}
	return true, nil
}

// loadAll makes a variant ready to be sent from each stance.
func (s *subject) loadAll(ctx context.Context, f *finding.Finding, v finding.Variant) ([]*shot, error) {
	fg, ways, err := s.prepare(ctx, f, v)
	if err != nil {
		return nil, err
	}
	var shots []*shot
	var no *errNotTestable
	for i, way := range ways {
		if i > 0 {
			if fg, err = s.forge(ctx, v); err != nil {
				return nil, err
			}
		}
		r, err := s.load(ctx, *f, fg, way.by, way.origin, way.ride.header, purposeForged)
		if errors.As(err, &no) {
			s.note(f, v, false, 0, no.why)
			continue
		}
		if err != nil {
			return nil, err
		}
		s.note(f, v, false, 0, fmt.Sprintf("sent as from %s; nothing changed", way.origin))
		shots = append(shots, &shot{replayed: r, marker: fg.marker, attempt: len(f.Proof.Attempts) - 1})
	}
	return shots, nil
}

// fire sends the shots, some of them side by side.
func (s *subject) fire(shots []*shot) error {
	var wait sync.WaitGroup
	slots, failures := make(chan struct{}, shotsAtOnce), make([]error, len(shots))
	for i, x := range shots {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			x.answer, failures[i] = s.bench.do(s.bench.Grant, x.request)
		})
	}
	wait.Wait()
	return cmp.Or(failures...)
}

// awaitAny re-reads the state, for as long as a change may take, and gives what
// changed where the action's effect stands: a marker, or what took its place.
func (s *subject) awaitAny(ctx context.Context, shots []*shot) ([]finding.Change, error) {
	_, all, err := s.await(ctx, witness{kind: byTransition, places: s.witness.places}, marker{}, s.patience())
	if err != nil {
		return nil, err
	}
	changes := s.noise.Filter(s.witness.inPlace(all))
	for _, x := range shots {
		changes = append(changes, s.witness.sees(all, &s.noise, x.marker)...)
	}
	return changes, nil
}
