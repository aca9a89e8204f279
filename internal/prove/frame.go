package prove

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/state"
	"github.com/mantlet-dev/mantlet/policy"
)

// tryFrame carries out a plan that frames a page and has the victim click in it.
func (b *Bench) tryFrame(ctx context.Context, f finding.Finding, victim *identity.Session) (finding.Finding, error) {
	if len(f.Plan.Clicks) == 0 {
		return f, notTestable("the plan names nothing to click")
	}
	if b.Browser == nil || b.Evil == nil {
		return f, &errNotTestable{why: "there is no browser to prove it in", suspect: true}
	}
	c, err := b.clicking(f, victim)
	if err != nil {
		return f, err
	}
	// What was changed is undone whatever comes; how that went is in the ledger.
	defer func() { _ = c.restore(context.WithoutCancel(ctx)) }()
	if done, err := c.judge(ctx, &f); done || err != nil {
		return f, err
	}
	err = c.learnClick(ctx, f)
	f.Proof.Oracle, f.Proof.Controls, f.Proof.Steps = c.oracle.Name(), c.controlsSoFar(), c.storySoFar()
	if err != nil {
		return f, err
	}
	if err := c.brokenClick(ctx, &f); err != nil {
		return f, err
	}
	err = c.framed(ctx, &f)
	return f, err
}

// A clicking is the subject of a framing plan: what the clicks do when the victim
// makes them knowingly, and where the controls stand.
type clicking struct {
	*subject
	clicks []finding.Click
	boxes  []attacker.Box
	height int
	// text is what a prefilled field of the framed page carries, "" if none.
	text     string
	framing  policy.Framing
	disguise attacker.Disguise // that worked
}

func (b *Bench) clicking(f finding.Finding, victim *identity.Session) (*clicking, error) {
	a := templated(f.Plan.Action)
	if a.URL == "" {
		a.URL, a.Method, a.Page = f.Plan.Clicks[0].Page, "GET", f.Plan.Clicks[0].Page
	}
	s, err := b.newSubject(a, victim)
	if err != nil {
		return nil, err
	}
	c := &clicking{subject: s, clicks: f.Plan.Clicks}
	if len(c.clicks) > 1 {
		// One request does not do what several clicks do, so undoing takes them too.
		s.redo = func(ctx context.Context) error {
			entry, err := c.clickThrough(ctx, finding.Finding{}, purposeRestore)
			if err == nil {
				b.Ledger.restored(entry, 0)
			}
			return err
		}
	}
	return c, nil
}

// judge asks the policy engine from where the page is framed with the session. It
// is done if that is from nowhere; then one browser run confirms it.
func (c *clicking) judge(ctx context.Context, f *finding.Finding) (done bool, err error) {
	_, a, err := c.bench.fetch(ctx, c.victim, c.clicks[0].Page)
	if err != nil {
		return false, err
	}
	framing := policy.FramingOf(a.header)
	order, origins := c.bench.froms(c.target)
	open := false
	for _, p := range positions(order) {
		if why := c.refusedAt(framing, p, origins[p.From]); why != "" {
			f.Vector = append(f.Vector, finding.Cell{Position: p, State: finding.Refuted, By: "model", Why: why})
		} else {
			open = true
		}
	}
	if open {
		f.Vector = nil
		c.framing = framing
		return false, nil
	}
	*f = verdict(*f, finding.Refuted, "the page is not shown in an attacker's frame with the victim's session: "+f.Vector[0].Why)
	f.Vector[0], err = c.confirmRefused(ctx, f.Vector[0], origins[f.Vector[0].From])
	var no *errNotTestable
	if errors.As(err, &no) {
		err = nil // the model's answer stands without a browser
	}
	return true, err
}

// refusedAt is why the page cannot be framed with the session from there, "" if it can.
func (c *clicking) refusedAt(framing policy.Framing, p finding.Position, where string) string {
	origin := c.bench.originAt(where)
	if d := framing.Allows(c.target, origin); !d.Allowed {
		return "the browser does not show the page in the frame: " + d.Reason.Explain()
	}
	if policy.MixedContent(c.target, origin) {
		return "the browser does not load a plain http page into the frame of an https one"
	}
	if r := c.frameRide(p, origin); !r.carried {
		return "the page is framed without the victim's session: " + r.why()
	}
	return ""
}

// frameRide is what travels with the frame's own navigation. Inside, the page is
// its own origin, but the site in the address bar is the attacker's all the same.
func (c *clicking) frameRide(p finding.Position, origin policy.Origin) ride {
	return rideOf(c.victim, c.clicks[0].Page, "GET", policy.Subframe, origin, p)
}

// learnClick has the victim make the clicks knowingly, in a page of its own, to
// see what they change and where the controls stand.
func (c *clicking) learnClick(ctx context.Context, f finding.Finding) error {
	if err := c.keepAlive(ctx); err != nil {
		return err
	}
	if endsSession.MatchString(pathOf(c.action.URL)) {
		return notTestable("not testable: the click ends the victim's session, which leaves nothing to read back with")
	}
	if destroys(c.action, labels(f)...) && !c.bench.AllowDeletes {
		return c.learnOnCanary(ctx, f)
	}
	for i, way := range c.bench.oracles(c.victim, c.action, c.clicks[0].Page) {
		changes, err := c.knowingly(ctx, f, way, i == 0)
		if err != nil {
			return err
		}
		if len(changes) > 0 {
			c.learnedFrom(changes)
			return nil
		}
	}
	return notTestable("not observable: the victim's own click changed nothing that is re-read")
}

// knowingly makes the clicks unframed and gives what they changed.
func (c *clicking) knowingly(ctx context.Context, f finding.Finding, way oracle, first bool) ([]finding.Change, error) {
	c.oracle = way
	one, err := way.Read(ctx)
	if err != nil {
		return nil, err
	}
	if c.latest, err = way.Read(ctx); err != nil {
		return nil, err
	}
	moving := c.bench.diff(one, c.latest)
	c.noise.Learn(moving)
	c.before = c.latest
	if first {
		c.controls = append(c.controls, idleControl(moving))
		if err := c.subject.open(ctx); err != nil {
			return nil, err
		}
		if err := c.prefill(ctx); err != nil {
			return nil, err
		}
	}
	entry, err := c.clickThrough(ctx, f, purposeLegitimate)
	if err != nil {
		return nil, err
	}
	before := c.latest
	if c.latest, err = way.Read(ctx); err != nil {
		return nil, err
	}
	all := c.bench.diff(before, c.latest)
	changes := slices.DeleteFunc(c.noise.Filter(all), state.Clocks)
	if c.text != "" {
		changes = state.Carrying(all, c.text)
	} else if changes, err = c.lasting(ctx, way, changes); err != nil {
		return nil, err
	}
	c.did(entry, changes)
	return changes, nil
}

// learnedFrom makes what the victim's own click changed the witness.
func (c *clicking) learnedFrom(changes []finding.Change) {
	if c.text != "" {
		c.witness = newWitness(byText, changes, c.text)
		c.marks = append(c.marks, c.text)
	} else {
		c.witness = witness{kind: byTransition, places: state.Transitions(changes, changes)}
	}
	c.controls = append(c.controls, finding.Control{Name: "legitimate", Passed: true,
		Text: fmt.Sprintf("%q clicked knowingly, in the page itself, and the change was re-read at %s", c.victim.Name(), c.bench.redact(changes[0].Where))})
}

// learnOnCanary does the same with an object made to be destroyed.
func (c *clicking) learnOnCanary(ctx context.Context, f finding.Finding) error {
	creator, err := c.bench.creatorFor(ctx, f, c.action, c.victim)
	if err != nil {
		return err
	}
	c.nursery = &nursery{bench: c.bench, creator: creator}
	c.controls = append(c.controls, creator.controls[:1]...)
	c.oracle = creator.oracleFor(c.action)
	if err := c.nextCanary(ctx, f); err != nil {
		return err
	}
	if c.latest, err = c.oracle.Read(ctx); err != nil {
		return err
	}
	entry, err := c.clickThrough(ctx, f, purposeLegitimate)
	if err != nil {
		return err
	}
	before := c.latest
	if c.latest, err = c.oracle.Read(ctx); err != nil {
		return err
	}
	gone := state.Gone(c.bench.diff(before, c.latest), c.text)
	if len(gone) == 0 {
		return notTestable("not observable: after the victim's own click the object was still there")
	}
	c.bench.Ledger.changed(entry, gone)
	c.bench.Ledger.settle([]int{entry}, true, "the object was made for this purpose")
	c.nursery.buried(c.text)
	c.witness = witness{kind: byVanishing, places: placesOf(gone)}
	c.controls = append(c.controls, finding.Control{Name: "legitimate", Passed: true,
		Text: fmt.Sprintf("%q clicked knowingly, and an object made for this purpose was gone when re-read", c.victim.Name())})
	return nil
}

// nextCanary makes an object and aims the clicks at it.
func (c *clicking) nextCanary(ctx context.Context, f finding.Finding) error {
	old := placeholders(c.action)
	made, err := c.nursery.hatch(ctx, f, c.action)
	if err != nil {
		return err
	}
	fresh := placeholders(made.action)
	clicks := append([]finding.Click(nil), c.clicks...)
	for i := range clicks {
		for j := range old {
			clicks[i].Page = swapID(clicks[i].Page, old[j], fresh[j])
		}
	}
	c.action, c.near, c.text, c.clicks, c.listing = made.action, made.mark, made.mark, clicks, c.nursery.creator.action.Page
	return nil
}

// brokenClick checks that the page does nothing for a session nobody gave out.
func (c *clicking) brokenClick(ctx context.Context, f *finding.Finding) error {
	broken := c.victim.Broken()
	page, a, err := c.bench.fetch(ctx, broken, c.clicks[0].Page)
	if err != nil {
		return err
	}
	control := finding.Control{Name: "broken-session", Passed: true,
		Text: fmt.Sprintf("with session cookies that mean nothing the page answers %d without the control", a.status)}
	if form := match(page.forms(), c.action, c.near); form != nil && c.witness.kind != byVanishing {
		stranger := *c.subject
		stranger.victim = broken
		stranger.inputs, stranger.tokens, stranger.places = inputsOf(c.action, form, c.near)
		stranger.live = form
		_, entry, err := stranger.legitimate(ctx, *f, stranger.asItStands(""), purposeBroken)
		if err != nil {
			return err
		}
		shown, _, err := c.await(ctx, c.witness, marker{text: c.text}, 0)
		if err != nil {
			return err
		}
		c.did(entry, shown)
		control.Passed = len(shown) == 0
		control.Text = "submitting the page's form with session cookies that mean nothing changed nothing"
	}
	f.Proof.Controls = append(f.Proof.Controls, control)
	if !control.Passed {
		return notTestable("the page does this without any session: authentication is missing, which is worse than and different from clickjacking")
	}
	return nil
}
