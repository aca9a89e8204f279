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
	s, err := b.subject(ctx, f, f.Plan.Action, user)
	if s != nil {
		f.Proof.Oracle, f.Proof.Controls, f.Proof.Steps = s.oracle.Name(), s.controlsSoFar(), s.storySoFar()
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

// assign tries the extra fields of the plan until one was taken over.
func (s *subject) assign(ctx context.Context, f finding.Finding) (finding.Finding, error) {
	wide := oracle{append(slices.Clone(s.bench.Readers), s.bench.pages(s.victim, s.bench.readable(s.victim, s.action, s.showing(f.Plan.Extra))).readers...)}
	plain, err := s.withField(ctx, &f, wide, nil, "")
	if err != nil {
		return f, err
	}
	f.Proof.Controls = append(f.Proof.Controls, finding.Control{Name: "without-the-field", Passed: true,
		Text: fmt.Sprintf("the same request without a field more was answered %d and left %s as they were", plain.answer.status, extraNames(f.Plan.Extra))})
	for _, extra := range f.Plan.Extra {
		for _, value := range extra.Options {
			if value == "+" {
				value = another(extra.Value)
			}
			done, err := s.withField(ctx, &f, wide, &extra, value)
			if err != nil {
				return f, err
			}
			taken := done.takenOver(extra, value, plain)
			noteField(&f, extra, value, done, len(taken) > 0)
			s.did(done.entry, s.own(done))
			if len(taken) == 0 {
				continue
			}
			f.Proof.Changes, f.Proof.Marker = redacted(taken, s.bench.redact), value
			f.Proof.Steps = append(f.Proof.Steps, finding.Step{Text: fmt.Sprintf("The field %s was added with the value %q, which was %q.", extra.Name, value, taken[0].Before),
				Request: done.text, Answer: s.bench.answerText(done.answer)})
			if err := s.giveBack(context.WithoutCancel(ctx), &f, wide, extra, taken, done); err != nil {
				return f, err
			}
			return verdict(f, finding.Proven, fmt.Sprintf("the field %s, which the action does not offer, was sent along and taken over: re-read as %q", extra.Name, value)), nil
		}
	}
	return verdict(f, finding.Refuted, fmt.Sprintf("%s, sent along, stayed as they were, while the rest of the request was carried out", extraNames(f.Plan.Extra))), nil
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

// withField does the action legitimately, with the extra field if there is one.
func (s *subject) withField(ctx context.Context, f *finding.Finding, wide oracle, extra *finding.Field, text string) (addition, error) {
	if err := s.open(ctx); err != nil {
		return addition{}, err
	}
	before, err := wide.Read(ctx)
	if err != nil {
		return addition{}, err
	}
	fill, purpose := s.fill(s.style), purposeLegitimate
	if extra != nil {
		fill.values = append(slices.DeleteFunc(fill.values, func(v value) bool { return v.name == extra.Name }),
			value{name: extra.Name, in: "body", kind: extra.Type, text: text})
		purpose = purposeExtra
	}
	done := addition{marker: fill.marker}
	if done.answer, done.entry, err = s.legitimate(ctx, *f, fill, purpose); err != nil {
		return done, err
	}
	sub := s.submission(fill)
	if request, err := sub.request(ctx); err == nil {
		done.text = s.bench.requestText(request, sub)
	}
	after, err := wide.Read(ctx)
	if err != nil {
		return done, err
	}
	done.changes = s.noise.Filter(s.bench.diff(before, after))
	s.latest = s.oracle.only(after)
	if extra == nil {
		s.did(done.entry, s.own(done))
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
func (s *subject) giveBack(ctx context.Context, f *finding.Finding, wide oracle, extra finding.Field, taken []finding.Change, done addition) error {
	s.bench.Ledger.changed(done.entry, append(slices.Clone(taken), s.own(done)...))
	s.pending = append(slices.DeleteFunc(s.pending, func(i int) bool { return i == done.entry }), done.entry)
	if taken[0].Before == "" {
		return nil // it went with something new, which is removed as a whole
	}
	old := extra.Value
	if last := taken[0].Before; label(last, extra.Name) < 0 {
		old = last
	}
	back, err := s.withField(ctx, f, wide, &extra, old)
	if err != nil {
		return err
	}
	s.did(back.entry, s.own(back))
	now, err := wide.Read(ctx)
	if err != nil {
		return err
	}
	for _, c := range s.bench.diff(nil, now) {
		if !slices.ContainsFunc(taken, func(t finding.Change) bool { return t.Where == c.Where && t.After == c.After }) {
			continue
		}
		s.pending = slices.DeleteFunc(s.pending, func(i int) bool { return i == done.entry })
		s.bench.Ledger.settle([]int{done.entry}, false, fmt.Sprintf("%s could not be set back to %q: set it by hand", extra.Name, old))
	}
	return nil
}
