package prove

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/state"
	"github.com/mantlet-dev/mantlet/policy"
)

// tryLogin carries out login forgery: the attacker's page logs the victim's
// browser in as the attacker, who later reads what the victim leaves there. It
// takes an identity of the attacker's own that logs in with a form.
func (b *Bench) tryLogin(ctx context.Context, f finding.Finding) (finding.Finding, error) {
	if b.AttackerLogin == nil || b.AttackerLogin.Form == nil || b.Attacker == nil {
		return f, stillSuspected("there is no second identity with a login form, whose credentials the attacker's page could send")
	}
	s, err := b.newSubject(f.Plan.Action, identity.Anonymous(b.Grant))
	if err != nil {
		return f, err
	}
	l := &login{subject: s, fields: b.credentials()}
	f.Proof.Oracle = "http"
	if err := l.findSign(ctx, &f); err != nil {
		return f, err
	}
	s.untried = 0
	for _, v := range f.Plan.Variants {
		accepted, err := l.replay(ctx, &f, v)
		if err != nil {
			return f, err
		}
		if !accepted {
			continue
		}
		if err := l.wrongPassword(ctx, &f, v); err != nil {
			return f, err
		}
		if b.Browser == nil || b.Evil == nil {
			return f, stillSuspected("the forged login is accepted when it is replayed, and there is no browser to prove it in")
		}
		if proven, err := l.inBrowser(ctx, &f, v); err != nil || proven {
			return f, err
		}
		return f, stillSuspected("the forged login is accepted when it is replayed, but no browser that was tried was logged in by it")
	}
	return s.refuted(f)
}

// credentials are the fields of the attacker's own login.
func (b *Bench) credentials() map[string]string {
	fields := map[string]string{}
	for name, text := range b.AttackerLogin.Form.Fields {
		fields[name] = text
	}
	for name, text := range b.AttackerLogin.Form.Secrets {
		fields[name] = text
		b.Grant.Redactor().Learn("password", text)
	}
	return fields
}

// A login is the subject of a login forgery. Its sign is what shows that somebody
// is logged in as the attacker.
type login struct {
	*subject
	fields map[string]string
	page   string         // an address that shows the sign
	sign   *regexp.Regexp // what it shows to the attacker and to no visitor
}

// findSign looks for a page that names the attacker when it is logged in, and
// not otherwise.
func (l *login) findSign(ctx context.Context, f *finding.Finding) error {
	pages := []string{l.bench.Attacker.Probe(), l.target.String() + "/"}
	pages = append(pages, l.bench.readable(l.bench.Attacker, l.action, nil)...)
	for _, address := range pages {
		if address == "" || l.bench.Grant.Allows(address) != nil {
			continue
		}
		mine, _, err := l.bench.fetch(ctx, l.bench.Attacker, address)
		if err != nil {
			return err
		}
		others, _, err := l.bench.fetch(ctx, identity.Anonymous(l.bench.Grant), address)
		if err != nil {
			return err
		}
		for _, sign := range append(signsOf(l.names()), linesWith(l.names(), address, mine.body)...) {
			if sign.Match(mine.body) && !sign.Match(others.body) {
				l.page, l.sign = address, sign
				f.Proof.Controls = append(f.Proof.Controls,
					finding.Control{Name: "idle", Passed: true, Text: fmt.Sprintf("to a visitor %s does not show %q", address, sign.FindString(string(mine.body)))},
					finding.Control{Name: "legitimate", Passed: true, Text: fmt.Sprintf("to %q, logged in through the form, it does", l.bench.Attacker.Name())})
				return nil
			}
		}
	}
	return stillSuspected("no page names who is logged in, so it cannot be told as whom the victim's browser is")
}

// signsOf are the names themselves, as words.
func signsOf(names []string) []*regexp.Regexp {
	var signs []*regexp.Regexp
	for _, name := range names {
		signs = append(signs, regexp.MustCompile(`(?i)\b`+regexp.QuoteMeta(name)+`\b`))
	}
	return signs
}

// longestSign bounds a line that tells who is logged in.
const longestSign = 60

// linesWith are the lines of a page that hold a name and more: where everybody is
// shown every name, what is said of one's own is still another thing ("tim (you)").
func linesWith(names []string, address string, body []byte) []*regexp.Regexp {
	var signs []*regexp.Regexp
	facts := state.FlattenHTML(state.Source(address), body)
	for _, where := range sortedPlaces(facts) {
		line := facts[where]
		if strings.Contains(where, " form") || strings.Contains(where, " link") || len(line) > longestSign {
			continue
		}
		for _, sign := range signsOf(names) {
			if words := strings.Fields(line); len(words) > 1 && sign.MatchString(line) {
				for i := range words {
					words[i] = regexp.QuoteMeta(words[i])
				}
				signs = append(signs, regexp.MustCompile(strings.Join(words, `\s+`)))
				break
			}
		}
	}
	return signs
}

// names are what the application may call the attacker.
func (l *login) names() []string {
	var names []string
	for _, text := range l.bench.AttackerLogin.Form.Fields {
		if len(text) > 1 {
			names = append(names, text)
			if name, _, ok := strings.Cut(text, "@"); ok && len(name) > 2 {
				names = append(names, name)
			}
		}
	}
	return append(names, l.bench.Attacker.Name())
}

// forge fills the login form in as the attacker's page will send it. The victim
// is a visitor that has been at the login page before.
func (l *login) forge(ctx context.Context, v finding.Variant, password string) (forgery, error) {
	l.victim = identity.Anonymous(l.bench.Grant)
	l.original = nil
	if err := l.open(ctx); err != nil {
		return forgery{}, err
	}
	fill := l.asItStands("")
	for i := range fill.values {
		name := fill.values[i].name
		if text, ok := l.fields[name]; ok {
			fill.values[i].text = text
			if _, secret := l.bench.AttackerLogin.Form.Secrets[name]; secret && password != "" {
				fill.values[i].text = password
			}
		}
	}
	fg := forgery{variant: v, sub: l.submission(fill)}
	fg.sub.headers = nil
	if err := l.placeTokens(ctx, &fg); err != nil {
		return fg, err
	}
	if err := fg.reshape(l.action); err != nil {
		return fg, err
	}
	if fg.vehicles = fg.deliverable(); len(fg.vehicles) == 0 {
		return fg, impossible("no page of another origin can send it without asking first: %s", fg.obstacle())
	}
	return fg, nil
}

// send replays the forgery in the visitor's cookie jar and says whether that is
// logged in as the attacker afterwards.
func (l *login) send(ctx context.Context, f finding.Finding, fg forgery, purpose string) (answer, bool, error) {
	request, err := fg.sub.request(ctx)
	if err != nil {
		return answer{}, false, notTestable("the login cannot be written as a request: %v", err)
	}
	_, origins := l.bench.froms(l.target)
	origin := l.bench.originAt(origins[finding.CrossSite])
	by := fg.vehicles[0]
	sent := policy.Forge(fg.means(by, origin, l.target))
	if !sent.Arrives {
		return answer{}, false, impossible("a browser does not send it: %s", sent.Reason.Explain())
	}
	r := rideOf(l.victim, fg.sub.address(), fg.sub.method, kindOf(by), origin,
		finding.Position{From: finding.CrossSite, Cookie: finding.Fresh, ThirdParty: finding.ThirdPartyAllowed})
	for name, text := range map[string]string{"Origin": sent.Origin, "Referer": sent.Referer, "Sec-Fetch-Site": sent.FetchSite,
		"Sec-Fetch-Mode": sent.FetchMode, "Sec-Fetch-Dest": sent.FetchDest, "Cookie": r.header} {
		if text != "" {
			request.Header.Set(name, text)
		}
	}
	entry, err := l.bench.Ledger.enter(f.ID, purpose, l.action.Endpoint())
	if err != nil {
		return answer{}, false, err
	}
	a, err := l.bench.do(l.bench.Grant, request)
	if err != nil {
		return answer{}, false, err
	}
	l.bench.Ledger.changed(entry, nil) // a session of the attacker's own is nobody's loss
	// Our own jar, not the request's: what the answer sets is what the browser has now.
	jar := identity.Anonymous(l.bench.Grant)
	for _, line := range a.header.Values("Set-Cookie") {
		jar.SetCookies([]identity.SetCookie{{Line: line, URL: a.url, Method: http.MethodPost, At: l.bench.Ledger.now()}})
	}
	if a.location != "" && l.bench.Grant.Allows(a.location) == nil {
		// A browser goes where it is sent, and may be given there what the session needs.
		if _, _, err := l.bench.fetch(ctx, jar, a.location); err != nil {
			return a, false, err
		}
	}
	shown, _, err := l.bench.fetch(ctx, jar, l.page)
	if err != nil {
		return a, false, err
	}
	return a, l.sign.Match(shown.body), nil
}

func (l *login) replay(ctx context.Context, f *finding.Finding, v finding.Variant) (bool, error) {
	fg, err := l.forge(ctx, v, "")
	var a answer
	accepted := false
	if err == nil {
		a, accepted, err = l.send(ctx, *f, fg, purposeForged)
	}
	var no *errNotTestable
	if errors.As(err, &no) {
		l.note(f, v, false, 0, no.why)
		if !no.impossible {
			l.untried++
		}
		return false, nil
	}
	if err != nil {
		return false, err
	}
	why := "the session it gave is not the attacker's"
	if accepted {
		why = "the session it gave is the attacker's"
	}
	l.note(f, v, accepted, a.status, why)
	return accepted, nil
}

// wrongPassword is the control that rules out that anybody is shown as the attacker.
func (l *login) wrongPassword(ctx context.Context, f *finding.Finding, v finding.Variant) error {
	fg, err := l.forge(ctx, v, "not-"+newText())
	if err != nil {
		return err
	}
	a, accepted, err := l.send(ctx, *f, fg, purposeBroken)
	if err != nil {
		return err
	}
	f.Proof.Controls = append(f.Proof.Controls, finding.Control{Name: "broken-session", Passed: !accepted,
		Text: fmt.Sprintf("the same login with a wrong password was answered %d and logged nobody in", a.status)})
	if accepted {
		return notTestable("a wrong password logs in as well, so the login says nothing about forgery")
	}
	return nil
}

// inBrowser has the attacker's page log in a browser of a visitor, from each place.
func (l *login) inBrowser(ctx context.Context, f *finding.Finding, v finding.Variant) (bool, error) {
	order, origins := l.bench.froms(l.target)
	runs := map[finding.From]finding.Cell{}
	proven := false
	var cells []finding.Cell
	for _, p := range positions(order) {
		if v.Origin == finding.OriginSibling && p.From == finding.CrossSite {
			cells = append(cells, finding.Cell{Position: p, State: finding.Refuted, By: "model", Why: "the variant is one of the target's own site"})
			continue
		}
		if known, done := runs[p.From]; done {
			cells = append(cells, sameAs(known, p))
			continue
		}
		cell, err := l.ride(ctx, f, v, p, origins[p.From], !proven)
		if err != nil {
			return false, err
		}
		runs[p.From] = cell
		cells = append(cells, cell)
		proven = proven || cell.State == finding.Proven
	}
	if proven {
		f.Vector = cells
		*f = verdict(*f, finding.Proven, fmt.Sprintf("a page of the attacker logged a visitor's browser in as %q: what the visitor enters from then on, the attacker can read", l.bench.Attacker.Name()))
	}
	return proven, nil
}

func (l *login) ride(ctx context.Context, f *finding.Finding, v finding.Variant, p finding.Position, where string, first bool) (finding.Cell, error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	cell := finding.Cell{Position: p, State: finding.Refuted, By: "browser", Why: "the browser is not logged in as the attacker afterwards"}
	chrome, err := l.bench.Browser(ctx, p.ThirdParty)
	if err != nil {
		return cell, stillSuspected("no browser could be started: %v", err)
	}
	fg, err := l.forge(ctx, v, "")
	if err != nil {
		return cell, err
	}
	visitor, err := chrome.Context(ctx, l.cookies())
	if err != nil {
		return cell, err
	}
	defer leave(visitor)
	page := fg.page(fg.vehicles[0])
	entry, err := l.bench.Ledger.enter(f.ID, purposeForged, l.action.Endpoint())
	if err != nil {
		return cell, err
	}
	tab, err := visitor.Open(ctx, l.bench.Evil.PublishAt(where, page.Document()))
	if err != nil {
		return cell, notTestable("the attacker's page did not open in the browser: %v", err)
	}
	sent, err := l.sentBy(ctx, tab, fg)
	l.bench.Ledger.changed(entry, nil)
	if err != nil {
		cell.Why = "the browser did not send the login"
		return cell, ctx.Err()
	}
	if err := tab.Goto(ctx, l.page); err != nil {
		return cell, nil // a page that does not open shows no login
	}
	text, err := tab.HTML(ctx)
	if err != nil {
		return cell, err
	}
	if l.sign.MatchString(text) {
		cell.State, cell.Why = finding.Proven, fmt.Sprintf("the browser's visitor is logged in as %q afterwards", l.bench.Attacker.Name())
		if first {
			l.record(ctx, f, chrome, tab, fg, page, p, where, sent)
		}
	}
	f.Proof.Attempts = append(f.Proof.Attempts, finding.Attempt{Variant: v.Name, Accepted: cell.State == finding.Proven, By: "browser",
		Status: sent.Status, Why: fmt.Sprintf("from %s: %s", where, cell.Why)})
	return cell, nil
}

func (l *login) record(ctx context.Context, f *finding.Finding, chrome *browser.Browser, tab *browser.Page, fg forgery, page attacker.Forge,
	p finding.Position, where string, sent browser.Request) {
	proof := f.Proof
	proof.Browser, proof.Profile = chrome.Version(), "third-party cookies "+string(p.ThirdParty)
	proof.Changes = []finding.Change{{Where: "who is logged in at " + l.page, Before: "nobody", After: l.bench.Attacker.Name()}}
	proof.Steps = append(proof.Steps,
		finding.Step{Text: fmt.Sprintf("A visitor who is not logged in opens a page of the attacker at %s (%s).", where, p.From)},
		finding.Step{Text: "The page submits the login form with the attacker's own credentials.", Request: l.bench.sentText(sent, fg.sub), Answer: fmt.Sprint(sent.Status)},
		finding.Step{Text: fmt.Sprintf("The visitor opens %s: the browser is logged in as %q.", l.page, l.bench.Attacker.Name())})
	if png, err := tab.Screenshot(ctx); err == nil {
		proof.Files = append(proof.Files, file("after.png", "screenshot-after", "the application after the attack: the visitor is the attacker", png))
	}
	proof.Files = append(proof.Files, file("proof.html", "proof-html", "the attacker's page; credentials are left out", []byte(l.bench.redact(page.Proof()))))
}
