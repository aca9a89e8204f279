package prove

import (
	"context"
	"errors"
	"fmt"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A shot is a forgery that was sent and whose effect is not read yet.
type shot struct {
	marker marker
	entry  int
}

// volleys says whether several forgeries may be sent before the state is read once
// for all of them: each has to leave a text of its own if it is carried out.
func (s *subject) volleys() bool {
	return s.witness.kind == byText && s.nursery == nil && s.ready == nil
}

// volley replays all of the variants and then reads the state once. It reports
// whether nothing came of any of them, which is how most applications answer. If
// anything did, they have to be tried one by one to learn which.
func (s *subject) volley(ctx context.Context, f *finding.Finding, variants []finding.Variant) (refused bool, err error) {
	noted, untried := len(f.Proof.Attempts), s.untried
	var shots []shot
	for _, v := range variants {
		sent, err := s.shoot(ctx, f, v)
		if err != nil {
			return false, err
		}
		shots = append(shots, sent...)
	}
	if len(shots) == 0 {
		return true, nil
	}
	changes, err := s.awaitAny(ctx, shots)
	if err != nil {
		return false, err
	}
	for _, x := range shots {
		s.did(x.entry, s.witness.sees(changes, &s.noise, x.marker))
	}
	if len(changes) > 0 {
		f.Proof.Attempts, s.untried = f.Proof.Attempts[:noted], untried
		return false, nil
	}
	return true, nil
}

// shoot sends a variant from each stance.
func (s *subject) shoot(ctx context.Context, f *finding.Finding, v finding.Variant) ([]shot, error) {
	fg, ways, err := s.prepare(ctx, f, v)
	if err != nil {
		return nil, err
	}
	var shots []shot
	var no *errNotTestable
	for i, way := range ways {
		if i > 0 {
			if fg, err = s.forge(ctx, v); err != nil {
				return nil, err
			}
		}
		r, entry, err := s.send(ctx, *f, fg, way.by, way.origin, way.ride.header, purposeForged)
		if errors.As(err, &no) {
			s.note(f, v, false, 0, no.why)
			continue
		}
		if err != nil {
			return nil, err
		}
		s.note(f, v, false, r.answer.status, fmt.Sprintf("sent as from %s; nothing changed", way.origin))
		shots = append(shots, shot{fg.marker, entry})
	}
	return shots, nil
}

// awaitAny re-reads the state until anything changed where the action's effect
// stands, a marker or what one replaced, or for as long as a change may take.
func (s *subject) awaitAny(ctx context.Context, shots []shot) ([]finding.Change, error) {
	any := witness{kind: byTransition, places: s.witness.places}
	_, all, err := s.await(ctx, any, marker{}, s.patience())
	if err != nil {
		return nil, err
	}
	changes := s.noise.Filter(s.witness.inPlace(all))
	for _, x := range shots {
		changes = append(changes, s.witness.sees(all, &s.noise, x.marker)...)
	}
	return changes, nil
}
