package prove

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// A nursery makes objects whose only purpose is to be destroyed, so that a
// destructive action can be tried without a loss.
type nursery struct {
	bench   *Bench
	creator *subject
	alive   []canary
	// spoiled is set where the last canary's destruction may still come of something
	// that was sent before.
	spoiled bool
}

// A canary is one object made for the purpose. Its mark is the name that nothing
// else has.
type canary struct {
	mark   string
	action finding.Action // the destructive action, aimed at it
}

// subjectOrCanary gives the subject of an action; a destructive one is aimed at
// canaries, unless the user has allowed that it destroys what is there.
func (b *Bench) subjectOrCanary(ctx context.Context, f finding.Finding, a finding.Action, victim *identity.Session) (*subject, error) {
	if !destroys(a, labels(f)...) || b.AllowDeletes {
		return b.subject(ctx, f, a, victim)
	}
	return b.canarySubject(ctx, f, a, victim)
}

// labels is what the controls of a plan say to the user.
func labels(f finding.Finding) []string {
	var all []string
	for _, c := range f.Plan.Clicks {
		all = append(all, c.Label, pathOf(c.Page))
	}
	return all
}

func (b *Bench) canarySubject(ctx context.Context, f finding.Finding, a finding.Action, victim *identity.Session) (*subject, error) {
	a = templated(a)
	key := "canary " + victim.Name() + " " + a.Method + " " + a.Route
	s := b.subjects[key]
	switch {
	case s != nil && s.failure != nil:
		return s, s.failure
	case s != nil:
		return s, s.refresh(ctx)
	}
	s, err := b.newSubject(a, victim)
	if err != nil {
		return nil, err
	}
	b.subjects[key] = s
	b.order = append(b.order, s)
	creator, err := b.creatorFor(ctx, f, a, victim)
	if err == nil {
		s.nursery, s.broods = &nursery{bench: b, creator: creator}, true
		err = s.learnVanishing(ctx, f)
	}
	if err != nil && ctx.Err() == nil {
		s.failure = err
	}
	return s, err
}

// creatorFor finds the action that makes what a destroys, and learns it.
func (b *Bench) creatorFor(ctx context.Context, f finding.Finding, a finding.Action, victim *identity.Session) (*subject, error) {
	under := collection(a.Route)
	for _, candidate := range b.guide().makers[under] {
		if candidate.Bearer && victim.Ambient() || under == "" || addsTo(pathOf(candidate.URL)) != within(a) {
			continue
		}
		creator, err := b.subject(ctx, f, candidate, victim)
		if err == nil && creator.witness.kind == byText {
			return creator, nil
		}
	}
	return nil, notTestable("not testable: the action destroys something, and no object to lose could be made for it")
}

// hatch makes one canary and aims a, which was seen with another object, at it.
func (n *nursery) hatch(ctx context.Context, f finding.Finding, a finding.Action) (canary, error) {
	c := n.creator
	wide := c.oracleFor(a)
	before, err := wide.Read(ctx)
	if err != nil {
		return canary{}, err
	}
	if err := c.open(ctx); err != nil {
		return canary{}, err
	}
	fill := c.fill(c.style)
	_, entry, err := c.legitimate(ctx, f, fill, purposeCanary)
	if err != nil {
		return canary{}, err
	}
	after, err := wide.Read(ctx)
	if err != nil {
		return canary{}, err
	}
	changes := n.bench.diff(before, after)
	hits := state.Carrying(changes, fill.marker.text)
	c.did(entry, hits)
	if len(hits) == 0 {
		return canary{}, notTestable("an object made to be destroyed did not appear")
	}
	aimed, ok := n.bench.aimAt(ctx, c.victim, a, changes, fill.marker.text)
	if !ok {
		return canary{}, notTestable("the object made to be destroyed could not be told from others")
	}
	made := canary{fill.marker.text, aimed}
	n.alive, n.spoiled = append(n.alive, made), false
	return made, nil
}

// oracleFor reads what shows the creator's objects, and the pages that may name them.
func (s *subject) oracleFor(a finding.Action) oracle {
	urls := s.bench.readable(s.victim, s.action, []string{s.action.Page})
	pages := s.bench.pages(s.victim, slices.DeleteFunc(urls[:min(len(urls), nearPages)], func(address string) bool {
		return s.oracle.covers(finding.Change{Where: state.Source(address)}) // and is read anyway
	}))
	return oracle{append(slices.Clone(s.oracle.readers), pages.readers...)}
}

// aimAt points a at the object that bears mark, by the id that appeared with it.
// An id is only believed if what it leads to bears the mark.
func (b *Bench) aimAt(ctx context.Context, victim *identity.Session, a finding.Action, changes []finding.Change, mark string) (finding.Action, bool) {
	old := placeholders(a)
	if len(old) == 0 {
		// The id is a field of the form on the object's own page, or in its row, which
		// is found by the mark.
		return b.aimPage(ctx, victim, a, changes, mark), true
	}
	for _, id := range candidateIDs(a.Route, changes, mark) {
		aimed := aim(a, old[len(old)-1], id)
		if b.bears(ctx, victim, aimed, changes, id, mark) {
			return aimed, true
		}
	}
	return a, false
}

// aimPage gives an action whose page names the object in its query the page that
// appeared with the mark.
func (b *Bench) aimPage(ctx context.Context, victim *identity.Session, a finding.Action, changes []finding.Change, mark string) finding.Action {
	page, err := url.Parse(a.Page)
	if err != nil || page.RawQuery == "" {
		return a
	}
	for _, c := range changes {
		link, err := page.Parse(c.After)
		if c.Before != "" || err != nil || !strings.HasSuffix(c.Where, " link") || link.Path != page.Path || b.Grant.Allows(link.String()) != nil {
			continue
		}
		if shown, _, err := b.fetch(ctx, victim, link.String()); err == nil && strings.Contains(string(shown.body), mark) {
			a.Page = link.String()
			return a
		}
	}
	return a
}

// isAimed says whether what is about to be destroyed is the object with the mark:
// its identifier stands in the address, or the form stands next to the mark or on
// a page that is about the object.
func (s *subject) isAimed(mark string) bool {
	if len(placeholders(s.action)) > 0 {
		return true // aimed by an identifier that was found to bear the mark
	}
	if s.pressesInRows() {
		b, ok := pressed(s.action, s.live, mark)
		return ok && strings.Contains(strings.ToLower(b.row), strings.ToLower(mark))
	}
	return s.live != nil && (strings.Contains(strings.ToLower(s.live.around), strings.ToLower(mark)) || s.live.alone && strings.Contains(s.live.page, mark))
}

// inAnyPlace is a placeholder of a route that was quoted for a pattern.
var inAnyPlace = regexp.MustCompile(`\\\{[^}]*\\\}`)

var keyed = regexp.MustCompile(`\[([^\]]*=[^\]]*)\]`)

// candidateIDs are the identifiers that appeared, the likeliest first: in
// addresses of the action's route, as members that are called like the placeholder, as
// keys of the object with the mark, as members called id.
func candidateIDs(route string, changes []finding.Change, mark string) []string {
	var ids []string
	add := func(id string) {
		if id != "" && !slices.Contains(ids, id) && !strings.ContainsAny(id, "/?# ") {
			ids = append(ids, id)
		}
	}
	head, name := route, ""
	if i := strings.LastIndexByte(route, '{'); i >= 0 {
		head = route[:i]
		name, _, _ = strings.Cut(route[i+1:], "}")
	}
	inPath := regexp.MustCompile(inAnyPlace.ReplaceAllString(regexp.QuoteMeta(head), `[^/?#"\s]+`) + `([^/?#"\]\s]+)`)
	for _, c := range changes {
		if c.Before != "" {
			continue
		}
		for _, found := range inPath.FindAllStringSubmatch(c.Where+" "+c.After, -1) {
			add(found[1])
		}
	}
	for _, c := range changes {
		if c.Before == "" && name != "" && strings.HasSuffix(c.Where, "."+name) {
			add(c.After)
		}
	}
	for _, c := range changes {
		if !strings.Contains(c.After, mark) {
			continue
		}
		if m := keyed.FindStringSubmatch(c.Where); m != nil {
			parts := strings.Split(m[1], ",")
			for _, part := range slices.Backward(parts) {
				_, id, _ := strings.Cut(part, "=")
				add(id)
			}
		}
	}
	for _, c := range changes {
		if c.Before == "" && (strings.HasSuffix(c.Where, ".id") || strings.HasSuffix(c.Where, "_id")) {
			add(c.After)
		}
	}
	return ids
}

// bears says whether the object with that id is the one with the mark: the state
// keeps both under one key, or a page of the object says so.
func (b *Bench) bears(ctx context.Context, victim *identity.Session, aimed finding.Action, changes []finding.Change, id, mark string) bool {
	for _, c := range changes {
		if m := keyed.FindStringSubmatch(c.Where); m != nil && strings.Contains(c.After, mark) && strings.Contains(m[1], "="+id) {
			return true
		}
	}
	up := aimed.URL[:strings.LastIndex(aimed.URL, "/"+id)+1+len(id)]
	for _, address := range []string{aimed.Page, up} {
		if address == "" || b.Grant.Allows(address) != nil {
			continue
		}
		page, _, err := b.fetch(ctx, victim, address)
		if err != nil {
			continue
		}
		if strings.Contains(address, id) && strings.Contains(string(page.body), mark) {
			return true
		}
		for _, f := range page.forms() {
			if strings.Contains(f.url.Path, "/"+id) && strings.Contains(f.around, mark) {
				return true
			}
		}
	}
	return b.rowBears(ctx, victim, aimed, id, mark)
}

// rowBears looks for a line of the collection's page that has both the mark and
// the id.
func (b *Bench) rowBears(ctx context.Context, victim *identity.Session, aimed finding.Action, id, mark string) bool {
	u := aimed.URL
	if at := strings.Index(u, within(aimed)); at > 0 {
		u = u[:at] + within(aimed)
	}
	page, _, err := b.fetch(ctx, victim, u)
	if err != nil {
		return false
	}
	return page.rowHas(mark, "/"+id)
}

// learnVanishing is learn for a destructive action: the victim destroys one
// canary, and what vanished with it is the witness.
func (s *subject) learnVanishing(ctx context.Context, f finding.Finding) error {
	if err := s.keepAlive(ctx); err != nil {
		return err
	}
	s.controls = append(s.controls, s.nursery.creator.controls[:1]...)
	fg, err := s.forgeCanary(ctx, f)
	if err != nil {
		return err
	}
	a, entry, err := s.legitimate(ctx, f, fg, purposeLegitimate)
	if err != nil {
		return err
	}
	now, err := s.oracle.Read(ctx)
	if err != nil {
		return err
	}
	gone := state.Gone(s.bench.diff(s.latest, now), fg.marker.text)
	s.latest = now
	if len(gone) == 0 {
		if a.status >= 400 {
			return notTestable("not testable: the legitimate request was itself refused with status %d", a.status)
		}
		return notTestable("not observable: after the legitimate request the object was still there")
	}
	s.bench.Ledger.changed(entry, gone)
	s.bench.Ledger.settle([]int{entry}, true, "the object was made for this purpose")
	s.nursery.buried(fg.marker.text)
	s.oracle = s.oracle.thatShow(gone)
	s.latest = s.oracle.only(s.latest)
	s.witness, s.learned = witness{kind: byVanishing, places: placesOf(gone)}, true
	s.controls = append(s.controls, finding.Control{Name: "legitimate", Passed: true,
		Text: fmt.Sprintf("%q destroyed an object made for this purpose from the application's own page; answered %d, and it was gone when re-read", s.victim.Name(), a.status)})
	return nil
}

// forgeCanary fills the action in as it stands for a canary that the last attack
// has left alone, or for a new one.
func (s *subject) forgeCanary(ctx context.Context, f finding.Finding) (filling, error) {
	made, waiting := s.untouched()
	if !waiting {
		var err error
		if made, err = s.nursery.hatch(ctx, f, s.action); err != nil {
			return filling{}, err
		}
	}
	s.action, s.near, s.listing = made.action, made.mark, s.nursery.creator.action.Page
	if err := s.open(ctx); err != nil {
		return filling{}, err
	}
	if !s.isAimed(made.mark) {
		return filling{}, notTestable("the object made to be destroyed could not be told from others")
	}
	if waiting {
		return s.asItStands(made.mark), nil
	}
	if s.witness.kind == "" {
		s.oracle = s.nursery.creator.oracleFor(s.action)
	}
	now, err := s.oracle.Read(ctx)
	if err != nil {
		return filling{}, err
	}
	s.latest = now
	return s.asItStands(made.mark), nil
}

// untouched is the canary that stood when the state was last read, after whatever
// was tried to destroy it.
func (s *subject) untouched() (canary, bool) {
	n := s.nursery
	if s.witness.kind == "" || n.spoiled || len(n.alive) == 0 {
		return canary{}, false
	}
	last := n.alive[len(n.alive)-1]
	return last, s.latest.Has(last.mark)
}

// asItStands is the action with the values of its form unchanged.
func (s *subject) asItStands(mark string) filling {
	f := filling{marker: marker{text: mark}}
	for _, in := range s.inputs {
		f.values = append(f.values, value{name: in.name, in: s.places[in.name], kind: in.kind, text: in.value, token: s.tokens[in.name]})
	}
	f.values = f.present(s.inputs)
	return f
}

// buried takes a canary off the list of those that are to be removed.
func (n *nursery) buried(mark string) {
	n.alive = slices.DeleteFunc(n.alive, func(c canary) bool { return c.mark == mark })
}

// spoil has the next forgery aimed at a new canary: what a control did late must
// not be taken for the work of an attack.
func (s *subject) spoil() {
	if s.nursery != nil {
		s.nursery.spoiled = true
	}
}

// brood leaves the canaries for the next plan on the action.
func (s *subject) brood() {
	if !slices.Contains(s.bench.brooding, s) {
		s.bench.brooding = append(s.bench.brooding, s)
	}
}

// clearBroods removes the canaries that waited for an attempt on another action
// than the next.
func (b *Bench) clearBroods(ctx context.Context, next finding.Action) {
	b.brooding = slices.DeleteFunc(b.brooding, func(s *subject) bool {
		if s.action.Method == next.Method && s.action.Route == templated(next).Route {
			return false
		}
		// How it went is in the ledger.
		_ = s.clear(context.WithoutCancel(ctx))
		return true
	})
}

// clear removes the canaries that no attack has destroyed, by the action itself.
func (s *subject) clear(ctx context.Context) error {
	n := s.nursery
	if len(n.alive) == 0 && len(s.pending) == 0 && len(n.creator.pending) == 0 {
		return nil
	}
	for _, c := range slices.Clone(n.alive) {
		now, err := s.oracle.Read(ctx)
		if err != nil {
			return err
		}
		if now.Has(c.mark) {
			s.action, s.near = c.action, c.mark
			if err := s.open(ctx); err != nil {
				return err
			}
			if !s.isAimed(c.mark) {
				continue
			}
			if err := s.resend(ctx, s.asItStands("")); err != nil {
				return err
			}
		}
		n.buried(c.mark)
	}
	now, err := s.oracle.Read(ctx)
	if err != nil {
		return err
	}
	s.bench.Ledger.settle(s.pending, true, "the objects were made for this purpose")
	s.pending = nil
	return n.creator.settleMarks(ctx, now)
}

// settleMarks says of a creator's objects whether they are gone.
func (s *subject) settleMarks(ctx context.Context, now state.Snapshot) error {
	for _, mark := range s.marks {
		if now.Has(mark) {
			return s.restore(ctx)
		}
	}
	if len(s.pending) > 0 {
		s.settle(true, "what was made was removed by the application's own means; re-read as gone")
	}
	return nil
}
