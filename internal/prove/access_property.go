package prove

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// tryAssign does an action with a field more than it offers, one after the other,
// and looks whether the field was taken over.
func (b *Bench) tryAssign(ctx context.Context, f finding.Finding, user *identity.Session) (finding.Finding, error) {
	if b.setsOwnRights(f, user) {
		return b.tryOwnRights(ctx, f, user)
	}
	s, err := b.subject(ctx, f, f.Plan.Action, user)
	if s != nil {
		f.Proof.Oracle, f.Proof.Controls, f.Proof.Steps = s.oracle.Name(), s.controlsSoFar(), s.storySoFar()
	}
	if err == nil {
		err = s.ownOnly(f)
	}
	if err == nil {
		f, err = s.assign(ctx, f)
	}
	if s != nil {
		// How the undoing went is in the ledger; it does not change the verdict.
		_ = s.restore(context.WithoutCancel(ctx))
	}
	return f, err
}

// An assigning is an action that is done again and again with fields more.
type assigning struct {
	*subject
	wide oracle
	last state.Snapshot // what wide showed after the latest run; nil before the first
}

// An added field goes along with a request that does not offer it.
type added struct {
	field finding.Field
	text  string // the value to send
}

// assign tries the extra fields of the plan until one was taken over: all at once at
// first, which is all it takes where the application keeps to its own, then one by one.
func (s *subject) assign(ctx context.Context, f finding.Finding) (finding.Finding, error) {
	pages := s.bench.pages(s.victim, s.mentioning(f.Plan.Extra))
	a := &assigning{subject: s, wide: oracle{append(slices.Clone(s.bench.Readers), pages.readers...)}}
	plain, err := a.with(ctx, &f)
	if err != nil {
		return f, err
	}
	f.Proof.Controls = append(f.Proof.Controls, finding.Control{Name: "without-the-field", Passed: true,
		Text: fmt.Sprintf("the same request without a field more was answered %d and left %s as they were", plain.answer.status, extraNames(f.Plan.Extra))})
	a.narrow(f.Plan.Extra, plain)
	if ignored, err := a.ignoresAll(ctx, &f, plain); ignored || err != nil {
		return verdict(f, finding.Refuted, fmt.Sprintf("%s, sent along, stayed as they were, while the rest of the request was carried out", extraNames(f.Plan.Extra))), err
	}
	for _, extra := range f.Plan.Extra {
		for _, value := range valuesOf(extra) {
			proven, err := a.one(ctx, &f, added{extra, value}, plain)
			if proven || err != nil {
				return f, err
			}
		}
	}
	if why := failures(f.Proof.Attempts, plain); why != "" {
		return f, notTestable("%s", why)
	}
	return verdict(f, finding.Refuted, fmt.Sprintf("%s, sent along, stayed as they were", extraNames(f.Plan.Extra))), nil
}

// valuesOf are the values to try with a field.
func valuesOf(extra finding.Field) []string {
	values := slices.Clone(extra.Options)
	for i, v := range values {
		if v == "+" {
			values[i] = another(extra.Value)
		}
	}
	return values
}

// ignoresAll sends all fields at once, with the first values of each, then the
// second ones, and says whether the action was carried out every time and none of
// them was taken over. Where it was not, nothing is known of any of them.
func (a *assigning) ignoresAll(ctx context.Context, f *finding.Finding, plain addition) (bool, error) {
	if len(f.Plan.Extra) < 2 {
		return false, nil
	}
	rounds := 0
	for _, extra := range f.Plan.Extra {
		rounds = max(rounds, len(extra.Options))
	}
	var attempts []finding.Attempt
	for round := range rounds {
		var all []added
		for _, extra := range f.Plan.Extra {
			values := valuesOf(extra)
			all = append(all, added{extra, values[min(round, len(values)-1)]})
		}
		done, err := a.with(ctx, f, all...)
		if err == nil {
			err = a.collapsed(done, all, plain)
		}
		if err != nil {
			return false, err
		}
		own := a.own(done)
		a.did(done.entry, own)
		taken := slices.ContainsFunc(all, func(x added) bool { return len(done.takenOver(x.field, x.text, plain)) > 0 })
		if taken {
			return false, a.takeBack(ctx, f, done, all, plain)
		}
		if len(own) == 0 {
			return false, nil
		}
		attempts = append(attempts, finding.Attempt{Variant: addedNames(all), By: "replay", Status: done.answer.status, Why: "all stayed as they were"})
	}
	f.Proof.Attempts = append(f.Proof.Attempts, attempts...)
	return true, nil
}

// takeBack gives the fields that were taken over together their old values again.
func (a *assigning) takeBack(ctx context.Context, f *finding.Finding, done addition, all []added, plain addition) error {
	for _, x := range all {
		if taken := done.takenOver(x.field, x.text, plain); len(taken) > 0 {
			if err := a.giveBack(context.WithoutCancel(ctx), f, x.field, taken, done); err != nil {
				return err
			}
		}
	}
	return nil
}

func addedNames(all []added) string {
	var names []string
	for _, x := range all {
		names = append(names, x.field.Name+"="+x.text)
	}
	return strings.Join(names, ", ")
}

// one tries one field with one value and reports whether that proves the finding.
func (a *assigning) one(ctx context.Context, f *finding.Finding, x added, plain addition) (proven bool, err error) {
	done, err := a.with(ctx, f, x)
	if err == nil {
		err = a.collapsed(done, []added{x}, plain)
	}
	if err != nil {
		return false, err
	}
	taken := done.takenOver(x.field, x.text, plain)
	noteField(f, x.field, x.text, done, len(taken) > 0)
	a.did(done.entry, a.own(done))
	if len(taken) == 0 {
		return false, nil
	}
	f.Proof.Changes, f.Proof.Marker = redacted(taken, a.bench.redact), x.text
	f.Proof.Steps = append(f.Proof.Steps, finding.Step{Text: fmt.Sprintf("The field %s was added with the value %q, which was %q.", x.field.Name, x.text, taken[0].Before),
		Request: done.text, Answer: a.bench.answerText(done.answer)})
	if err := a.giveBack(context.WithoutCancel(ctx), f, x.field, taken, done); err != nil {
		return false, err
	}
	*f = verdict(*f, finding.Proven, fmt.Sprintf("the field %s, which the action does not offer, was sent along and taken over: re-read as %q", x.field.Name, x.text))
	return true, nil
}

// collapsed is an error where the application failed at what it was sent and no longer
// shows what stood there before: more of the same would do more harm.
func (a *assigning) collapsed(done addition, all []added, plain addition) error {
	if done.answer.status < 500 || plain.answer.status >= 500 {
		return nil
	}
	var lost []finding.Change
	for _, c := range done.changes {
		about := slices.ContainsFunc(all, func(x added) bool { return isAbout(c, x.field.Name) })
		if c.After == "" && (about || a.witness.places[state.Place(c.Where)]) {
			lost = append(lost, c)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	a.did(done.entry, lost)
	return notTestable("the application failed with status %d when %s went along, and since then no longer shows %s to %q: the field reaches the data, "+
		"with a value that the application cannot read back. Look at it by hand", done.answer.status, addedNames(all), lost[0].Where, a.victim.Name())
}

// failures says which fields made the application fail, "" if none did: that is no
// refusal, and another value of the field might be taken over.
func failures(attempts []finding.Attempt, plain addition) string {
	if plain.answer.status >= 500 {
		return ""
	}
	var failed []string
	for _, at := range attempts {
		if !at.Accepted && at.Status >= 500 {
			failed = append(failed, at.Variant)
		}
	}
	if len(failed) == 0 {
		return ""
	}
	return fmt.Sprintf("the application failed with a status of 500 or more when %s went along, and did not without: that is no refusal, and another value may be taken over. "+
		"An administrator's identity beside the users' shows the scan which values there are", strings.Join(failed, " or "))
}

// showing are the addresses of answers in which the extra fields stand.
func (s *subject) showing(extra []finding.Field) []string {
	var urls []string
	for _, x := range s.bench.Site.Sightings().Shown(s.victim.Name()) {
		for _, e := range extra {
			if len(urls) < 4 && strings.Contains(x.Type, "json") && strings.Contains(string(x.Body), `"`+e.Name+`"`) && !slices.Contains(urls, x.URL) {
				urls = append(urls, x.URL)
			}
		}
	}
	return urls
}

func extraNames(extra []finding.Field) string {
	var names []string
	for _, e := range extra {
		names = append(names, e.Name)
	}
	return strings.Join(names, ", ")
}

// another is a number that is not the present one.
func another(present string) string {
	n, err := strconv.ParseFloat(present, 64)
	if err != nil {
		return "41"
	}
	return strconv.FormatFloat(n+41, 'f', -1, 64)
}

// An addition is one run of the action with a field more, or, as a control, without.
type addition struct {
	entry   int
	marker  marker
	answer  answer
	changes []finding.Change
	text    string // the request, to show
}

// with does the action legitimately, with fields more if there are any.
func (a *assigning) with(ctx context.Context, f *finding.Finding, more ...added) (addition, error) {
	if err := a.open(ctx); err != nil {
		return addition{}, err
	}
	var err error
	if a.last == nil {
		if a.last, err = a.wide.Read(ctx); err != nil {
			return addition{}, err
		}
	}
	fill, purpose := a.fill(a.style), purposeLegitimate
	for _, x := range more {
		fill.values = append(slices.DeleteFunc(fill.values, func(v value) bool { return v.name == x.field.Name }),
			value{name: x.field.Name, in: a.action.BodyPlace(), kind: x.field.Type, text: x.text})
		purpose = purposeExtra
	}
	done := addition{marker: fill.marker}
	if done.answer, done.entry, err = a.legitimate(ctx, *f, fill, purpose); err != nil {
		return done, err
	}
	sub := a.submission(fill)
	if request, err := sub.request(ctx); err == nil {
		done.text = a.bench.requestText(request, sub)
	}
	after, err := a.wide.Read(ctx)
	if err != nil {
		return done, err
	}
	done.changes = a.noise.Filter(a.bench.diff(a.last, after))
	a.last, a.latest = after, a.oracle.only(after)
	if len(more) == 0 {
		a.did(done.entry, a.own(done))
	}
	return done, nil
}

// own are the changes of an addition where the action's ordinary effect stands.
func (s *subject) own(done addition) []finding.Change {
	return s.witness.sees(done.changes, &s.noise, done.marker)
}

// takenOver are the changes by which a place of the field's name now holds the
// value, where the request without the field did not bring it there.
func (done addition) takenOver(extra finding.Field, value string, plain addition) []finding.Change {
	var taken []finding.Change
	for _, c := range done.changes {
		if !isAbout(c, extra.Name) || !holdsValue(c, extra.Name, value) {
			continue
		}
		c.Before = done.stood(c, extra.Name)
		byItself := slices.ContainsFunc(plain.changes, func(p finding.Change) bool {
			return state.Place(p.Where) == state.Place(c.Where) && isAbout(p, extra.Name) && holdsValue(p, extra.Name, value)
		})
		if !byItself && c.Before != c.After {
			taken = append(taken, c)
		}
	}
	return taken
}

// stood is what stood where c now stands: lines of a page have no place of their
// own and are told apart by their label.
func (done addition) stood(c finding.Change, name string) string {
	if c.Before != "" {
		return c.Before
	}
	for _, went := range done.changes {
		if went.Where == c.Where && went.After == "" && label(went.Before, name) >= 0 {
			return went.Before
		}
	}
	return ""
}

// isAbout says whether a place or what is said there is called like the field.
func isAbout(c finding.Change, name string) bool {
	last := c.Where[strings.LastIndexAny(c.Where, ". ")+1:]
	return strings.EqualFold(last, name) || label(c.After, name) >= 0
}

// label is where in a line of a page the value behind a label begins, -1 if it has
// no such label.
func label(line, name string) int {
	words := strings.ReplaceAll(strings.ToLower(name), "_", " ")
	rest, ok := strings.CutPrefix(strings.ToLower(line), words)
	if !ok || rest == "" || !strings.ContainsAny(rest[:1], " :|=") {
		return -1
	}
	return len(words)
}

func holdsValue(c finding.Change, name, value string) bool {
	text := c.After
	if at := label(text, name); at >= 0 {
		text = strings.Trim(text[at:], " :|=")
	}
	if strings.EqualFold(text, value) {
		return true
	}
	a, errA := strconv.ParseFloat(text, 64)
	b, errB := strconv.ParseFloat(value, 64)
	switch {
	case errA == nil && errB == nil:
		return a == b
	case value == "true", value == "yes", value == "on":
		return slices.Contains([]string{"true", "yes", "on", "1"}, strings.ToLower(text))
	case value == "false", value == "no", value == "off":
		return slices.Contains([]string{"false", "no", "off", "0"}, strings.ToLower(text))
	}
	return false
}

func noteField(f *finding.Finding, extra finding.Field, value string, done addition, taken bool) {
	why := extra.Name + " stayed as it was"
	if taken {
		why = extra.Name + " was re-read with the new value"
	}
	f.Proof.Attempts = append(f.Proof.Attempts, finding.Attempt{Variant: extra.Name + "=" + value, Accepted: taken, By: "replay", Status: done.answer.status, Why: why})
}

// giveBack sends the value of before the way the new one was sent, where there was
// one before, and says in the ledger how that went.
func (a *assigning) giveBack(ctx context.Context, f *finding.Finding, extra finding.Field, taken []finding.Change, done addition) error {
	a.bench.Ledger.changed(done.entry, append(slices.Clone(taken), a.own(done)...))
	a.pending = append(slices.DeleteFunc(a.pending, func(i int) bool { return i == done.entry }), done.entry)
	if taken[0].Before == "" {
		return nil // it went with something new, which is removed as a whole
	}
	old := extra.Value
	if last := taken[0].Before; label(last, extra.Name) < 0 {
		old = last
	}
	back, err := a.with(ctx, f, added{extra, old})
	if err != nil {
		return err
	}
	a.did(back.entry, a.own(back))
	for _, c := range a.bench.diff(nil, a.last) {
		if !slices.ContainsFunc(taken, func(t finding.Change) bool { return t.Where == c.Where && t.After == c.After }) {
			continue
		}
		a.pending = slices.DeleteFunc(a.pending, func(i int) bool { return i == done.entry })
		a.bench.Ledger.settle([]int{done.entry}, false, fmt.Sprintf("%s could not be set back to %q: set it by hand", extra.Name, old))
	}
	return nil
}
