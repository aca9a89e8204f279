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

// A locksmith re-reads which password an identity has, by logging in: no page shows
// passwords. It is the oracle of actions that set the victim's own.
type locksmith struct {
	of      *identity.Session
	present string   // the one that was last seen to work
	sent    []string // those that were sent and may have been set, oldest first
}

// Name is the oracle's.
func (l *locksmith) Name() string { return finding.OracleLogin }

// Read logs in with what was sent last, and then with what worked before. Where the
// change of the password ended the victim's session, the new one takes its place.
func (l *locksmith) Read(ctx context.Context) (state.Snapshot, error) {
	tried := slices.Clone(l.sent)
	slices.Reverse(tried)
	for _, password := range append(tried, l.present, l.of.Password()) {
		opened, err := l.of.WithPassword(ctx, password)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			continue
		}
		l.present, l.sent = password, nil
		if l.of.Alive(ctx) != nil {
			l.of.Adopt(opened)
		}
		return state.Snapshot{l.where(): l.called(password)}, nil
	}
	return nil, notTestable("no password that is known logs %q in: set it by hand", l.of.Name())
}

func (l *locksmith) where() string { return fmt.Sprintf("login of %q", l.of.Name()) }

func (l *locksmith) called(password string) string {
	if password == l.of.Password() {
		return "the password of before"
	}
	return "the password " + markOf(password)
}

// settable says whether an action is there to set the victim's password and nothing
// else, and does not ask for the one there is, so that setting it can be tried.
func (s *subject) settable() bool {
	for _, f := range s.action.Fields {
		if f.Type != "password" && f.Type != "hidden" && f.Type != "submit" && !f.Token {
			return false
		}
	}
	return setsPassword(s.action) && s.victim.Password() != "" && (s.bench.Grant.Local() || s.bench.AllowDeletes) &&
		s.bench.Site.OwnAccount(s.action, s.victim.Name())
}

// refusePassword holds back from setting passwords, but where that is tried on purpose
// or where the form leaves the password alone if none is entered.
func (s *subject) refusePassword() error {
	passwords, old, must := 0, false, false
	for _, f := range s.action.Fields {
		if f.Type == "password" {
			passwords++
			old, must = old || asksForOld.MatchString(f.Name), must || f.Required
		}
	}
	switch {
	case passwords == 0 || s.action.Login || s.settable():
		return nil
	case !must && s.holdsValues() && s.victim.Password() != "" && s.bench.Grant.Local():
		return nil // a form in which other things are changed
	case passwords == 1 && old, slices.ContainsFunc(s.action.Fields, func(f finding.Field) bool { return f.Type == "password" && presentPassword.MatchString(f.Name) }):
		return notTestable("not testable: the form asks for the password, which an attacker does not know")
	}
	return notTestable("not testable: the action would change the victim's password")
}

// holdsValues says whether a form shows what there is, as one to change it does, and
// not one that makes something.
func (s *subject) holdsValues() bool {
	return slices.ContainsFunc(s.action.Fields, func(f finding.Field) bool {
		return f.Value != "" && !f.Token && slices.Contains([]string{"text", "email", "tel", "url", "textarea", "number"}, f.Type)
	})
}

// learnPassword is learn for an action that sets the victim's password.
func (s *subject) learnPassword(ctx context.Context, f finding.Finding) error {
	s.lock = &locksmith{of: s.victim, present: s.victim.Password()}
	if err := s.lock.discerns(ctx); err != nil {
		return err
	}
	run := &learning{subject: s, finding: f, worked: -1}
	done, err := run.through(ctx, oracle{[]state.Reader{s.lock}})
	if err != nil || done {
		s.unset = s.setBackPassword
		return err
	}
	return run.failed()
}

// discerns makes sure that a login tells one password from another.
func (l *locksmith) discerns(ctx context.Context) error {
	if _, err := l.of.WithPassword(ctx, "Not-"+newText()); err == nil {
		return notTestable("not testable: a login of %q with a password that nobody set seems to work as well, so that a login tells nothing", l.of.Name())
	}
	return nil
}

// passwordOf is a password with a marker, and with what most rules for passwords ask
// for. Reports show the marker: the whole is a secret like any other.
func passwordOf(mark string) string { return "Pw-" + mark + "-9A" }

func markOf(password string) string {
	return strings.TrimSuffix(strings.TrimPrefix(password, "Pw-"), "-9A")
}

// fillPassword is the action as it stands, with a password in its place.
func (s *subject) fillPassword(mark, password string) filling {
	fill := s.asItStands(mark)
	for i := range fill.values {
		if fill.values[i].kind == "password" {
			fill.values[i].text = password
		}
	}
	s.lock.sent = append(s.lock.sent, password)
	return fill
}

// setBackPassword sets the password of before, the way it was changed.
func (s *subject) setBackPassword(ctx context.Context) (string, error) {
	if err := s.open(ctx); err != nil {
		return "", err
	}
	return "the password of before was set again", s.resend(ctx, s.fillPassword("", s.victim.Password()))
}
