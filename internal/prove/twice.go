package prove

import (
	"context"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// twice does an action without a marker a second time: what changed both times in
// the same way is its transition.
func (l *learning) twice(ctx context.Context, st style, from state.Snapshot, entry int, a answer, f filling) (bool, error) {
	first, err := l.lasting(ctx, l.oracle, state.WithoutTicks(l.noise.Filter(l.bench.diff(from, l.latest))))
	if err != nil {
		return false, err
	}
	if len(first) == 0 || !a.accepted() {
		l.bench.Ledger.changed(entry, nil)
		return l.otherwise(ctx, st, a)
	}
	l.did(entry, first)
	l.touch(first)
	l.recall(f, replaced(first), from)
	l.witness = witness{kind: byTransition, places: placesOf(first)} // for undoing, if it ends here
	second, f, a, entry, err := l.secondTime(ctx, st)
	if err != nil {
		return false, err
	}
	if len(second) == 0 {
		l.bench.Ledger.changed(entry, nil)
		if second, f, a, entry, err = l.backAndAgain(ctx, st); err != nil {
			return false, err
		}
	}
	l.touch(second)
	places := state.Transitions(first, second)
	if len(places) == 0 {
		if len(second) == 0 {
			return false, notTestable("not observable: the action changes the state once only, so that a forged run could not be told from the legitimate one")
		}
		return false, nil
	}
	w := witness{kind: byTransition, places: places}
	l.goneWith(first, w)
	hits := w.inPlace(second)
	l.did(entry, hits)
	l.settleOn(w, st, hits, f, a)
	return true, nil
}

// secondTime does the action once more and gives what it changed this time.
func (l *learning) secondTime(ctx context.Context, st style) ([]finding.Change, filling, answer, int, error) {
	if err := l.open(ctx); err != nil {
		return nil, filling{}, answer{}, 0, err
	}
	middle, f := l.latest, l.fill(st)
	a, entry, err := l.legitimate(ctx, l.finding, f, purposeLegitimate)
	if err != nil {
		return nil, f, a, entry, err
	}
	if l.latest, err = l.oracle.Read(ctx); err != nil {
		return nil, f, a, entry, err
	}
	second, err := l.lasting(ctx, l.oracle, state.WithoutTicks(l.noise.Filter(l.bench.diff(middle, l.latest))))
	return second, f, a, entry, err
}

// backAndAgain takes back what was done, where the application has an opposite for it,
// and does it a second time: an action that changes the state once only.
func (l *learning) backAndAgain(ctx context.Context, st style) ([]finding.Change, filling, answer, int, error) {
	done, err := l.takeBack(ctx)
	if err == nil && !done {
		err = notTestable("not observable: the action changes the state once only, so that a forged run could not be told from the legitimate one")
	}
	if err == nil {
		l.latest, err = l.oracle.Read(ctx)
	}
	if err == nil {
		l.latest, err = l.oracle.Read(ctx) // without what is shown once
	}
	if err != nil {
		return nil, filling{}, answer{}, 0, err
	}
	l.ready = l.anew
	return l.secondTime(ctx, st)
}

// lasting keeps of changes those that a further reading shows as well: a message that
// is shown once says that something was answered, and not that anything changed.
func (s *subject) lasting(ctx context.Context, way oracle, changes []finding.Change) ([]finding.Change, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	now, err := way.Read(ctx)
	if err != nil {
		return nil, err
	}
	gone := s.bench.diff(s.latest, now)
	s.latest = now
	return slices.DeleteFunc(slices.Clone(changes), func(c finding.Change) bool { return shownOnce(c, gone) }), nil
}

// shownOnce says whether what changed was back to what it was at the next reading. What
// went on to something alike, as a clock does, was not shown once: without its other
// half it would look like a line that came or went.
func shownOnce(c finding.Change, gone []finding.Change) bool {
	var back, onward bool
	for _, g := range gone {
		if g.Where != c.Where {
			continue
		}
		back = back || g.Before == c.After && g.After == c.Before
		onward = onward || g.After != c.Before && c.After != "" && state.Shape(g.After) == state.Shape(c.After)
	}
	return back && !onward
}
