package prove

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
)

// tryAccess carries out a plan in which somebody asks for what is not theirs: no
// victim's browser takes part.
func (b *Bench) tryAccess(ctx context.Context, f finding.Finding, owner *identity.Session) (finding.Finding, error) {
	switch f.Weakness {
	case finding.PropertyAssignment:
		return b.tryAssign(ctx, f, owner)
	case finding.PropertyExcess:
		return b.tryExcess(ctx, f, owner)
	case finding.AuthSessionFixation:
		return b.tryFixation(ctx, f, owner)
	case finding.AuthSessionLogout:
		return b.tryLogout(ctx, f, owner)
	case finding.AuthJWT:
		return b.tryPass(ctx, f, owner)
	}
	callers, err := b.callers(ctx, f, owner)
	if err != nil {
		return f, err
	}
	switch {
	case len(f.Plan.Messages) > 0 && f.Weakness == finding.BOLAWrite:
		return b.tryOrder(ctx, f, owner, callers)
	case takesOver(f):
		return b.tryTakeover(ctx, f, owner, callers)
	case f.Weakness == finding.BOLAExistence:
		return b.tryExistence(ctx, f, owner, callers[0])
	case f.Weakness == finding.BOLARead, strings.EqualFold(f.Plan.Action.Method, http.MethodGet):
		return b.tryRead(ctx, f, owner, callers)
	}
	return b.tryWrite(ctx, f, owner, callers)
}

// A caller is somebody who asks for what is not theirs, and what is said of them.
type caller struct {
	who  *identity.Session
	name string // as an attempt is called
	text string // and as is told of them: as "bob", with the session of "bob"
	// nobody is set for those who have no session that counts.
	nobody bool
}

func visitor(b *Bench) caller {
	return caller{identity.Anonymous(b.Grant), "no session", "without any session", true}
}

// broken is one with credentials of who's shape that mean nothing.
func broken(who *identity.Session) caller {
	return caller{who.Broken(), "session nobody gave out", "with cookies and tokens of the right shape that mean nothing", true}
}

// callers are who tries a plan: the intruder, or, where a login should be needed,
// a visitor without any session and one with a session that nobody gave out.
func (b *Bench) callers(ctx context.Context, f finding.Finding, owner *identity.Session) ([]caller, error) {
	if f.Plan.Intruder == "" {
		return []caller{visitor(b), broken(owner)}, nil
	}
	intruder := b.victim(f.Plan.Intruder)
	if intruder == nil {
		return nil, notTestable("identity %q is not configured here", f.Plan.Intruder)
	}
	if b.isAlive(ctx, intruder) != nil {
		if err := intruder.Renew(ctx); err != nil {
			return nil, notTestable("the session of %q was lost and could not be renewed: %v", intruder.Name(), err)
		}
	}
	name := intruder.Name()
	return []caller{{intruder, "as " + name, fmt.Sprintf("as %q, with the session of %[1]q", name), false}}, nil
}

func note(f *finding.Finding, c caller, accepted bool, status int, why string) {
	f.Proof.Attempts = append(f.Proof.Attempts, finding.Attempt{Variant: c.name, Accepted: accepted, By: "replay", Status: status, Why: why})
}

// needsNoSession is why a weakness of authorization was not shown.
func needsNoSession() error {
	return notTestable("the endpoint does this without any session: authentication is missing, which is worse than and different from a lack of authorization")
}

// tryWrite has the owner do the action, and then the callers for the same object.
func (b *Bench) tryWrite(ctx context.Context, f finding.Finding, owner *identity.Session, callers []caller) (finding.Finding, error) {
	s, err := b.subjectOrCanary(ctx, f, f.Plan.Action, owner)
	if s != nil {
		f.Proof.Oracle, f.Proof.Controls, f.Proof.Steps = s.oracle.Name(), s.controlsSoFar(), s.storySoFar()
	}
	if err == nil {
		err = s.ownOnly(f)
	}
	if err == nil {
		f, err = s.intrude(ctx, f, callers)
	}
	if s != nil {
		// How the undoing went is in the ledger; it does not change the verdict.
		_ = s.restore(context.WithoutCancel(ctx))
	}
	return f, err
}

// ownOnly holds back from having others do what is only understood where the victim
// does it: setting one's own password, and what shows to somebody else alone, who may
// be the intruder and its rightful reader.
func (s *subject) ownOnly(f finding.Finding) error {
	switch {
	case s.lock != nil:
		return notTestable("not testable: the action would change the password of whoever sends it")
	case f.Plan.Intruder != "" && s.oracle.Name() == finding.OracleRecipient:
		return notTestable("not observable: what the action does shows to another identity only, which does not tell whose object was changed")
	}
	return nil
}

// intrude has the callers do what the owner did, each with a marker of its own.
func (s *subject) intrude(ctx context.Context, f finding.Finding, callers []caller) (finding.Finding, error) {
	for _, c := range callers {
		shown, done, err := s.callAs(ctx, &f, c)
		if err != nil {
			return f, err
		}
		if len(shown) == 0 {
			continue
		}
		if f.Plan.Intruder != "" {
			control, again, err := s.callAs(ctx, &f, broken(c.who))
			if err != nil {
				return f, err
			}
			f.Proof.Controls = append(f.Proof.Controls, brokenControl(len(control) == 0, again.status))
			if len(control) > 0 {
				return f, needsNoSession()
			}
		}
		f.Proof.Changes = redacted(shown, s.bench.redact)
		return verdict(f, finding.Proven, fmt.Sprintf("sent %s, the request was answered %d, and the change was there when the state was re-read as %q",
			c.text, done.status, s.victim.Name())), nil
	}
	return verdict(f, finding.Refuted, fmt.Sprintf("the same request, sent %s, changed nothing, while the owner's did", textsOf(callers))), nil
}

func textsOf(callers []caller) string {
	var texts []string
	for _, c := range callers {
		texts = append(texts, c.text)
	}
	return strings.Join(texts, " or ")
}

func brokenControl(passed bool, status int) finding.Control {
	control := finding.Control{Name: "broken-session", Passed: passed,
		Text: fmt.Sprintf("the same request with a session that nobody gave out was answered %d and was of no effect", status)}
	if !passed {
		control.Text = "the same request with a session that nobody gave out had its effect too"
	}
	return control
}

// callAs sends the action for the owner's object as somebody else, with that one's
// own tokens, and gives the changes of the owner's state that show it.
func (s *subject) callAs(ctx context.Context, f *finding.Finding, c caller) ([]finding.Change, answer, error) {
	fill, err := s.fillForged(ctx)
	if err != nil {
		return nil, answer{}, err
	}
	shadow, err := s.shadowOf(ctx, c)
	if err != nil {
		return nil, answer{}, err
	}
	sub := s.submission(fill)
	if lacks := s.ownTokens(ctx, &sub, c.who); lacks != "" && !c.nobody {
		return nil, answer{}, notTestable("no anti-forgery token %s of %q's own was found, and without one a refusal would say nothing", lacks, c.who.Name())
	}
	request, err := sub.request(ctx)
	if err != nil {
		return nil, answer{}, notTestable("the action cannot be written as a request: %v", err)
	}
	s.fromOwnPage(request, sub)
	entry, err := s.bench.Ledger.enter(f.ID, purposeIntrusion, s.action.Endpoint())
	if err != nil {
		return nil, answer{}, err
	}
	s.remember(fill.marker)
	a, err := s.bench.do(c.who, request)
	if err != nil {
		return nil, a, err
	}
	shown, _, err := s.await(ctx, s.witness, fill.marker, s.patience())
	if err != nil {
		return nil, a, err
	}
	had := len(shown) > 0
	if shown, err = s.owners(ctx, c, shown, fill.marker, f.Weakness == finding.AuthFunction); err != nil {
		return nil, a, err
	}
	s.did(entry, shown)
	if len(shown) == 0 {
		if err := shadow.undo(ctx, fill, entry); err != nil {
			return nil, a, err
		}
		if had && s.oracle.Name() == "http" {
			s.did(entry, s.remaining(s.latest))
			return nil, a, notTestable("the change shows on a page that both are shown, so that it may be of the caller's own")
		}
	}
	why := "nothing changed for the owner"
	if len(shown) > 0 {
		why = "the change was re-read as the owner"
		f.Proof.Marker = fill.marker.shown(s.witness)
		f.Proof.Steps = append(f.Proof.Steps, finding.Step{Text: "The same request was sent " + c.text + ", for the owner's object.",
			Request: s.bench.requestText(request, sub), Answer: s.bench.answerText(a)})
	}
	note(f, c, len(shown) > 0, a.status, why)
	return shown, a, nil
}

// ownTokens replaces the owner's anti-forgery tokens by those that who is shown. It
// gives the name of one that who is not shown, "" if there is none.
func (s *subject) ownTokens(ctx context.Context, sub *submission, who *identity.Session) (lacks string) {
	var values []value
	for _, v := range sub.values {
		if v.token {
			if v.text = s.tokenOf(ctx, who, v.name); v.text == "" {
				lacks = v.name
				continue
			}
		}
		values = append(values, v)
	}
	u := *sub.url
	query := u.Query()
	for _, name := range s.queryTokens(&u) {
		if query.Set(name, s.tokenOf(ctx, who, name)); query.Get(name) == "" {
			lacks = name
		}
		u.RawQuery = query.Encode()
	}
	sub.values, sub.url = values, &u
	if sub.headers = s.ownHeaders(ctx, who); len(sub.headers) < len(s.headers) {
		for name := range s.headers {
			if sub.headers[name] == "" {
				lacks = name
			}
		}
	}
	return lacks
}

// tokenOf is the token that who is shown: on a page that has this action or another
// with a field of the name, or on any other.
func (s *subject) tokenOf(ctx context.Context, who *identity.Session, name string) string {
	if token := s.bench.tokenFor(ctx, who, s.action, name); token != "" {
		return token
	}
	for _, address := range s.bench.pagesOf(who, s.action.Page) {
		page, _, err := s.bench.fetch(ctx, who, address)
		if err != nil {
			continue // another page may show one
		}
		for _, f := range page.forms() {
			if in := f.input(name); in != nil && in.value != "" {
				s.bench.Grant.Redactor().Learn("token", in.value)
				return in.value
			}
		}
	}
	return ""
}

// ownHeaders are the headers that the application's script would add for who.
func (s *subject) ownHeaders(ctx context.Context, who *identity.Session) map[string]string {
	if len(s.headers) == 0 {
		return nil
	}
	as := &subject{bench: s.bench, action: s.action, victim: who, headers: map[string]string{}}
	for name, text := range s.headers {
		if _, names := headersOf(s.action)[name]; names || !tokenLike.MatchString(name) && !looksRandom(text) {
			as.headers[name] = text // a mark of the script, the same for everybody
		}
	}
	for _, address := range s.bench.pagesOf(who, s.action.Page) {
		if len(as.headers) >= len(s.headers) {
			break
		}
		page, _, err := s.bench.fetch(ctx, who, address)
		if err != nil {
			continue // another page may show one
		}
		as.headerToken(page)
	}
	return as.headers
}

// pagesOf are a few pages that who may see: first the one named, then those of the
// same route, then others.
func (b *Bench) pagesOf(who *identity.Session, first string) []string {
	var urls, others []string
	if first != "" && b.Grant.Allows(first) == nil {
		urls = append(urls, first)
	}
	for _, p := range b.Site.Pages {
		x := p.Exchange
		switch {
		case x.Identity != who.Name() || x.Status != http.StatusOK || b.Grant.Allows(x.URL) != nil || x.URL == first:
		case alike(x.URL, first):
			urls = append(urls, x.URL)
		default:
			others = append(others, x.URL)
		}
	}
	return append(urls[:min(len(urls), 3)], others[:min(len(others), 3)]...)
}

// alike says whether two addresses differ in what may be identifiers only.
func alike(a, b string) bool {
	x, y := strings.Split(pathOf(a), "/"), strings.Split(pathOf(b), "/")
	if len(x) != len(y) || b == "" {
		return false
	}
	for i := range x {
		if x[i] != y[i] && !strings.ContainsAny(x[i]+y[i], "0123456789") {
			return false
		}
	}
	return true
}
