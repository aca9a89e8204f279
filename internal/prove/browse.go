package prove

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// runLimit bounds one run in the browser, so that a page that never loads cannot
// hold up the others.
const runLimit = 20 * time.Second

// inBrowser has the attacker's page send the variant in a real browser, once from
// every position whose outcome may differ, and fills in the vector. It reports
// whether any run left its marker.
func (s *subject) inBrowser(ctx context.Context, f *finding.Finding, t *trial) (bool, error) {
	if s.bench.Browser == nil || s.bench.Evil == nil {
		return false, notTestable("there is no browser to prove it in")
	}
	order, origins := s.bench.froms(s.target)
	runs := map[string]finding.Cell{}
	var cells []finding.Cell
	proven := false
	for _, p := range positions(order) {
		way, stay := s.stanceAt(t.forgery, p, origins[p.From])
		if stay != "" {
			cells = append(cells, finding.Cell{Position: p, State: finding.Refuted, By: "model", Why: stay})
			continue
		}
		key := strings.Join([]string{string(p.From), string(way.by), way.ride.header, s.bench.thirdPartyKey(p, way.by)}, " ")
		if known, done := runs[key]; done {
			cells = append(cells, sameAs(known, p))
			continue
		}
		cell, err := s.ride(ctx, f, t, way, p, !proven)
		if err != nil {
			return false, err
		}
		runs[key] = cell
		cells = append(cells, cell)
		if cell.State == finding.Proven {
			proven = true
		}
		s.bench.compared(p, way.by, cell)
	}
	if proven {
		if err := s.noteReissue(ctx, cells); err != nil {
			return false, err
		}
		f.Vector = cells
		*f = verdict(*f, finding.Proven, s.provenWhy(t, cells))
	}
	return proven, nil
}

// thirdPartyKey keeps the two settings apart where both are tried: for an attacker
// on another site. On the target's own site no cookie is third party. That a
// navigation of the tab is the same under both settings is tried once for each way
// to send it, and then relied on.
func (b *Bench) thirdPartyKey(p finding.Position, by attacker.Vehicle) string {
	if p.From != finding.CrossSite || b.bothSettings[by] == 2 {
		return ""
	}
	return string(p.ThirdParty)
}

// compared notes a run's outcome; a way to send that was proven under both settings
// needs only one from then on.
func (b *Bench) compared(p finding.Position, by attacker.Vehicle, cell finding.Cell) {
	if p.From == finding.CrossSite && cell.State == finding.Proven && kindOf(by) == policy.TopLevelNavigation {
		b.bothSettings[by]++
	}
}

// sameAs is the verdict of a position whose request the policy engine knows to be
// the same as one that was sent.
func sameAs(known finding.Cell, p finding.Position) finding.Cell {
	return finding.Cell{Position: p, State: known.State, By: "model",
		Why: fmt.Sprintf("what the browser sends is the same as for a %s cookie with third-party cookies %s, which was run: %s", known.Cookie, known.ThirdParty, known.Why)}
}

func (s *subject) provenWhy(t *trial, cells []finding.Cell) string {
	var from []string
	for _, c := range cells {
		if word := string(c.From); c.State == finding.Proven && !contains(from, word) {
			from = append(from, word)
		}
	}
	return fmt.Sprintf("a page of the attacker (%s) made %q change its own data in a real browser: %s, and the change was re-read",
		strings.Join(from, ", "), s.victim.Name(), t.variant.Name)
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

// ride runs one forgery in a fresh browser of the victim's.
func (s *subject) ride(ctx context.Context, f *finding.Finding, t *trial, way stance, p finding.Position, first bool) (finding.Cell, error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	chrome, err := s.bench.Browser(ctx, p.ThirdParty)
	if err != nil {
		return finding.Cell{}, notTestable("no browser could be started: %v", err)
	}
	fg, err := s.forge(ctx, t.variant)
	if err != nil {
		return finding.Cell{}, err
	}
	page := fg.page(way.by)
	victim, err := chrome.Context(ctx, s.cookies())
	if err != nil {
		return finding.Cell{}, err
	}
	defer leave(victim)
	address := s.bench.Evil.PublishAt(way.where, page.Document())
	entry, err := s.bench.Ledger.enter(f.ID, purposeForged, s.action.Endpoint())
	if err != nil {
		return finding.Cell{}, err
	}
	s.remember(fg.marker)
	tab, err := victim.Open(ctx, address)
	if err != nil {
		return finding.Cell{}, notTestable("the attacker's page did not open in the browser: %v", err)
	}
	sent, err := s.sentBy(ctx, tab, fg)
	if err != nil {
		sent.Failure = "it was not sent: " + s.bench.redact(err.Error())
	}
	shown, _, err := s.await(ctx, s.witness, fg.marker, s.patience())
	if err != nil {
		return finding.Cell{}, err
	}
	s.did(entry, shown)
	cell := s.cellOf(p, sent, shown)
	f.Proof.Attempts = append(f.Proof.Attempts, finding.Attempt{Variant: t.variant.Name, Accepted: len(shown) > 0, By: "browser", Status: sent.Status,
		Why: fmt.Sprintf("from %s, third-party cookies %s: %s", way.origin, p.ThirdParty, cell.Why)})
	if first && len(shown) > 0 {
		s.recordForgery(ctx, f, ridden{chrome, tab, fg, page, way, p, sent, shown, address})
	}
	return cell, nil
}

// sentBy waits until the forged request has been answered.
func (s *subject) sentBy(ctx context.Context, tab *browser.Page, fg forgery) (browser.Request, error) {
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
	defer cancel()
	path := pathOf(fg.sub.address())
	return tab.WaitRequest(ctx, func(r browser.Request) bool {
		return r.Method == fg.sub.method && pathOf(r.URL) == path && (r.Status != 0 || r.Failure != "")
	})
}

func (s *subject) cellOf(p finding.Position, sent browser.Request, shown []finding.Change) finding.Cell {
	cell := finding.Cell{Position: p, State: finding.Refuted, By: "browser"}
	switch {
	case len(shown) > 0:
		cell.State = finding.Proven
		cell.Why = fmt.Sprintf("the request was sent with the victim's session, answered %d, and its change was re-read", sent.Status)
		if s.reissued(sent) {
			cell.Why += "; the answer set the session cookie anew, which makes it a fresh one again"
		}
	case sent.Failure != "":
		cell.Why = "the browser ended the request: " + sent.Failure
	default:
		cell.Why = fmt.Sprintf("the request was answered %d and changed nothing", sent.Status)
		if len(sent.Withheld) > 0 {
			cell.Why += fmt.Sprintf("; the browser withheld the cookie %s (%s)", sent.Withheld[0].Cookie, strings.Join(sent.Withheld[0].Reasons, ", "))
		}
	}
	return cell
}

// reissued says whether an answer to the attacker's request sets a session cookie
// again, which opens the two minutes in which one without SameSite rides along.
func (s *subject) reissued(sent browser.Request) bool {
	session, _ := s.victim.SessionCookies()
	for _, line := range sent.Response {
		if strings.EqualFold(line.Name, "Set-Cookie") && contains(session, policy.ParseSetCookie(line.Value).Name) {
			return true
		}
	}
	return false
}

// cookies are the victim's, as a browser would have got them.
func (s *subject) cookies() []browser.Cookie {
	var all []browser.Cookie
	for _, set := range s.victim.Cookies() {
		all = append(all, browser.Cookie{Line: set.Line, URL: set.URL})
	}
	return all
}

// leave closes a browser context and does not wait for it: nothing that follows
// depends on it, and closing takes a browser its time.
func leave(c *browser.Context) { go c.Close() }

// A ridden is what there is to show of a proof.
type ridden struct {
	chrome  *browser.Browser
	tab     *browser.Page
	fg      forgery
	page    attacker.Forge
	way     stance
	at      finding.Position
	sent    browser.Request
	shown   []finding.Change
	address string
}

func (s *subject) recordForgery(ctx context.Context, f *finding.Finding, r ridden) {
	proof := f.Proof
	proof.Marker, proof.Changes = r.fg.marker.shown(s.witness), redacted(r.shown, s.bench.redact)
	proof.Browser, proof.Profile = r.chrome.Version(), "third-party cookies "+string(r.at.ThirdParty)
	proof.Steps = append(proof.Steps,
		finding.Step{Text: fmt.Sprintf("The victim %q, logged in, opens a page of the attacker at %s (%s).", s.victim.Name(), r.way.origin, r.way.from)},
		finding.Step{Text: fmt.Sprintf("The page sends the forged request by itself (%s, by %s), with the marker %s.", r.fg.variant.Name, r.way.by, r.fg.marker.name()),
			Request: s.bench.sentText(r.sent, r.fg.sub), Answer: fmt.Sprintf("%d", r.sent.Status)},
		finding.Step{Text: "The state is re-read: " + describe(proof.Changes)})
	proof.Files = append(proof.Files, s.pictures(ctx, r)...)
	proof.Files = append(proof.Files, file("proof.html", "proof-html", "the attacker's page, to be served from any other origin", []byte(s.bench.redact(r.page.Proof()))))
}

// pictures are what the victim sees after the attack; a proof stands without them.
func (s *subject) pictures(ctx context.Context, r ridden) []finding.File {
	var files []finding.File
	if png, err := r.tab.Screenshot(ctx); err == nil {
		files = append(files, file("victim.png", "screenshot-victim", "what the victim's browser shows after the attack", png))
	}
	if address := s.pageOf(r.shown); address != "" {
		if err := r.tab.Goto(ctx, address); err == nil {
			if png, err := r.tab.Screenshot(ctx); err == nil {
				files = append(files, file("after.png", "screenshot-after", "the application after the attack, as the victim sees it", png))
			}
		}
	}
	return files
}

// pageOf is an address that shows the changes to a person, "" if none does.
func (s *subject) pageOf(changes []finding.Change) string {
	for _, r := range s.oracle.readers {
		if address := addressOf(r, changes); address != "" {
			return address
		}
	}
	return s.action.Page
}

func describe(changes []finding.Change) string {
	var parts []string
	for i, c := range changes {
		if i == 3 {
			parts = append(parts, fmt.Sprintf("and %d more", len(changes)-3))
			break
		}
		parts = append(parts, fmt.Sprintf("%s was %q and is %q", c.Where, c.Before, c.After))
	}
	return strings.Join(parts, "; ")
}

func file(name, kind, caption string, data []byte) finding.File {
	sum := sha256.Sum256(data)
	return finding.File{Name: name, Kind: kind, SHA256: hex.EncodeToString(sum[:]), Text: caption, Data: data}
}

// sentText is the request as the browser sent it, redacted.
func (b *Bench) sentText(r browser.Request, sub submission) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s\n", r.Method, r.URL)
	for _, name := range []string{"Origin", "Referer", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Content-Type"} {
		if v := r.Header(name); v != "" {
			fmt.Fprintf(&text, "%s: %s\n", name, v)
		}
	}
	if cookie := r.Header("Cookie"); cookie != "" {
		for _, pair := range b.Grant.Redactor().Header(map[string][]string{"Cookie": {cookie}}).Values("Cookie") {
			fmt.Fprintf(&text, "Cookie: %s\n", pair)
		}
	}
	if body, _ := sub.body(); len(body) > 0 {
		text.WriteString("\n" + string(body))
	}
	return clip(b.redact(text.String()))
}
