package prove

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/policy"
)

// foreignToken gets a token for a field from where an attacker could have one.
func (s *subject) foreignToken(ctx context.Context, use finding.TokenUse, name string) (string, error) {
	if use == finding.TokenBeforeLogin {
		return s.tokenBeforeLogin(ctx, name)
	}
	attacker := s.bench.attackerOf(s.victim)
	if attacker == nil {
		return "", notTestable("there is no second session to take a token from")
	}
	if token := s.bench.tokenFor(ctx, attacker, s.action, name); token != "" {
		return token, nil
	}
	return "", notTestable("the attacker's own session was shown no token of that name")
}

// attackerOf is a session that is not the victim's own.
func (b *Bench) attackerOf(victim *identity.Session) *identity.Session {
	if b.Attacker == nil || b.Attacker.IsAnonymous() || b.Attacker.Name() != victim.Name() {
		return b.Attacker
	}
	for _, name := range b.Site.Identities {
		if other := b.victim(name); name != victim.Name() && other != nil {
			return other
		}
	}
	return identity.Anonymous(b.Grant)
}

// tokenFor is the token that who is shown: on the action's own page, or on any
// page that has a field of that name.
func (b *Bench) tokenFor(ctx context.Context, who *identity.Session, a finding.Action, name string) string {
	pages := append([]string{a.Page}, b.guide().fields[name]...)
	seen := map[string]bool{"": true}
	for _, address := range pages {
		if len(seen) > 8 {
			break
		}
		if seen[address] || b.Grant.Allows(address) != nil {
			continue
		}
		seen[address] = true
		if token := b.tokenOn(ctx, who, address, a, name); token != "" {
			return token
		}
	}
	return ""
}

// tokenOn is the token of that name on a page as it is shown to who, "" if there is
// none. A page that shows a stranger none is not asked for again as such a one.
func (b *Bench) tokenOn(ctx context.Context, who *identity.Session, address string, a finding.Action, name string) string {
	barren := strings.Join([]string{who.Name(), name, address, strconv.FormatBool(who.CookieHeader(address) != "")}, " ")
	if b.barren[barren] {
		return ""
	}
	page, _, err := b.fetch(ctx, who, address)
	if err != nil {
		return "" // another page may show one
	}
	forms := page.forms()
	if own := match(forms, a, ""); own != nil {
		// Another form of the page may have a field of the same name.
		forms = append([]*form{own}, forms...)
	}
	for _, f := range forms {
		if in := f.input(name); in != nil && in.value != "" {
			b.Grant.Redactor().Learn("token", in.value)
			return in.value
		}
		if f.url != nil && f.url.Query().Get(name) != "" {
			return f.url.Query().Get(name)
		}
	}
	b.barren[barren] = b.isStranger(who)
	return ""
}

// isStranger says whether who is none of the identities as they are logged in.
func (b *Bench) isStranger(who *identity.Session) bool {
	return who.IsAnonymous() || who != b.victim(who.Name())
}

// tokenBeforeLogin is a token that the victim's browser was shown before it
// logged in: what a visitor sees who holds the victim's cookies and not those of
// the session, which came only with the login.
func (s *subject) tokenBeforeLogin(ctx context.Context, name string) (string, error) {
	visitor := identity.Anonymous(s.bench.Grant)
	session, _ := s.victim.SessionCookies()
	var before []identity.SetCookie
	for _, set := range s.victim.Cookies() {
		if !slices.Contains(session, policy.ParseSetCookie(set.Line).Name) {
			before = append(before, set)
		}
	}
	visitor.SetCookies(before)
	own, _, err := s.bench.fetch(ctx, visitor, s.action.Page)
	if err != nil {
		return "", err
	}
	if match(own.forms(), s.action, "") != nil {
		return "", notTestable("the form is shown to visitors too, so that its token belongs to no login")
	}
	if token := s.bench.tokenFor(ctx, visitor, s.action, name); token != "" {
		return token, nil
	}
	return "", notTestable("no page shows a token of that name before login")
}
