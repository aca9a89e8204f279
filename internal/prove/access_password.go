package prove

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
)

// presentPassword are fields that ask for the password there is.
var presentPassword = regexp.MustCompile(`(?i)current|old|existing|present|previous`)

// setsPassword says whether an action sets a password and does not ask for the one
// there is.
func setsPassword(a finding.Action) bool {
	sets := false
	for _, f := range a.Fields {
		if f.Type != "password" {
			continue
		}
		if presentPassword.MatchString(f.Name) {
			return false
		}
		sets = true
	}
	return sets && !a.Login
}

// A takeover is the setting of somebody's password by somebody else. What tells of it
// is a login: whoever's account it is can log in with the password that was set.
type takeover struct {
	*subject
	owner *identity.Session
}

// tryTakeover has the callers set the owner's password. As a control the owner sets
// the one there is, so that nothing changes; what a caller changed is set back.
func (b *Bench) tryTakeover(ctx context.Context, f finding.Finding, owner *identity.Session, callers []caller) (finding.Finding, error) {
	f.Proof.Oracle = finding.OracleLogin
	if owner.Password() == "" {
		return f, notTestable("not testable: the action would change the victim's password, and no login of %q is known with which that could be seen", owner.Name())
	}
	if !b.Grant.Local() && !b.AllowDeletes {
		return f, notTestable("not testable: the action would change the victim's password, which is done on this machine or with consent to deletions only")
	}
	if !b.Site.OwnAccount(f.Plan.Action, owner.Name()) {
		return f, notTestable("not testable: it is not known that the account whose password is set is %q's own", owner.Name())
	}
	s, err := b.newSubject(f.Plan.Action, owner)
	if err != nil {
		return f, err
	}
	t := &takeover{subject: s, owner: owner}
	if err := t.keepAlive(ctx); err != nil {
		return f, err
	}
	sent, err := t.set(ctx, f, caller{who: owner}, owner.Password())
	if err != nil {
		return f, err
	}
	a := sent.answer
	if !a.accepted() {
		return f, notTestable("not testable: the legitimate request, with which %q would set the password that there is, was itself refused with status %d", owner.Name(), a.status)
	}
	if _, err := owner.Again(ctx); err != nil {
		return f, notTestable("not testable: %q can no longer log in after setting the password that there was: %v", owner.Name(), err)
	}
	f.Proof.Controls = append(f.Proof.Controls, finding.Control{Name: "legitimate", Passed: true,
		Text: fmt.Sprintf("%q set the password that there is, was answered %d, and could log in with it afterwards", owner.Name(), a.status)})
	if _, err := owner.WithPassword(ctx, "Not-"+newText()); err == nil {
		return f, notTestable("not testable: a login of %q with a password that nobody set seems to work as well, so that a login tells nothing", owner.Name())
	}
	for _, c := range callers {
		proven, err := t.by(ctx, &f, c)
		if proven || err != nil {
			return f, err
		}
	}
	return verdict(f, finding.Refuted, fmt.Sprintf("the same request, sent %s, did not set the password of %q", textsOf(callers), owner.Name())), nil
}

// by has a caller set the owner's password, and then, as a control, somebody with a
// session that nobody gave out.
func (t *takeover) by(ctx context.Context, f *finding.Finding, c caller) (bool, error) {
	sent, opened, err := t.opens(ctx, f, c)
	if !opened || err != nil {
		return false, err
	}
	f.Proof.Changes = []finding.Change{{Where: fmt.Sprintf("login of %q", t.owner.Name()), Before: "the owner's password", After: "the password that was sent " + c.text}}
	f.Proof.Steps = append(f.Proof.Steps, finding.Step{Text: fmt.Sprintf("A password was sent %s, for the account of %q, who could be logged in with it.", c.text, t.owner.Name()),
		Request: sent.text, Answer: t.bench.answerText(sent.answer)})
	if f.Plan.Intruder != "" {
		control, open, err := t.opens(ctx, f, broken(c.who))
		if err != nil {
			return false, err
		}
		f.Proof.Controls = append(f.Proof.Controls, brokenControl(!open, control.answer.status))
		if open {
			return false, needsNoSession()
		}
	}
	*f = verdict(*f, finding.Proven, fmt.Sprintf("sent %s, the request was answered %d and set the password of %q, with which the account was then logged in to",
		c.text, sent.answer.status, t.owner.Name()))
	return true, nil
}

// opens has a caller set the owner's password and says whether the owner's account
// can be logged in to with it. What was set is set back.
func (t *takeover) opens(ctx context.Context, f *finding.Finding, c caller) (sent setting, opened bool, err error) {
	fresh := "Mtl-" + rand.Text()[:12] + "-9a"
	t.bench.Grant.Redactor().Learn("password", fresh)
	if sent, err = t.set(ctx, *f, c, fresh); err != nil {
		return sent, false, err
	}
	ctx = context.WithoutCancel(ctx) // what was set is set back, whatever happens meanwhile
	taken, err := t.owner.WithPassword(ctx, fresh)
	if err != nil {
		note(f, c, false, sent.answer.status, "the owner's password stayed as it was")
		t.ownSetBack(ctx, f, c, fresh, sent.entry)
		return sent, false, nil
	}
	note(f, c, true, sent.answer.status, "the owner's account was logged in to with the password that was sent")
	t.bench.Ledger.changed(sent.entry, []finding.Change{{Where: fmt.Sprintf("login of %q", t.owner.Name()), Before: "the present password", After: "the password that was sent"}})
	t.giveBack(ctx, f, taken, t.owner, sent.entry)
	return sent, true, nil
}

// ownSetBack looks whether the caller's own password was set instead, as it is where
// the application goes by the session, and sets it back.
func (t *takeover) ownSetBack(ctx context.Context, f *finding.Finding, c caller, fresh string, entry int) {
	t.bench.Ledger.changed(entry, nil)
	if c.nobody || c.who.Password() == "" {
		return
	}
	own, err := c.who.WithPassword(ctx, fresh)
	if err != nil {
		return // it was not
	}
	t.bench.Ledger.changed(entry, []finding.Change{{Where: fmt.Sprintf("login of %q", c.who.Name()), Before: "the present password", After: "the password that was sent"}})
	t.giveBack(ctx, f, own, c.who, entry)
}

// giveBack sets the password of before, as the one whose it is and the way it was
// changed, and says in the ledger how that went.
func (t *takeover) giveBack(ctx context.Context, f *finding.Finding, as, whose *identity.Session, entry int) {
	if _, err := t.set(ctx, *f, caller{who: as}, whose.Password()); err == nil {
		if err = whose.Renew(ctx); err == nil {
			t.bench.Ledger.settle([]int{entry}, true, fmt.Sprintf("the password of before was set again; %q could log in with it", whose.Name()))
			return
		}
	}
	t.bench.Ledger.settle([]int{entry}, false, fmt.Sprintf("the password of %q could not be set back: set it by hand", whose.Name()))
}

// A setting is one request that sets a password.
type setting struct {
	answer answer
	entry  int    // of the ledger
	text   string // the request, to show
}

// set sends the action with a password, as somebody with tokens of their own.
func (t *takeover) set(ctx context.Context, f finding.Finding, c caller, password string) (setting, error) {
	if err := t.open(ctx); err != nil {
		return setting{}, err
	}
	fill := t.asItStands("")
	fill.values = withoutOptional(fill.values, t.action)
	for i := range fill.values {
		if fill.values[i].kind == "password" {
			fill.values[i].text = password
		}
	}
	sub := t.submission(fill)
	if c.who.Name() != t.owner.Name() {
		if lacks := t.ownTokens(ctx, &sub, c.who); lacks != "" && !c.nobody {
			return setting{}, notTestable("no anti-forgery token %s of %q's own was found, and without one a refusal would say nothing", lacks, c.who.Name())
		}
	}
	request, err := sub.request(ctx)
	if err != nil {
		return setting{}, notTestable("the action cannot be written as a request: %v", err)
	}
	t.fromOwnPage(request, sub)
	purpose := purposeIntrusion
	if c.text == "" {
		purpose = purposeLegitimate
	}
	sent := setting{text: t.bench.requestText(request, sub)}
	if sent.entry, err = t.bench.Ledger.enter(f.ID, purpose, t.action.Endpoint()); err != nil {
		return sent, err
	}
	if sent.answer, err = t.bench.do(c.who, request); err == nil && c.text == "" {
		t.bench.Ledger.changed(sent.entry, nil) // it set what there was
	}
	return sent, err
}

// takesOver says whether a plan is about the password of an account that the request
// names.
func takesOver(f finding.Finding) bool {
	return (f.Weakness == finding.BOLAWrite || f.Weakness == finding.AuthMissing) && setsPassword(f.Plan.Action) && !strings.EqualFold(f.Plan.Action.Method, "GET")
}
