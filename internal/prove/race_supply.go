package prove

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// A supply gives objects that an action can be done with once: made for the purpose,
// or, where the application makes none, those that its page offers it for.
type supply struct {
	bench   *Bench
	action  finding.Action
	victim  *identity.Session
	nursery *nursery
	used    map[string]bool // forms of objects that something was done with
	unused  *subject
}

func (b *Bench) supplyOf(a finding.Action, victim *identity.Session) *supply {
	return &supply{bench: b, action: a, victim: victim, used: map[string]bool{}}
}

// open finds where the objects come from.
func (p *supply) open(ctx context.Context, f finding.Finding) error {
	object := templated(p.action)
	if at := strings.LastIndexByte(object.Route, '}'); at >= 0 {
		object.Route = object.Route[:at+1] // what is made is the object, whatever is done with it
	}
	creator, err := p.bench.creatorFor(ctx, f, object, p.victim)
	if err == nil {
		p.nursery = &nursery{bench: p.bench, creator: creator}
	}
	return ctx.Err()
}

// back takes an object that nothing came of.
func (p *supply) back(s *subject) { p.unused = s }

// next is an action aimed at an object that nothing was done with.
func (p *supply) next(ctx context.Context, f finding.Finding) (*subject, error) {
	if s := p.unused; s != nil {
		p.unused = nil
		return s, s.open(ctx)
	}
	if p.nursery != nil {
		return p.made(ctx, f)
	}
	return p.offered(ctx, "")
}

func (p *supply) made(ctx context.Context, f finding.Finding) (*subject, error) {
	made, err := p.nursery.hatch(ctx, f, templated(p.action))
	if marks := p.nursery.creator.marks; errors.As(err, new(*errNotTestable)) && len(marks) > 0 {
		return p.offered(ctx, marks[len(marks)-1]) // its address may stand in a form alone
	}
	if err != nil {
		return nil, err
	}
	s, err := p.bench.bareSubject(made.action, p.victim)
	if err != nil {
		return nil, err
	}
	s.near, s.listing = made.mark, p.nursery.creator.action.Page
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	if !s.isAimed(made.mark) {
		return nil, notTestable("the object made for it could not be told from others")
	}
	return s, nil
}

// offered is the next object for which the action's page has a form, in a row with that
// mark.
func (p *supply) offered(ctx context.Context, mark string) (*subject, error) {
	if p.action.Page == "" || p.bench.Grant.Allows(p.action.Page) != nil {
		return nil, notTestable("not testable: no page offers it, and no object could be made for it")
	}
	page, _, err := p.bench.fetch(ctx, p.victim, p.action.Page)
	if err != nil {
		return nil, err
	}
	for _, form := range page.forms() {
		key := form.url.Path
		for _, in := range form.inputs {
			if in.kind == "hidden" && !tokenLike.MatchString(in.name) {
				key += "\x00" + in.name + "=" + in.value
			}
		}
		if form.method != strings.ToUpper(p.action.Method) || !alike(form.url.String(), p.action.URL) || p.used[key] || !strings.Contains(strings.ToLower(form.around), strings.ToLower(mark)) {
			continue
		}
		p.used[key] = true
		a := p.action
		a.URL = form.url.String()
		s, err := p.bench.bareSubject(a, p.victim)
		if err != nil {
			return nil, err
		}
		s.near = form.around
		return s, s.open(ctx)
	}
	return nil, notTestable("not testable: no further object is there to try it with, and none could be made")
}

// did enters what requests that were sent together changed: the first has it all.
func (r *race) did(entries []int, changes []finding.Change) {
	r.bench.Ledger.changed(entries[0], changes)
	for _, i := range entries[1:] {
		r.bench.Ledger.joined(i)
	}
	if len(changes) > 0 {
		r.sent = append(r.sent, entries[0])
	}
}

// settle says how it ends: the objects were made for it and are removed where the
// application does that; what was counted stands.
func (r *race) settle(ctx context.Context) {
	r.bench.Ledger.settle(r.sent, false, "the application offers no way to take it back that was found: what it added has to be taken back by hand")
	if r.supply.nursery != nil {
		// How it went is in the ledger.
		_ = r.supply.nursery.creator.restore(ctx)
	}
}

// counted are the changes that make up the unit.
func (r *race) counted(changes []finding.Change) []finding.Change {
	var kept []finding.Change
	for _, c := range state.Paired(changes) {
		if len(state.Count([]finding.Change{c}).Without(r.unit)) == 0 && len(state.Count([]finding.Change{c})) > 0 {
			kept = append(kept, c)
		}
	}
	return kept
}

// unitText is what one request does, as a person reads it.
func (r *race) unitText() string {
	var parts []string
	for _, where := range slices.Sorted(maps.Keys(r.unit)) {
		parts = append(parts, fmt.Sprintf("%s: %s", where, r.unit[where].RatString()))
	}
	const told = 3
	return r.bench.redact(strings.Join(parts[:min(len(parts), told)], "; "))
}

func (r *race) text(ctx context.Context, s *subject) string {
	sub := s.submission(s.asItStands(""))
	request, err := sub.request(ctx)
	if err != nil {
		return ""
	}
	s.fromOwnPage(request, sub)
	return r.bench.requestText(request, sub)
}

func statusesOf(answers []answer) string {
	count := map[int]int{}
	for _, a := range answers {
		count[a.status]++
	}
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(count)) {
		parts = append(parts, fmt.Sprintf("%d times %d", count[status], status))
	}
	return strings.Join(parts, ", ")
}
