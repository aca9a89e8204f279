package prove

import (
	"context"
	"fmt"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// An effect is what messages that carry a marker do to the target's state: over a
// socket, or to a page that listens. It keeps the books of what they changed.
type effect struct {
	*subject
	id        string
	known     bool             // the victim's own message was seen to leave its marker
	expected  bool             // the messages have a place for a marker
	displaced []string         // texts that the marker replaced, the longest first
	moving    []finding.Change // what the idle state changed by itself
}

// effectOf makes the effect of a plan's messages; with none to carry a marker it has
// nothing to look for and never shows.
func (b *Bench) effectOf(victim *identity.Session, f finding.Finding, expected bool) (*effect, error) {
	a := f.Plan.Action
	a.URL, a.Fields = webAddress(a.URL), nil
	s, err := b.newSubject(a, victim)
	if err != nil {
		return nil, err
	}
	s.firstEntry = b.Ledger.Len()
	b.order = append(b.order, s)
	return &effect{subject: s, id: f.ID, expected: expected}, nil
}

// learn sends as the victim and looks where the marker shows, one way to re-read the
// state after the other. Send is called at least once.
func (e *effect) learn(ctx context.Context, send func(context.Context, string) error) error {
	if !e.expected {
		return send(ctx, newText())
	}
	for _, way := range e.bench.oracles(e.victim, e.action) {
		e.oracle = way
		done, err := e.through(ctx, send)
		if done || err != nil {
			return err
		}
	}
	return nil
}

func (e *effect) through(ctx context.Context, send func(context.Context, string) error) (bool, error) {
	first, err := e.oracle.Read(ctx)
	if err != nil {
		return false, err
	}
	if e.latest, err = e.oracle.Read(ctx); err != nil {
		return false, err
	}
	e.moving = e.bench.diff(first, e.latest)
	e.noise.Learn(e.moving)
	from, m := e.latest, marker{text: newText()}
	entry, err := e.bench.Ledger.enter(e.id, purposeLegitimate, e.action.Endpoint())
	if err != nil {
		return false, err
	}
	e.remember(m)
	if err := send(ctx, m.text); err != nil {
		return false, err
	}
	l := &learning{subject: e.subject, worked: -1}
	w, hits, err := l.look(ctx, from, filling{marker: m}, answer{status: 204})
	if err != nil {
		return false, err
	}
	e.did(entry, hits)
	if len(hits) == 0 {
		return false, nil
	}
	e.before = from
	e.recallText(replaced(e.noise.Filter(e.bench.diff(from, e.latest))), m, from)
	e.settleOnWitness(w, hits, m)
	e.known = true
	return true, nil
}

// recallText finds out what stood where the marker stands now.
func (e *effect) recallText(changes []finding.Change, m marker, from state.Snapshot) {
	for _, c := range changes {
		if old, ok := replacedText(c, m.text, from); ok && !slices.Contains(e.displaced, old) {
			e.displaced = append(e.displaced, old)
		}
	}
	slices.SortStableFunc(e.displaced, func(a, b string) int { return len(b) - len(a) })
}

// settleOnWitness reads, from now on, only what shows the effect.
func (e *effect) settleOnWitness(w witness, hits []finding.Change, m marker) {
	narrow := e.bench.narrow(e.oracle, e.victim, hits)
	var kept []finding.Change
	for _, c := range hits {
		if narrow.covers(c) {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		narrow, kept = e.oracle, hits
	}
	e.oracle, e.witness = narrow, newWitness(w.kind, kept, m.text)
	e.spots, e.creates = map[string]bool{}, true
	for _, c := range kept {
		e.spots[c.Where] = true
		e.creates = e.creates && c.Before == ""
	}
	e.latest, e.before = narrow.only(e.latest), narrow.only(e.before)
	e.subject.controls = append(e.subject.controls, finding.Control{Name: "legitimate", Passed: true,
		Text: fmt.Sprintf("what %q sends from the application's own page changes the state, which was re-read at %s", e.victim.Name(), e.bench.redact(kept[0].Where))})
}

// sent enters a message whose marker nobody looks for.
func (e *effect) sent(ctx context.Context, purpose string) error {
	_, err := e.look(ctx, "", purpose)
	return err
}

// look re-reads the state after a message with a marker was sent, and gives the
// changes that show it.
func (e *effect) look(ctx context.Context, mark, purpose string) ([]finding.Change, error) {
	if !e.expected {
		return nil, nil
	}
	entry, err := e.bench.Ledger.enter(e.id, purpose, e.action.Endpoint())
	if err != nil {
		return nil, err
	}
	if !e.known {
		e.did(entry, nil)
		return nil, nil
	}
	m := marker{text: mark}
	if mark != "" {
		e.remember(m)
	}
	// A message has no answer that says when it was carried out.
	shown, all, err := e.await(ctx, e.witness, m, max(e.patience(), longestLag))
	if err != nil {
		return nil, err
	}
	if mark == "" {
		shown = e.witness.inPlace(all)
		e.did(entry, shown)
		return nil, nil
	}
	e.did(entry, shown)
	return shown, nil
}

func (e *effect) controls() []finding.Control { return e.subject.controls }

// undo says what stood there before, by the way the messages took, and enters how
// that went.
func (e *effect) undo(ctx context.Context, send func(context.Context, string) error) {
	if len(e.pending) == 0 {
		return
	}
	if len(e.displaced) > 0 {
		e.unset = func(ctx context.Context) (string, error) { return e.sayEarlier(ctx, send) }
	}
	// How it went is in the ledger.
	_ = e.restore(ctx)
}

// sayEarlier sends what stood there before: where the marker replaced several texts,
// the longest, unless another leaves all as it was.
func (e *effect) sayEarlier(ctx context.Context, send func(context.Context, string) error) (string, error) {
	const mostTried = 3
	tries := e.displaced[:min(len(e.displaced), mostTried)]
	if len(tries) > 1 {
		tries = append(slices.Clone(tries), tries[0])
	}
	for _, text := range tries {
		entry, err := e.bench.Ledger.enter("", purposeRestore, e.action.Endpoint())
		if err != nil {
			return "", err
		}
		if err := send(ctx, text); err != nil {
			return "", err
		}
		e.bench.Ledger.restored(entry, 0)
		if same, err := e.asBefore(ctx); err != nil || same {
			return "the value of before was sent the same way", err
		}
	}
	return "the value of before was sent the same way", nil
}
