package prove

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// restore undoes what runs of the subject changed, by the application's own
// means, and enters in the ledger how that went. The error is only for a target
// that does not answer any more.
func (s *subject) restore(ctx context.Context) error {
	switch {
	case s.broods && len(s.pending) == 0:
		s.brood()
		return nil
	case s.nursery != nil:
		return s.clear(ctx)
	}
	if err := s.readUnread(ctx); err != nil || len(s.pending) == 0 {
		return err
	}
	if err := s.keepAlive(ctx); err != nil {
		s.settle(false, "not undone: "+err.Error())
		return err
	}
	if same, err := s.asBefore(ctx); err != nil || same {
		if same {
			if lost, err := s.stillGone(ctx); err != nil || lost != "" {
				s.settle(false, "not undone: "+lost)
				return err
			}
			s.settle(true, "the runs cancelled each other out; re-read as it was before")
		}
		return err
	}
	if c, yes := s.overtaken(); yes {
		s.settle(false, "left as it is: "+c.Where+" no longer holds what was sent, so somebody else has changed it since; before, it held "+strconv.Quote(c.Before))
		return nil
	}
	ways := []func(context.Context) (string, error){s.setBack, s.removeCreated, s.takeAllBack, s.turnBack}
	if s.unset != nil {
		ways = append([]func(context.Context) (string, error){s.unset}, ways...)
	}
	for _, way := range ways {
		how, err := way(ctx)
		if err != nil {
			s.settle(false, "not undone: "+err.Error())
			return err
		}
		if how == "" {
			continue
		}
		same, err := s.asBefore(ctx)
		if err != nil {
			return err
		}
		if same {
			s.settle(true, how+"; re-read as it was before")
			return nil
		}
	}
	s.settle(false, "the application offers no way to undo it that was found: what it added has to be removed by hand")
	return nil
}

// readUnread looks what became of requests that were sent and not read back,
// because something came between.
func (s *subject) readUnread(ctx context.Context) error {
	var unread []int
	for i := s.firstEntry; i < s.bench.Ledger.Len(); i++ {
		if s.bench.Ledger.isUnread(i) {
			unread = append(unread, i)
		}
	}
	s.firstEntry = s.bench.Ledger.Len()
	if len(unread) == 0 || len(s.oracle.readers) == 0 {
		return nil
	}
	now, err := s.oracle.Read(ctx)
	if err != nil {
		return err
	}
	for _, i := range unread {
		s.did(i, s.remaining(now))
	}
	return nil
}

func (s *subject) settle(undone bool, note string) {
	s.bench.Ledger.settle(s.pending, undone, note)
	s.pending, s.marks = nil, nil
	if !undone {
		// What remains is how things are from now on.
		s.before, s.original = s.latest, slices.Clone(s.inputs)
	}
}

// asBefore re-reads the state, for as long as a change takes to show, and says
// whether what shows the action is as it was before anything was sent.
func (s *subject) asBefore(ctx context.Context) (bool, error) {
	start := time.Now()
	for known := s.isRead(); ; known = false {
		if !known {
			now, err := s.oracle.Read(ctx)
			if err != nil {
				return false, err
			}
			s.hasRead(now)
		}
		if same := len(s.remaining(s.latest)) == 0; same || time.Since(start) >= s.patience() {
			return same, nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// remaining are the differences to before that are the action's: those where its
// effect stands, and any that bear a marker of ours.
func (s *subject) remaining(now state.Snapshot) []finding.Change {
	var left []finding.Change
	before := s.before
	for _, c := range s.bench.diff(before, now) {
		ours := slices.ContainsFunc(s.marks, func(m string) bool { return strings.Contains(strings.ToLower(c.After), strings.ToLower(m)) })
		if ours || before != nil && (s.witness.places[state.Place(c.Where)] || s.touched[c.Where]) && !s.noise.Covers(c) {
			left = append(left, c)
		}
	}
	return left
}

// setBack submits the values that stood there before, if the action is one that
// sets values: its form, or its place in the state, shows what was sent last.
func (s *subject) setBack(ctx context.Context) (string, error) {
	original := s.original
	if err := s.open(ctx); err != nil {
		return "", err
	}
	fill := filling{values: s.valuesOf(original)}
	if len(fill.values) == 0 {
		return "", nil
	}
	if err := s.resend(ctx, fill); err != nil {
		return "", err
	}
	return "the values of before were submitted through the application's own form", nil
}

// valuesOf fills the form as it stands with what it held before, or, where it
// shows nothing itself, with what the state held in its place.
func (s *subject) valuesOf(original []input) []value {
	if !s.isSetter(original) {
		return nil
	}
	inputs := slices.Clone(s.inputs)
	for i := range inputs {
		in := &inputs[i]
		if s.tokens[in.name] || in.kind == "submit" {
			continue
		}
		if was := originalOf(original, *in); was != nil {
			in.value, in.checked = was.value, was.checked
		}
		if earlier, ok := s.earlier[in.name]; ok {
			in.value = earlier
		}
	}
	f := filling{}
	for _, in := range inputs {
		f.values = append(f.values, value{name: in.name, in: s.places[in.name], kind: in.kind, text: in.value, token: s.tokens[in.name]})
	}
	return f.present(inputs)
}

func originalOf(original []input, in input) *input {
	for i := range original {
		if o := &original[i]; o.name == in.name && (in.kind != "radio" && in.kind != "checkbox" || o.value == in.value) {
			return o
		}
	}
	return nil
}

// isSetter says whether the action replaces a value rather than adding one: the
// form now shows what was sent last, or the state told what was replaced.
func (s *subject) isSetter(original []input) bool {
	if len(s.earlier) > 0 {
		return true
	}
	if s.live == nil {
		return false
	}
	for _, in := range s.inputs {
		was := originalOf(original, in)
		if was == nil || s.tokens[in.name] || in.kind == "hidden" || in.kind == "submit" {
			continue
		}
		if was.value != in.value || was.checked != in.checked {
			return true
		}
	}
	return false
}

// turnBack does an action without a marker again, at most as often as it has
// options: a switch that was turned an odd number of times is turned once more.
func (s *subject) turnBack(ctx context.Context) (string, error) {
	if s.witness.kind != byTransition {
		return "", nil
	}
	for range 3 {
		if err := s.open(ctx); err != nil {
			return "", err
		}
		again := func(ctx context.Context) error { return s.resend(ctx, s.fill(s.style)) }
		if s.redo != nil {
			again = s.redo
		}
		if err := again(ctx); err != nil {
			return "", err
		}
		if same, err := s.asBefore(ctx); err != nil || same {
			return "the action was done again", err
		}
	}
	return "", nil
}

// resend does the action legitimately, to undo.
func (s *subject) resend(ctx context.Context, fill filling) error {
	a, entry, err := s.legitimate(ctx, finding.Finding{}, fill, purposeRestore)
	if err == nil {
		s.bench.Ledger.restored(entry, a.status)
	}
	return err
}

// Restore undoes what attempts left behind and could not undo themselves, because
// they were interrupted, and returns everything that was changed, in order, each
// with how it ended. Requests that changed nothing are not among them; what differs
// from the state that Watch read, and no request accounts for, is.
func (b *Bench) Restore(ctx context.Context) []finding.Mutation {
	b.prepare()
	b.turn.Lock()
	defer b.turn.Unlock()
	b.clearBroods(ctx, finding.Action{})
	for _, s := range slices.Backward(b.order) {
		// How it went is in the ledger, entry by entry.
		_ = s.restore(ctx)
	}
	var made []finding.Mutation
	for _, m := range b.Ledger.Entries() {
		if len(m.Changes) > 0 || !m.Undone {
			made = append(made, m)
		}
	}
	return append(made, b.remains(ctx, made)...)
}
