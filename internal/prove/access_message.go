package prove

import (
	"context"
	"fmt"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/state"
	"github.com/mantlet-dev/mantlet/policy"
)

// An order is a message over a socket that names an object of the owner's and changes it.
type order struct {
	*effect
	address, own string // of the socket, as http; the application's own origin
	messages     []string
}

// tryOrder has the owner say it, and then the callers, who name the same object.
func (b *Bench) tryOrder(ctx context.Context, f finding.Finding, owner *identity.Session, callers []caller) (finding.Finding, error) {
	o, err := b.orderOf(f, owner)
	if err != nil {
		return f, err
	}
	if err := o.keepAlive(ctx); err != nil {
		return f, err
	}
	if !strings.Contains(o.messages[0], finding.MarkerSlot) {
		return o.destroy(ctx, f, callers)
	}
	defer o.undo(context.WithoutCancel(ctx), func(ctx context.Context, text string) error {
		_, err := o.say(ctx, owner, text)
		return err
	})
	if err := o.learn(ctx, &f); err != nil {
		return f, err
	}
	for _, c := range callers {
		shown, status, err := o.sayAs(ctx, &f, c)
		if err != nil {
			return f, err
		}
		if len(shown) == 0 {
			continue
		}
		control, again, err := o.sayAs(ctx, &f, broken(c.who))
		if err != nil {
			return f, err
		}
		f.Proof.Controls = append(f.Proof.Controls, brokenControl(len(control) == 0, again))
		if len(control) > 0 {
			return f, needsNoSession()
		}
		f.Proof.Changes = redacted(shown, b.redact)
		return verdict(f, finding.Proven, fmt.Sprintf("sent over the socket %s (handshake answered %d), the message changed the object of %q, which was re-read as the owner",
			c.text, status, owner.Name())), nil
	}
	return verdict(f, finding.Refuted, fmt.Sprintf("the same message, sent %s, changed nothing of %q's, while the owner's did", textsOf(callers), owner.Name())), nil
}

func (b *Bench) orderOf(f finding.Finding, owner *identity.Session) (*order, error) {
	address := webAddress(f.Plan.Action.URL)
	own, err := policy.OriginOfURL(address)
	if err != nil {
		return nil, notTestable("the address of the socket cannot be read: %v", err)
	}
	e, err := b.effectOf(owner, f, true)
	if err != nil {
		return nil, err
	}
	return &order{e, address, own.String(), f.Plan.Messages}, nil
}

// say opens the socket as the application's own page does, and says it with a marker.
func (o *order) say(ctx context.Context, who *identity.Session, text string) (talk, error) {
	return o.bench.talk(ctx, o.address, o.own, who.CookieHeader(o.address), filledMessages(o.messages, text), -1, strangerFor)
}

// learn has the owner say it, and looks where the marker shows.
func (o *order) learn(ctx context.Context, f *finding.Finding) error {
	var first talk
	err := o.effect.learn(ctx, func(ctx context.Context, text string) error {
		had, err := o.say(ctx, o.victim, text)
		first = had
		return err
	})
	f.Proof.Oracle = o.oracle.Name()
	switch {
	case err != nil:
		return err
	case !first.opened:
		return notTestable("not testable: the owner's own handshake was answered with %d, so that nothing can be compared with it", first.status)
	case !o.known:
		return notTestable("not observable: nothing that is re-read shows what the owner's own message changes; if it changed something, it was not undone")
	}
	f.Proof.Controls = append([]finding.Control{idleControl(o.moving)}, o.controls()...)
	f.Proof.Steps = append(f.Proof.Steps, finding.Step{Text: fmt.Sprintf("As %q, from the application's own page, the message was sent over the socket.", o.victim.Name()),
		Request: o.text(), Answer: o.bench.redact(toldText(first))})
	return nil
}

// text is the message and where it goes, as a person reads it.
func (o *order) text() string {
	return o.bench.redact("GET " + o.address + "\n" + strings.Join(o.messages, "\n"))
}

// sayAs says it as somebody else and gives what that changed of the owner's. What it
// changed of the caller's own is put back.
func (o *order) sayAs(ctx context.Context, f *finding.Finding, c caller) ([]finding.Change, int, error) {
	theirs, err := o.shadowOf(ctx, c)
	if err != nil {
		return nil, 0, err
	}
	m := marker{text: newText()}
	entry, err := o.bench.Ledger.enter(f.ID, purposeIntrusion, o.action.Endpoint())
	if err != nil {
		return nil, 0, err
	}
	o.remember(m)
	had, err := o.say(ctx, c.who, m.text)
	if err != nil {
		return nil, had.status, err
	}
	patience := max(o.patience(), longestLag) // a message has no answer that says when it was carried out
	if !had.opened {
		patience = 0
	}
	shown, _, err := o.await(ctx, o.witness, m, patience)
	if err != nil {
		return nil, had.status, err
	}
	if shown, err = o.owners(ctx, c, shown, m, false); err != nil {
		return nil, had.status, err
	}
	o.did(entry, shown)
	if len(shown) == 0 {
		if err := theirs.unsay(ctx, m, entry, func(ctx context.Context, text string) error {
			_, err := o.say(ctx, c.who, text)
			return err
		}); err != nil {
			return nil, had.status, err
		}
	}
	why := "nothing changed for the owner"
	if len(shown) > 0 {
		why = "the change was re-read as the owner"
		f.Proof.Marker = m.text
		f.Proof.Steps = append(f.Proof.Steps, finding.Step{Text: "The same message was sent " + c.text + ", for the owner's object.", Request: o.text(), Answer: o.bench.redact(toldText(had))})
	}
	note(f, c, len(shown) > 0, had.status, why)
	return shown, had.status, nil
}

// unsay puts back what a message changed of the caller's own.
func (d shadow) unsay(ctx context.Context, m marker, entry int, send func(context.Context, string) error) error {
	if d.own == nil {
		return nil
	}
	now, err := d.own.oracle.Read(ctx)
	if err != nil {
		return err
	}
	d.own.latest = now
	all := d.own.bench.diff(d.own.before, now)
	w, hits, ok := witnessed(all, &d.own.noise, m)
	if !ok {
		return nil
	}
	e := &effect{subject: d.own, known: true, expected: true}
	e.witness, e.marks = w, []string{m.text}
	e.recallText(replaced(all), m, e.before)
	e.firstEntry = e.bench.Ledger.Len()
	e.did(entry, hits)
	e.undo(ctx, send)
	return nil
}

// destroy tries a message that destroys the object, which the owner has allowed: those
// who may not go first, because the object can go only once.
func (o *order) destroy(ctx context.Context, f finding.Finding, callers []caller) (finding.Finding, error) {
	if !o.bench.AllowDeletes {
		return f, notTestable("not testable: the message destroys the object it names, and the scan may not")
	}
	id := refsOf(f.Plan)
	if len(id) == 0 {
		return f, notTestable("not testable: the message names no object")
	}
	urls := o.bench.readable(o.victim, o.action, nil)
	o.oracle = o.bench.pages(o.victim, urls)
	f.Proof.Oracle = o.oracle.Name()
	if err := o.standsStill(ctx, &f, id[0].Value); err != nil {
		return f, err
	}
	order := []caller{broken(o.victim)}
	order = append(order, callers...)
	for _, c := range append(order, caller{who: o.victim, name: "as " + o.victim.Name(), text: "as the owner"}) {
		gone, status, err := o.loses(ctx, &f, c, id[0].Value)
		switch {
		case err != nil:
			return f, err
		case len(gone) == 0:
			continue
		case c.nobody:
			return f, needsNoSession()
		case c.who == o.victim:
			return verdict(f, finding.Refuted, fmt.Sprintf("the same message, sent %s, destroyed nothing, while the owner's did", textsOf(callers))), nil
		}
		f.Proof.Changes = redacted(gone, o.bench.redact)
		return verdict(f, finding.Proven, fmt.Sprintf("sent over the socket %s (handshake answered %d), the message destroyed the object of %q, which is no longer there for its owner",
			c.text, status, o.victim.Name())), nil
	}
	return f, notTestable("not observable: nothing that is re-read shows that the owner's own message destroys something")
}

// standsStill reads the state twice; the object has to be there both times.
func (o *order) standsStill(ctx context.Context, f *finding.Finding, id string) error {
	first, err := o.oracle.Read(ctx)
	if err != nil {
		return err
	}
	now, err := o.oracle.Read(ctx)
	if err != nil {
		return err
	}
	moving := o.bench.diff(first, now)
	o.noise.Learn(moving)
	o.hasRead(now)
	o.before = now
	if !first.Has(id) || !now.Has(id) {
		return notTestable("not observable: no page of the owner's shows the object %s", id)
	}
	f.Proof.Controls = append(f.Proof.Controls, idleControl(moving))
	return nil
}

// loses says it as c and gives what vanished of the object that bears the identifier.
func (o *order) loses(ctx context.Context, f *finding.Finding, c caller, id string) ([]finding.Change, int, error) {
	entry, err := o.bench.Ledger.enter(f.ID, purposeIntrusion, o.action.Endpoint())
	if err != nil {
		return nil, 0, err
	}
	had, err := o.say(ctx, c.who, "")
	if err != nil {
		return nil, had.status, err
	}
	w := witness{kind: byVanishing, places: map[string]bool{}}
	for where, value := range o.latest {
		if strings.Contains(value, id) {
			w.places[state.Place(where)] = true
		}
	}
	patience := longestLag
	if !had.opened {
		patience = 0
	}
	gone, _, err := o.await(ctx, w, marker{text: id}, patience)
	if err != nil {
		return nil, had.status, err
	}
	o.bench.Ledger.changed(entry, gone)
	why := "the object is still there"
	if len(gone) > 0 {
		why = "the object is gone"
		o.bench.Ledger.settle([]int{entry}, false, "the message destroyed it, as the scan was allowed to: it has to be made again by hand")
		f.Proof.Steps = append(f.Proof.Steps, finding.Step{Text: "The message was sent " + c.text + ".", Request: o.text(), Answer: o.bench.redact(toldText(had))})
	}
	if c.nobody {
		f.Proof.Controls = append(f.Proof.Controls, brokenControl(len(gone) == 0, had.status))
	}
	note(f, c, len(gone) > 0, had.status, why)
	return gone, had.status, nil
}
