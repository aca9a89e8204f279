package prove

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// longestLag bounds how long a legitimate change may take to show.
const longestLag = 800 * time.Millisecond

// learn finds out what the idle target changes by itself, and does the action
// once as the victim to see where and how its effect shows. An action whose effect
// does not show anywhere is not testable: it is never called safe.
func (s *subject) learn(ctx context.Context, f finding.Finding) error {
	if err := s.refuseDangerous(); err != nil {
		return err
	}
	if err := s.keepAlive(ctx); err != nil {
		return err
	}
	if err := s.open(ctx); err != nil {
		return err
	}
	if s.near == "" && s.labelledDestructive() && !s.bench.AllowDeletes {
		return notTestable("not testable: the action destroys something, and no object to lose could be made for it")
	}
	if s.settable() {
		return s.learnPassword(ctx, f)
	}
	run := &learning{subject: s, finding: f, worked: -1}
	if done, err := run.atHand(ctx); done || err != nil {
		return err
	}
	for _, way := range s.bench.oracles(s.victim, s.action) {
		done, err := run.through(ctx, way)
		if err != nil {
			return err
		}
		if done {
			return nil
		}
	}
	return run.failed()
}

// refuseDangerous holds back from actions that would hurt the test itself.
func (s *subject) refuseDangerous() error {
	switch {
	case endsSession.MatchString(pathOf(s.action.URL)), endsSession.MatchString(spaced(s.action.Route)):
		return notTestable("not testable: the action ends the victim's session, which leaves nothing to read back with")
	case s.near == "" && destroys(s.action) && !s.bench.AllowDeletes:
		return notTestable("not testable: the action destroys something, and no object to lose could be made for it")
	}
	return s.refusePassword()
}

// A learning is one search for a subject's witness.
type learning struct {
	*subject
	finding finding.Finding
	worked  style // the first style that was answered with a yes, or -1
	status  int
	landed  string // where a legitimate run was redirected to
	from    state.Snapshot
	asked   bool // whether the page's script was asked for its headers
	// near is set while only the pages at hand are looked at.
	near bool
	// chosenAgain is set once another option was chosen because the first changed nothing.
	chosenAgain bool
}

// pagesAtHand is how many pages are read at first.
const pagesAtHand = 2

// atHand does the legitimate action with a text that shows where it came from, and
// looks at the nearest pages only: most effects show where the action is offered.
func (l *learning) atHand(ctx context.Context) (bool, error) {
	urls := l.bench.readable(l.victim, l.action, nil)
	if len(l.bench.Readers) > 0 || len(urls) <= pagesAtHand || l.fill(styles[0]).marker.text == "" {
		return false, nil
	}
	if err := l.idle(ctx, l.bench.pages(l.victim, urls[:pagesAtHand])); err != nil {
		return false, err
	}
	l.near = true
	defer func() { l.near = false }()
	return l.with(ctx, styles[0], &[]string{})
}

// through does the legitimate action and looks at the state one way. It is done
// when the effect was seen.
func (l *learning) through(ctx context.Context, way oracle) (bool, error) {
	if err := l.idle(ctx, way); err != nil {
		return false, err
	}
	list := styles
	if l.worked >= 0 {
		list = []style{l.worked, styleChoice}
	}
	tried := []string{}
	for _, st := range list {
		done, err := l.with(ctx, st, &tried)
		if done || err != nil {
			return done, err
		}
		if l.worked >= 0 && st != styleChoice {
			// More text will show no better where text was taken and did not show; an
			// option of the application's own may.
			return l.with(ctx, styleChoice, &tried)
		}
	}
	return false, nil
}

// idle reads the state one way, twice, with nothing done in between.
func (l *learning) idle(ctx context.Context, way oracle) error {
	l.oracle = way
	first, err := way.Read(ctx)
	if err != nil {
		return err
	}
	second, err := way.Read(ctx)
	if err != nil {
		return err
	}
	moving := l.bench.diff(first, second)
	l.noise.Learn(moving)
	l.latest = second
	if l.before == nil {
		l.controls = append(l.controls, idleControl(moving))
	}
	l.before = state.Merge(l.withoutMarks(second), l.before) // what was read first was read before anything was sent
	return nil
}

// withoutMarks is a snapshot without what an earlier run of ours put there, which did not
// show where it was looked for then.
func (s *subject) withoutMarks(now state.Snapshot) state.Snapshot {
	if len(s.marks) == 0 {
		return now
	}
	left := state.Snapshot{}
	for where, text := range now {
		if !slices.ContainsFunc(s.marks, func(m string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(m)) }) {
			left[where] = text
		}
	}
	return left
}

func idleControl(moving []finding.Change) finding.Control {
	text := "the state was read twice with nothing done in between, and did not change"
	if len(moving) > 0 {
		text = fmt.Sprintf("the state was read twice with nothing done in between; %d facts changed by themselves and are left out of account", len(moving))
	}
	return finding.Control{Name: "idle", Passed: true, Text: text}
}

// with does the legitimate action filled in one way.
func (l *learning) with(ctx context.Context, st style, tried *[]string) (bool, error) {
	f := l.fill(st)
	if sign := signature(f); slices.Contains(*tried, sign) {
		return false, nil
	} else {
		*tried = append(*tried, sign)
	}
	from := l.latest
	l.from = from
	a, entry, err := l.legitimate(ctx, l.finding, f, purposeLegitimate)
	if err != nil {
		return false, err
	}
	l.status = a.status
	if a.status >= 400 && !l.asked && (l.action.Source == "script" || l.action.HeaderToken != "") {
		l.asked = true
		l.bench.Ledger.changed(entry, nil)
		if found, err := l.askScript(ctx, l.finding); err != nil {
			return false, err
		} else if found {
			return l.again(ctx, st)
		}
	}
	w, hits, err := l.look(ctx, from, f, a)
	if err != nil {
		return false, err
	}
	if len(hits) > 0 {
		l.did(entry, hits)
		l.settleOn(w, st, hits, f, a)
		return true, nil
	}
	if f.choice && a.accepted() {
		return l.twice(ctx, st, from, entry, a, f)
	}
	if a.location != "" || a.status == http.StatusCreated || a.status == http.StatusNoContent ||
		a.accepted() && strings.Contains(a.header.Get("Content-Type"), "json") && !refusesOperation(a) {
		l.worked, l.landed = st, a.location
	}
	return l.elsewhere(ctx, f, a, entry, st)
}

// again starts over with one style, with what was found out meanwhile.
func (l *learning) again(ctx context.Context, st style) (bool, error) {
	now, err := l.oracle.Read(ctx)
	if err != nil {
		return false, err
	}
	l.latest = now
	var none []string
	return l.with(ctx, st, &none)
}

// signature is which fields carry a marker, and not which marker.
func signature(f filling) string {
	var parts []string
	for _, v := range f.values {
		text := strings.ReplaceAll(v.text, f.marker.text, "T")
		if f.marker.text == "" {
			text = v.text
		}
		if f.marker.amount != "" {
			text = strings.ReplaceAll(text, f.marker.amount, "N")
		}
		parts = append(parts, v.name+"="+text)
	}
	return strings.Join(parts, "&")
}

// look waits for the marker to show.
func (l *learning) look(ctx context.Context, from state.Snapshot, f filling, a answer) (witness, []finding.Change, error) {
	start, patience := time.Now(), longestLag
	if !a.accepted() || f.marker == (marker{}) {
		patience = 0 // one look: a refusal is not believed, but not waited for either
	} else if a.location == "" && a.status == http.StatusOK {
		patience = 300 * time.Millisecond // often a form that is shown again with an error
	}
	for pause := 10 * time.Millisecond; ; pause *= 2 {
		now, err := l.oracle.Read(ctx)
		if err != nil {
			return witness{}, nil, err
		}
		l.latest = now
		if w, hits, ok := witnessed(l.bench.diff(from, now), &l.noise, f.marker); ok {
			if pause > 10*time.Millisecond {
				l.lag = time.Since(start)
			}
			return w, hits, nil
		}
		if time.Since(start) >= patience {
			return witness{}, nil, nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return witness{}, nil, ctx.Err()
		}
	}
}

// elsewhere looks for a text marker on all pages: it was nowhere before, so no
// earlier reading is needed.
func (l *learning) elsewhere(ctx context.Context, f filling, a answer, entry int, st style) (bool, error) {
	l.bench.Ledger.changed(entry, nil)
	if f.marker.text == "" || !a.accepted() || l.near {
		return false, nil
	}
	wide := l.bench.pages(l.victim, l.bench.readable(l.victim, l.action, []string{a.location}))
	now, err := wide.Read(ctx)
	if err != nil {
		return false, err
	}
	hits := state.Carrying(l.bench.diff(nil, now), f.marker.text)
	if len(hits) == 0 {
		if wide, now, hits, err = l.received(ctx, f.marker.text); err != nil || len(hits) == 0 {
			return false, err
		}
	}
	l.oracle, l.latest, l.before = wide, now, nil
	l.did(entry, hits)
	l.settleOn(newWitness(byText, hits, f.marker.text), st, hits, f, a)
	return true, nil
}

// received looks for a text marker on the pages of the other identities: who sends a
// message is often not shown it, and whom it is sent to is.
func (l *learning) received(ctx context.Context, mark string) (oracle, state.Snapshot, []finding.Change, error) {
	for _, name := range l.bench.Site.Identities {
		other := l.bench.victim(name)
		if name == "" || name == l.victim.Name() || other == nil || l.bench.isAlive(ctx, other) != nil {
			continue
		}
		inbox := oracle{[]state.Reader{state.HTTPReader{Session: other, URLs: l.bench.readable(other, l.action, nil), Recipient: true, Redact: l.bench.redact}}}
		now, err := inbox.Read(ctx)
		if err != nil {
			return inbox, nil, nil, err
		}
		if hits := state.Carrying(l.bench.diff(nil, now), mark); len(hits) > 0 {
			return inbox, now, hits, nil
		}
	}
	return oracle{}, nil, nil, nil
}

// otherwise chooses again where no form shows what stands: the first choice may have
// been what stood there already.
func (l *learning) otherwise(ctx context.Context, st style, a answer) (bool, error) {
	if l.chosenAgain || l.live != nil || !a.accepted() {
		return false, nil
	}
	l.chosenAgain = true
	if err := l.open(ctx); err != nil {
		return false, err
	}
	return l.again(ctx, st)
}

// touch remembers what an action without a marker did to its own form: two runs may
// choose one option after the other, and neither is what stood there before.
func (s *subject) touch(changes []finding.Change) {
	for _, c := range changes {
		if strings.Contains(c.Where, " form[") {
			if s.touched == nil {
				s.touched = map[string]bool{}
			}
			s.touched[c.Where] = true
		}
	}
}

// settleOn makes w the subject's witness and reads, from now on, only what shows it.
func (l *learning) settleOn(w witness, st style, hits []finding.Change, f filling, a answer) {
	s := l.subject
	narrow := s.bench.narrow(s.oracle, s.victim, hits)
	if w.kind != byTransition {
		var kept []finding.Change
		for _, c := range hits {
			if narrow.covers(c) {
				kept = append(kept, c)
			}
		}
		if len(kept) > 0 {
			mark := f.marker.text
			if w.kind == byAmount {
				mark = f.marker.amount
			}
			w, hits = newWitness(w.kind, kept, mark), kept
		} else {
			narrow = s.oracle
		}
	} else {
		narrow = s.oracle.thatShow(hits) // and not the nearest alone: each place of a transition counts
	}
	s.oracle, s.witness, s.style = narrow, w, st
	s.spots, s.creates = map[string]bool{}, true
	for _, c := range hits {
		s.spots[c.Where] = true
		s.creates = s.creates && c.Before == ""
	}
	if len(s.earlier) == 0 {
		s.recall(f, replaced(l.noise.Filter(l.bench.diff(l.from, l.latest))), l.from)
	}
	s.latest = narrow.only(s.latest)
	if s.before != nil {
		s.before = narrow.only(s.before)
	}
	s.controls = append(s.controls, finding.Control{Name: "legitimate", Passed: true,
		Text: fmt.Sprintf("%q did it from the application's own page; answered %d, and the change was re-read at %s", s.victim.Name(), a.status, s.bench.redact(hits[0].Where))})
}

// recall finds out what the fields held before from what the change replaced,
// for actions whose form does not show it. A place that is called like the field
// is believed before any other.
func (s *subject) recall(f filling, hits []finding.Change, from state.Snapshot) {
	s.earlier = map[string]string{}
	for _, v := range f.values {
		if v.token || v.kind == "hidden" || v.kind == "file" || v.text == "" {
			continue
		}
		for _, c := range hits {
			old, ok := replacedText(c, v.text, from)
			if _, known := s.earlier[v.name]; ok && (!known || strings.HasSuffix(c.Where, v.name[strings.LastIndexByte(v.name, '.')+1:])) {
				s.earlier[v.name] = old
			}
		}
	}
}

// replacedText is what stood where text stands now, if the change tells.
func replacedText(c finding.Change, text string, from state.Snapshot) (string, bool) {
	if _, stood := from[c.Where]; c.Before == "" && !stood {
		return "", false
	}
	head, tail, found := strings.Cut(c.After, text)
	if !found {
		return "", false
	}
	old, ok := strings.CutPrefix(c.Before, head)
	if !ok {
		return "", false
	}
	old, ok = strings.CutSuffix(old, tail)
	return old, ok && !strings.Contains(old, "«") // a secret is hidden there
}

func (l *learning) failed() error {
	switch {
	case l.status >= 400:
		return notTestable("not testable: the legitimate request was itself refused with status %d, so nothing can be compared with it", l.status)
	case len(l.oracle.readers) == 0:
		return notTestable("not observable: there is no page or table to re-read")
	}
	return notTestable("not observable: the legitimate request was answered with status %d, and nothing that is re-read shows its effect; if it had one, it was not undone", l.status)
}

// replaced joins, at places where one thing went and one came, the two to one change.
func replaced(changes []finding.Change) []finding.Change {
	came, went := map[string][]finding.Change{}, map[string][]finding.Change{}
	var joined []finding.Change
	for _, c := range changes {
		switch {
		case c.Before == "":
			came[c.Where] = append(came[c.Where], c)
		case c.After == "":
			went[c.Where] = append(went[c.Where], c)
		default:
			joined = append(joined, c)
		}
	}
	for where, now := range came {
		switch was := went[where]; {
		case len(was) == 1 && len(now) == 1:
			joined = append(joined, finding.Change{Where: where, Before: was[0].Before, After: now[0].After})
		case len(was) == 0:
			joined = append(joined, now...)
		}
	}
	return joined
}
