package prove

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
)

// framed has the victim click in the attacker's page, from every position whose
// outcome may differ.
func (c *clicking) framed(ctx context.Context, f *finding.Finding) error {
	order, origins := c.bench.froms(c.target)
	runs := map[string]finding.Cell{}
	proven := false
	for _, p := range positions(order) {
		where := origins[p.From]
		if why := c.refusedAt(c.framing, p, where); why != "" {
			f.Vector = append(f.Vector, finding.Cell{Position: p, State: finding.Refuted, By: "model", Why: why})
			continue
		}
		key := strings.Join([]string{string(p.From), c.frameRide(p, c.bench.originAt(where)).header, c.bench.thirdPartyKey(p, attacker.Frame)}, " ")
		if known, done := runs[key]; done {
			f.Vector = append(f.Vector, sameAs(known, p))
			continue
		}
		cell, err := c.lureAt(ctx, f, p, where, !proven)
		if err != nil {
			return err
		}
		runs[key] = cell
		f.Vector = append(f.Vector, cell)
		proven = proven || cell.State == finding.Proven
	}
	if !proven {
		*f = verdict(*f, finding.Refuted, "the victim clicked in the attacker's page, and nothing changed: "+f.Vector[0].Why)
		return nil
	}
	var from []string
	for _, cell := range f.Vector {
		if word := string(cell.From); cell.State == finding.Proven && !contains(from, word) {
			from = append(from, word)
		}
	}
	*f = verdict(*f, finding.Proven, fmt.Sprintf("in a page of the attacker (%s) %q clicked a decoy and hit %q in the hidden frame; the change was re-read",
		strings.Join(from, ", "), c.victim.Name(), strings.TrimSpace(c.clicks[0].Label)))
	return nil
}

// lureAt tries the disguises in order until one works; once one has, later
// positions use that one alone.
func (c *clicking) lureAt(ctx context.Context, f *finding.Finding, p finding.Position, where string, first bool) (finding.Cell, error) {
	list := attacker.Disguises
	if c.disguise != "" {
		list = []attacker.Disguise{c.disguise}
	}
	var cell finding.Cell
	for _, d := range list {
		l := lured{clicking: c, position: p, where: where, disguise: d, first: first}
		var err error
		if cell, err = l.run(ctx, f); err != nil {
			return cell, err
		}
		if cell.State == finding.Proven {
			c.disguise = d
			break
		}
		if l.blocked {
			break
		}
	}
	return cell, nil
}

// A lured is one run of the victim in the attacker's page.
type lured struct {
	*clicking
	position finding.Position
	where    string
	disguise attacker.Disguise
	first    bool // whether pictures are wanted

	blocked bool
	chrome  *browser.Browser
	page    attacker.FramePage
	files   []finding.File
}

func (l *lured) run(ctx context.Context, f *finding.Finding) (finding.Cell, error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	cell := finding.Cell{Position: l.position, State: finding.Refuted, By: "browser"}
	if l.nursery != nil {
		if err := l.nextCanary(ctx, *f); err != nil {
			return cell, err
		}
	} else if l.text != "" {
		if err := l.prefill(ctx); err != nil {
			return cell, err
		}
	}
	var err error
	if l.latest, err = l.oracle.Read(ctx); err != nil {
		return cell, err
	}
	if l.chrome, err = l.bench.Browser(ctx, l.position.ThirdParty); err != nil {
		return cell, &errNotTestable{why: "no browser could be started: " + err.Error(), suspect: true}
	}
	victim, err := l.chrome.Context(ctx, l.cookies())
	if err != nil {
		return cell, err
	}
	defer leave(victim)
	entry, err := l.bench.Ledger.enter(f.ID, purposeClick, l.action.Endpoint())
	if err != nil {
		return cell, err
	}
	why, err := l.click(ctx, victim)
	if err != nil {
		return cell, err
	}
	shown, _, err := l.await(ctx, l.witness, marker{text: l.text}, max(l.patience(), 200*time.Millisecond))
	if err != nil {
		return cell, err
	}
	l.did(entry, shown)
	if len(shown) == 0 {
		cell.Why = why
	} else {
		cell.State, cell.Why = finding.Proven, "the click went through to the framed page, and its change was re-read"
		if l.nursery != nil {
			l.nursery.buried(l.text)
		}
	}
	f.Proof.Attempts = append(f.Proof.Attempts, finding.Attempt{Variant: "framed, disguise " + string(l.disguise), Accepted: len(shown) > 0, By: "browser",
		Why: fmt.Sprintf("from %s, third-party cookies %s: %s", l.where, l.position.ThirdParty, cell.Why)})
	if l.first && len(shown) > 0 {
		l.record(f, shown)
	}
	return cell, nil
}

// click opens the attacker's page and clicks the decoy, once for every step. It
// returns why nothing can have come of it, for the case that nothing has.
func (l *lured) click(ctx context.Context, victim *browser.Context) (why string, err error) {
	l.page = attacker.FramePage{Width: frameWidth, Height: l.height, Disguise: l.disguise}
	for i, box := range l.boxes {
		step := attacker.FrameStep{Control: box}
		if i == 0 || l.clicks[i].Page != "" && l.clicks[i].Page != l.clicks[i-1].Page {
			step.Target = l.clicks[i].Page
		}
		l.page.Steps = append(l.page.Steps, step)
	}
	tab, err := l.blank(ctx, victim)
	if err != nil {
		return "", err
	}
	if l.first {
		l.picture(ctx, tab)
	}
	address, err := l.open(ctx, tab, l.page)
	if err != nil {
		return "", err
	}
	for i := range l.page.Steps {
		wait, cancel := context.WithTimeout(ctx, 2*afterClick)
		err := l.bench.Evil.WaitHits(wait, address, i+1)
		cancel()
		if err != nil {
			return "the framed page was not ready to be clicked", ctx.Err()
		}
		if frame, found := refusedFrame(tab); found {
			l.blocked = true
			return "the browser did not show the page in the frame: " + frame.Why, nil
		}
		png, err := tab.Screenshot(ctx)
		if err != nil {
			return "", err
		}
		if i == 0 && l.first {
			l.files = append(l.files, file("victim.png", "screenshot-victim", "the attacker's page as the victim sees it, just before the click", png))
		}
		seen := map[string]bool{}
		for _, r := range tab.Requests() {
			seen[r.ID+r.URL] = true
		}
		tab.AcceptDialogs(true)
		if err := tab.Click(ctx, attacker.PointX, attacker.PointY); err != nil {
			return "", err
		}
		if i == len(l.page.Steps)-1 {
			if err := settle(ctx, tab, seen); err != nil {
				return "", err
			}
		}
	}
	if l.first {
		if png, err := tab.Screenshot(ctx); err == nil {
			l.files = append(l.files, file("after.png", "screenshot-after", "the attacker's page after the click", png))
		}
	}
	return "the click changed nothing", nil
}

// blank is an empty tab of the size the attacker's page is made for.
func (l *lured) blank(ctx context.Context, victim *browser.Context) (*browser.Page, error) {
	tab, err := victim.Blank(ctx)
	if err != nil {
		return nil, err
	}
	return tab, tab.SetViewport(ctx, attacker.Width, attacker.Height)
}

func (l *lured) open(ctx context.Context, tab *browser.Page, page attacker.FramePage) (string, error) {
	address := l.bench.Evil.PublishAt(l.where, page.Document())
	if err := tab.Goto(ctx, address); err != nil {
		return "", notTestable("the attacker's page did not open in the browser: %v", err)
	}
	return address, nil
}

// picture shows the attack with the frame made visible, before anything is clicked.
func (l *lured) picture(ctx context.Context, tab *browser.Page) {
	page := l.page
	page.Reveal = true
	address, err := l.open(ctx, tab, page)
	if err != nil {
		return // a proof stands without it
	}
	wait, cancel := context.WithTimeout(ctx, afterClick)
	defer cancel()
	if l.bench.Evil.WaitHit(wait, address) != nil {
		return
	}
	if png, err := tab.Screenshot(ctx); err == nil {
		l.files = append(l.files, file("revealed.png", "screenshot-revealed", "the same page with the frame made visible: the control lies under the decoy", png))
	}
}

func refusedFrame(tab *browser.Page) (browser.Frame, bool) {
	for i, frame := range tab.Frames() {
		if i > 0 && frame.Blocked {
			return frame, true
		}
	}
	return browser.Frame{}, false
}

func (l *lured) record(f *finding.Finding, shown []finding.Change) {
	proof := f.Proof
	proof.Marker, proof.Changes = l.text, redacted(shown, l.bench.redact)
	proof.Browser, proof.Profile, proof.Disguise = l.chrome.Version(), "third-party cookies "+string(l.position.ThirdParty), string(l.disguise)
	proof.Steps = append(proof.Steps,
		finding.Step{Text: fmt.Sprintf("The victim %q, logged in, opens a page of the attacker at %s (%s).", l.victim.Name(), l.where, l.position.From)},
		finding.Step{Text: fmt.Sprintf("The page frames %s, hidden (%s), so that %q lies under its own button.", l.bench.redact(l.clicks[0].Page), l.disguise, strings.TrimSpace(l.clicks[0].Label))},
		finding.Step{Text: fmt.Sprintf("The victim clicks the attacker's button with the mouse, %s.", times(len(l.page.Steps)))},
		finding.Step{Text: "The state is re-read: " + describe(proof.Changes)})
	proof.Files = append(proof.Files, l.files...)
	proof.Files = append(proof.Files, file("proof.html", "proof-html", "the attacker's page, to be served from any other origin", []byte(l.bench.redact(l.page.Proof()))))
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// confirmRefused opens the page in a frame once, to see the browser refuse it.
func (c *clicking) confirmRefused(ctx context.Context, cell finding.Cell, where string) (finding.Cell, error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	chrome, err := c.bench.Browser(ctx, cell.ThirdParty)
	if err != nil {
		return cell, notTestable("no browser: %v", err)
	}
	victim, err := chrome.Context(ctx, c.cookies())
	if err != nil {
		return cell, err
	}
	defer leave(victim)
	l := lured{clicking: c, where: where}
	tab, err := l.blank(ctx, victim)
	if err != nil {
		return cell, err
	}
	_, err = l.open(ctx, tab, attacker.FramePage{Width: frameWidth, Height: frameHeight, Disguise: attacker.Opacity,
		Steps: []attacker.FrameStep{{Target: c.clicks[0].Page}}})
	if err != nil {
		return cell, err
	}
	wait, stop := context.WithTimeout(ctx, afterClick)
	defer stop()
	if frame, err := tab.WaitFrame(wait, c.clicks[0].Page); err == nil && frame.Blocked {
		cell.By, cell.Why = "browser", cell.Why+" ("+frame.Why+")"
	}
	return cell, nil
}
