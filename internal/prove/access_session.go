package prove

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// tryFixation logs in with session cookies that were known before: one that nobody
// gave out, and one that the application gives to any visitor. If such a cookie
// alone is logged in afterwards, whoever planted it is.
func (b *Bench) tryFixation(ctx context.Context, f finding.Finding, victim *identity.Session) (finding.Finding, error) {
	names, err := b.sessionCookies(&f, victim)
	if err != nil {
		return f, err
	}
	for _, name := range names {
		for _, known := range b.knownBefore(ctx, f.Plan.Action, victim, name) {
			adopted, err := b.plant(ctx, &f, victim, name, known)
			if err != nil {
				return f, err
			}
			if adopted {
				return verdict(f, finding.Proven, fmt.Sprintf("the login kept %s: after it, a request with nothing but that cookie %s is answered as %q", known.text, name, victim.Name())), nil
			}
		}
	}
	return verdict(f, finding.Refuted, "a session cookie that was known before the login is worth nothing after it"), nil
}

// sessionCookies are the cookies that carry the session, if what a login makes of
// them can be seen.
func (b *Bench) sessionCookies(f *finding.Finding, victim *identity.Session) ([]string, error) {
	f.Proof.Oracle = "http"
	names, _ := victim.SessionCookies()
	switch {
	case victim.Probe() == "":
		return nil, notTestable("no address is known that answers %q differently than a visitor", victim.Name())
	case len(names) == 0:
		return nil, notTestable("the session of %q is in no cookie", victim.Name())
	}
	return names, nil
}

// A planted is a cookie's value that an attacker knows before the victim logs in.
type planted struct{ variant, text, value string }

func (b *Bench) knownBefore(ctx context.Context, login finding.Action, victim *identity.Session, name string) []planted {
	// Not the id of broken-session controls: where the login adopts it, it is a live
	// session from then on, and those controls would all be answered as the victim.
	unknown := identity.Nonsense(identity.Nonsense(victim.Cookie(name)))
	list := []planted{{"an id that nobody gave out", "a session id that nobody gave out", unknown}}
	guest := identity.Anonymous(b.Grant)
	for _, address := range []string{login.Page, login.URL, victim.Probe()} {
		if address == "" || b.Grant.Allows(address) != nil || guest.Cookie(name) != "" {
			continue
		}
		// A page that cannot be had gives no cookie; another may.
		_, _, _ = b.fetch(ctx, guest, address)
	}
	if value := guest.Cookie(name); value != "" {
		b.Grant.Redactor().Learn("cookie", value)
		list = append(list, planted{"an id given to a visitor", "a session id that the application gives to any visitor", value})
	}
	return list
}

// plant logs in in a browser that holds the cookie already, and says whether the
// cookie alone is logged in afterwards.
func (b *Bench) plant(ctx context.Context, f *finding.Finding, victim *identity.Session, name string, known planted) (bool, error) {
	thief := victim.Holding(name, known.value)
	if err := thief.Alive(ctx); !errors.Is(err, identity.ErrLost) {
		if err != nil {
			return false, err
		}
		return false, notTestable("a cookie %s that means nothing is taken for a login: authentication is missing", name)
	}
	f.Proof.Controls = append(f.Proof.Controls, finding.Control{Name: "before-login", Passed: true, Text: known.text + " is answered as a visitor before the login"})
	entry, err := b.Ledger.enter(f.ID, purposeLogin, f.Plan.Action.Endpoint())
	if err != nil {
		return false, err
	}
	session, err := victim.Planted(ctx, name, known.value)
	b.Ledger.changed(entry, nil)
	if errors.Is(err, identity.ErrNoLogin) {
		return false, notTestable("%q has no login that can be repeated with another cookie", victim.Name())
	}
	if err != nil {
		if stopped(ctx, err) {
			return false, err
		}
		b.noteSession(f, known.variant, false, "the login was refused: "+err.Error())
		return false, nil // an application that refuses such a cookie keeps nothing of it
	}
	if err := session.Alive(ctx); err != nil {
		return false, notTestable("the login with a planted cookie did not hold: %v", err)
	}
	adopted := session.Cookie(name) == known.value && victim.Holding(name, known.value).Alive(ctx) == nil
	why := "the login gave another id"
	if adopted {
		why = "the id is logged in after the login"
		f.Proof.Steps = append(f.Proof.Steps, finding.Step{Text: fmt.Sprintf("A cookie %s with %s was put into a browser, %q logged in there, and the cookie alone was sent from elsewhere.", name, known.text, victim.Name()),
			Request: "GET " + b.redact(victim.Probe()), Answer: "answered as " + victim.Name()})
	}
	b.noteSession(f, known.variant, adopted, why)
	return adopted, nil
}

func (b *Bench) noteSession(f *finding.Finding, variant string, accepted bool, why string) {
	f.Proof.Attempts = append(f.Proof.Attempts, finding.Attempt{Variant: variant, Accepted: accepted, By: "replay", Why: b.redact(why)})
}

func stopped(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, scope.ErrBudget) || errors.Is(err, scope.ErrUnreachable)
}

// tryLogout opens a session of its own, logs it out, and sends its old credentials
// once more.
func (b *Bench) tryLogout(ctx context.Context, f finding.Finding, victim *identity.Session) (finding.Finding, error) {
	f.Proof.Oracle = "http"
	if victim.Probe() == "" {
		return f, notTestable("no address is known that answers %q differently than a visitor", victim.Name())
	}
	session, err := victim.Again(ctx)
	if err != nil {
		if stopped(ctx, err) {
			return f, err
		}
		return f, notTestable("no second session to log out could be had: %v", err)
	}
	old := session.Copy()
	if err := old.Alive(ctx); err != nil {
		return f, notTestable("a second session of %q did not hold: %v", victim.Name(), err)
	}
	f.Proof.Controls = append(f.Proof.Controls, finding.Control{Name: "legitimate", Passed: true, Text: "a second session was opened, and was answered as logged in"})
	if err := b.logOut(ctx, &f, session); err != nil {
		return f, err
	}
	if session.Alive(ctx) == nil {
		return f, notTestable("after the logout the browser itself is still logged in: the logout was not done, so nothing can be said of it")
	}
	f.Proof.Controls = append(f.Proof.Controls, finding.Control{Name: "logged-out", Passed: true, Text: "after the logout the browser was answered as a visitor"})
	err = old.Alive(ctx)
	switch {
	case errors.Is(err, identity.ErrLost):
		b.noteSession(&f, "the old credentials", false, "answered as a visitor")
		return verdict(f, finding.Refuted, "after the logout the old credentials are worth nothing"), nil
	case err != nil:
		return f, err
	}
	b.noteSession(&f, "the old credentials", true, "answered as logged in")
	f.Proof.Steps = append(f.Proof.Steps, finding.Step{Text: "The cookies of before the logout were sent once more.", Request: "GET " + b.redact(victim.Probe()), Answer: "answered as " + victim.Name()})
	return verdict(f, finding.Proven, fmt.Sprintf("after the logout the old credentials are still answered as %q: only the browser forgot them", victim.Name())), nil
}

// logOut does the action as a session, from the application's own page.
func (b *Bench) logOut(ctx context.Context, f *finding.Finding, session *identity.Session) error {
	a := f.Plan.Action
	if strings.EqualFold(a.Method, "GET") {
		entry, err := b.Ledger.enter(f.ID, purposeLegitimate, a.Endpoint())
		if err != nil {
			return err
		}
		_, _, err = b.fetch(ctx, session, a.URL)
		b.Ledger.changed(entry, nil)
		return err
	}
	s, err := b.newSubject(a, session)
	if err != nil {
		return err
	}
	if err := s.open(ctx); err != nil {
		return err
	}
	_, entry, err := s.legitimate(ctx, *f, s.asItStands(""), purposeLegitimate)
	if err != nil {
		return err
	}
	b.Ledger.changed(entry, nil) // a session of our own ended
	f.Proof.Steps = append(f.Proof.Steps, s.story...)
	return nil
}
