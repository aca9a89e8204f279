package prove

import (
	"context"
	"fmt"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
)

// inPage has the attacker's page open the socket in a browser of the victim's.
func (t *tap) inPage(ctx context.Context, run foray) (finding.Cell, error) {
	cell := finding.Cell{Position: run.at, State: finding.Refuted, By: "browser"}
	mark := newText()
	spy := attacker.Spy{Socket: t.finding.Plan.Action.URL, Say: t.say(mark), Expect: t.expect, Sandboxed: run.post.sandboxed}
	page := t.bench.Evil.PublishOn(run.post.where, spy.Document())
	s, err := t.visit(ctx, run, page)
	if err != nil {
		return cell, err
	}
	defer s.leave()
	haul, err := t.bench.Evil.WaitHaul(ctx, page)
	if err != nil {
		haul.Error = "it was not done in time"
	}
	shown, err := t.effect.look(ctx, mark, purposeForged)
	if err != nil {
		return cell, err
	}
	got := taken(t.secrets, strings.Join(haul.Got, "\n"))
	cell.Why = saidOf(haul, got, shown)
	if len(got) > 0 || len(shown) > 0 {
		cell.State = finding.Proven
	}
	handshake := handshakeOf(s.tab, t.finding.Plan.Action.URL)
	t.finding.Proof.Attempts = append(t.finding.Proof.Attempts, finding.Attempt{Variant: run.variant.Name, Accepted: cell.State == finding.Proven, By: "browser",
		Status: handshake.Status, Why: fmt.Sprintf("from %s, third-party cookies %s: %s", run.post.origin, run.at.ThirdParty, cell.Why)})
	if run.first && cell.State == finding.Proven {
		t.record(ctx, run, s, spy, haul, handshake, got, shown, mark)
	}
	return cell, nil
}

func saidOf(haul attacker.Haul, got []secret, shown []finding.Change) string {
	switch {
	case len(got) > 0 && len(shown) > 0:
		return "the page received " + got[0].where + ", and what it sent changed the state"
	case len(got) > 0:
		return "the page received, in " + got[0].where + ", what only the victim is told"
	case len(shown) > 0:
		return "what the page sent changed the state"
	case haul.Opened:
		return "the socket opened, and nothing of the victim's came over it"
	}
	return "the socket did not open: " + haul.Error
}

// handshakeOf is the socket as the browser saw it, zero if it saw none.
func handshakeOf(tab *browser.Page, address string) browser.Socket {
	for _, s := range tab.Sockets() {
		if s.URL == address {
			return s
		}
	}
	return browser.Socket{}
}

func (t *tap) record(ctx context.Context, run foray, s stage, spy attacker.Spy, haul attacker.Haul, handshake browser.Socket, got []secret, shown []finding.Change, mark string) {
	proof := t.finding.Proof
	proof.Browser, proof.Profile = s.chrome.Version(), "third-party cookies "+string(run.at.ThirdParty)
	proof.Reads, proof.Changes = t.bench.reads(got), redacted(shown, t.bench.redact)
	proof.Steps = append(proof.Steps,
		finding.Step{Text: fmt.Sprintf("The victim %q, logged in, opens a page of the attacker at %s (%s).", t.victim.Name(), run.post.origin, run.post.from)},
		finding.Step{Text: "The page opens the WebSocket (" + run.variant.Name + "); the browser adds the session's cookie.",
			Request: t.bench.handshakeText(handshake), Answer: fmt.Sprintf("%d", handshake.Status)})
	if len(spy.Say) > 0 {
		proof.Steps = append(proof.Steps, finding.Step{Text: "The page sends over it:", Request: clip(t.bench.redact(strings.Join(spy.Say, "\n")))})
	}
	if len(haul.Got) > 0 {
		proof.Steps = append(proof.Steps, finding.Step{Text: "The page receives, and hands to the attacker's server (values that only the victim is shown are hidden here):",
			Answer: clip(t.bench.veil(strings.Join(haul.Got, "\n"), t.secrets))})
	}
	proof.Files = append(proof.Files, t.exhibits(ctx, s, spy, got)...)
	if len(shown) > 0 {
		proof.Marker = mark
		proof.Steps = append(proof.Steps, finding.Step{Text: "The state is re-read: " + describe(proof.Changes)})
		proof.Files = append(proof.Files, t.effect.after(ctx, s, shown)...)
	}
}

// after is the page of the application that shows what was changed.
func (e *effect) after(ctx context.Context, s stage, shown []finding.Change) []finding.File {
	address := e.pageOf(shown)
	if address == "" || s.tab.Goto(ctx, address) != nil {
		return nil
	}
	png, err := s.tab.Screenshot(ctx)
	if err != nil {
		return nil
	}
	return []finding.File{file("after.png", "screenshot-after", "the application after the attack, as the victim sees it", png)}
}

// handshakeText is a handshake as the browser sent it, redacted.
func (b *Bench) handshakeText(s browser.Socket) string {
	var text strings.Builder
	fmt.Fprintf(&text, "GET %s\n", s.URL)
	for _, name := range []string{"Origin", "Upgrade"} {
		if v := s.Header(name); v != "" {
			fmt.Fprintf(&text, "%s: %s\n", name, v)
		}
	}
	if cookie := s.Header("Cookie"); cookie != "" {
		for _, pair := range b.Grant.Redactor().Header(map[string][]string{"Cookie": {cookie}}).Values("Cookie") {
			fmt.Fprintf(&text, "Cookie: %s\n", pair)
		}
	}
	return clip(b.redact(text.String()))
}
