package prove

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// tryChain carries out a plan that goes from a foreign page through the victim's
// session to what the victim could not mean to do. Both halves were proven before;
// here one page does it all.
func (b *Bench) tryChain(ctx context.Context, f finding.Finding, victim *identity.Session) (finding.Finding, error) {
	if f.Plan.Reach == nil {
		return f, notTestable("the plan does not say what the request is to reach")
	}
	var err error
	if len(f.Plan.Clicks) > 0 {
		f, err = b.tryFrame(ctx, f, victim)
	} else {
		f, err = b.forgeChain(ctx, f, victim)
	}
	if f.State == finding.Proven {
		f.Why = chainWhy(f, victim.Name())
		f.Proof.Steps = append([]finding.Step{{Text: fmt.Sprintf("Two weaknesses stand one behind the other: %s. Each was proven on its own; what follows is the whole way, in one visit.", halves(f))}}, f.Proof.Steps...)
	}
	return f, err
}

func halves(f finding.Finding) string {
	var ids []string
	for _, e := range f.Evidence {
		if e.Kind == "note" && e.Source != "" && !strings.Contains(e.Source, "/") {
			ids = append(ids, e.Source)
		}
	}
	return strings.Join(ids, " and ")
}

func chainWhy(f finding.Finding, victim string) string {
	page := fmt.Sprintf("one visit of %q to a page of the attacker (%s)", victim, strings.Join(provenFrom(f.Vector), ", "))
	if len(f.Plan.Clicks) > 0 {
		page = fmt.Sprintf("one click of %q on a page of the attacker (%s)", victim, strings.Join(provenFrom(f.Vector), ", "))
	}
	r := f.Plan.Reach
	switch r.Weakness {
	case finding.PropertyAssignment:
		return fmt.Sprintf("%s set the field %s, which no form offers, from %q to %q in a real browser; the change was re-read", page, r.Field.Name, r.Field.Value, option(r.Field))
	case finding.AuthFunction:
		reader := r.Owner
		if len(f.Plan.Clicks) > 0 {
			reader = victim // whose page it is that was framed
		}
		return fmt.Sprintf("%s carried out a function of an administrator's in a real browser, though %q is none; the change was re-read as %q", page, victim, reader)
	}
	return fmt.Sprintf("%s changed what belongs to %q in a real browser; the change was re-read as %[2]q", page, r.Owner)
}

func option(f finding.Field) string {
	if len(f.Options) == 0 {
		return ""
	}
	return f.Options[0]
}

// forgeChain has the attacker's page send the request that reaches further.
func (b *Bench) forgeChain(ctx context.Context, f finding.Finding, victim *identity.Session) (finding.Finding, error) {
	owner := victim
	if name := f.Plan.Reach.Owner; name != "" {
		if owner = b.victim(name); owner == nil {
			return f, notTestable("identity %q is not configured here", name)
		}
	}
	s, err := b.subjectOrCanary(ctx, f, f.Plan.Action, owner)
	if s != nil {
		f.Proof.Oracle, f.Proof.Controls, f.Proof.Steps = s.oracle.Name(), s.controlsSoFar(), s.storySoFar()
	}
	if err == nil {
		var far *subject
		if far, err = s.reachingOut(ctx, f, victim); err == nil {
			f, err = far.attack(ctx, f)
			s.comeBack(context.WithoutCancel(ctx), far)
		}
	}
	if s != nil {
		// How the undoing went is in the ledger; it does not change the verdict.
		_ = s.restore(context.WithoutCancel(ctx))
	}
	return f, err
}

// reachingOut is the subject as it is attacked in a chain: by the victim's browser,
// though its effect is re-read as the owner, and with the extra field, whose value
// is then what is looked for.
func (s *subject) reachingOut(ctx context.Context, f finding.Finding, victim *identity.Session) (*subject, error) {
	far := *s
	far.victim = victim
	r := f.Plan.Reach
	if r.Field.Name == "" {
		return &far, nil
	}
	far.extra = &value{name: r.Field.Name, in: s.action.BodyPlace(), kind: r.Field.Type, text: option(r.Field)}
	far.oracle = oracle{append(slices.Clone(s.bench.Readers), s.bench.pages(s.victim, s.bench.readable(s.victim, s.action, s.showing([]finding.Field{r.Field}))).readers...)}
	far.witness = witness{kind: byValue, name: r.Field.Name, value: option(r.Field), places: map[string]bool{}}
	for _, where := range r.Where {
		far.witness.places[state.Place(where)] = true
	}
	far.ready = func(ctx context.Context) error { return far.setAside(ctx, f, r.Field) }
	now, err := far.oracle.Read(ctx)
	far.latest = now
	return &far, err
}

// setAside gives the field the value of before, where an earlier run has changed it,
// so that the next one can be seen.
func (s *subject) setAside(ctx context.Context, f finding.Finding, field finding.Field) error {
	now, err := s.oracle.Read(ctx)
	if err != nil {
		return err
	}
	s.latest = now
	if len(s.witness.sees(s.bench.diff(nil, now), &s.noise, marker{})) == 0 {
		return nil
	}
	again := &assigning{subject: s, wide: s.oracle, last: now}
	back, err := again.with(ctx, &f, added{field, field.Value})
	if err != nil {
		return err
	}
	s.bench.Ledger.restored(back.entry, back.answer.status)
	s.remember(back.marker)
	s.latest = again.last
	return nil
}

// comeBack takes over what the attack left to undo, once the field is as it was.
func (s *subject) comeBack(ctx context.Context, far *subject) {
	s.pending, s.marks, s.live = far.pending, far.marks, nil
	if far.ready == nil || far.ready(ctx) == nil {
		return
	}
	s.bench.Ledger.settle(s.pending, false, fmt.Sprintf("%s could not be set back: set it by hand", far.extra.name))
	s.pending = nil
}
