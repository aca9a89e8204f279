package prove

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/policy"
)

// A call is the proof that a page acts on messages of a foreign one.
type call struct {
	*errand
	finding *finding.Finding
	effect  *effect
	// secrets are what a page that reads as the victim shows the victim alone: an
	// answer that holds one gives it away.
	secrets []secret
}

// tryMessage carries out a plan that posts messages to a page of the target.
func (b *Bench) tryMessage(ctx context.Context, f finding.Finding, victim *identity.Session) (finding.Finding, error) {
	f.Proof.Oracle = "http"
	if b.Browser == nil || b.Evil == nil {
		return f, stillSuspected("messages between windows can only be tried in a browser, and there is none")
	}
	e, err := b.errandFor(f, victim, policy.TopLevelNavigation)
	if err != nil {
		return f, err
	}
	c := &call{errand: e, finding: &f}
	expected := slices.ContainsFunc(f.Plan.Messages, func(m string) bool { return strings.Contains(m, finding.MarkerSlot) })
	if c.effect, err = b.effectOf(victim, f, expected); err != nil {
		return f, err
	}
	defer c.undo(context.WithoutCancel(ctx))
	if c.secrets, err = b.shownOnly(ctx, victim, e.address); err != nil {
		return f, err
	}
	if err := c.effect.learn(ctx, c.fromOwnPage); err != nil {
		return f, err
	}
	f.Proof.Controls = append(f.Proof.Controls, c.effect.controls()...)
	order, _ := b.froms(e.target)
	for _, p := range positions(order) {
		if p.ThirdParty == finding.ThirdPartyBlocked {
			continue // a window of its own is no third party
		}
		cell, err := c.cellAt(ctx, p, f.Vector)
		if err != nil {
			return f, err
		}
		f.Vector = append(f.Vector, cell)
	}
	return c.verdict(f)
}

// shownOnly are the secrets of the page and of what else the victim reads.
func (b *Bench) shownOnly(ctx context.Context, victim *identity.Session, address string) ([]secret, error) {
	var scratch finding.Finding
	scratch.Proof = &finding.Proof{}
	var all []secret
	for _, place := range append([]string{address}, b.readable(victim, finding.Action{URL: address}, nil)...) {
		if len(all) >= 3*mostSecrets {
			break
		}
		found, err := b.secretsAt(ctx, &scratch, victim, place)
		if err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			continue // a page that cannot be read shows nothing to look for
		}
		for _, s := range found {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all, nil
}

func (c *call) messages(text string) []string { return filledMessages(c.finding.Plan.Messages, text) }

// fromOwnPage has the page post the messages to itself, as one of the application's
// own would.
func (c *call) fromOwnPage(ctx context.Context, text string) error {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	p := finding.Position{From: finding.CrossSite, Cookie: finding.Fresh, ThirdParty: finding.ThirdPartyAllowed}
	s, err := c.visit(ctx, foray{at: p}, c.address)
	if err != nil {
		return err
	}
	defer s.leave()
	for _, m := range c.messages(text) {
		if json.Valid([]byte(m)) {
			if err := s.tab.Eval(ctx, "void window.postMessage("+m+", '*')", nil); err != nil {
				return notTestable("a message could not be posted in the page: %v", err)
			}
		}
	}
	return s.tab.Settle(ctx)
}

// cellAt runs one position, unless the same was run before.
func (c *call) cellAt(ctx context.Context, p finding.Position, done []finding.Cell) (finding.Cell, error) {
	posts := c.bench.outposts(c.target, finding.Variant{})
	i := slices.IndexFunc(posts, func(o outpost) bool { return o.from == p.From })
	r := rideOf(c.victim, c.address, "GET", policy.TopLevelNavigation, posts[i].origin, p)
	if !r.carried {
		return finding.Cell{Position: p, State: finding.Refuted, By: "model", Why: r.why()}, nil
	}
	for _, known := range done {
		if known.From == p.From && known.By == "browser" {
			return sameAs(known, p), nil
		}
	}
	first := !slices.ContainsFunc(done, func(k finding.Cell) bool { return k.State == finding.Proven })
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	return c.inPage(ctx, foray{outposted{finding.Variant{Name: "posted by a page of another origin"}, posts[i]}, p, r, first})
}

func (c *call) inPage(ctx context.Context, run foray) (finding.Cell, error) {
	cell := finding.Cell{Position: run.at, State: finding.Refuted, By: "browser"}
	mark := newText()
	spy := attacker.Spy{Window: c.address, Say: c.messages(mark)}
	page := c.bench.Evil.PublishOn(run.post.where, spy.Document())
	s, err := c.visit(ctx, run, page)
	if err != nil {
		return cell, err
	}
	defer s.leave()
	if clicked, err := s.tab.ClickOn(ctx, attacker.Button); err != nil || !clicked {
		cell.Why = "the attacker's page could not be clicked"
		return cell, err
	}
	haul, err := c.bench.Evil.WaitHaul(ctx, page)
	if err != nil {
		haul.Error = "it was not done in time"
	}
	shown, err := c.effect.look(ctx, mark, purposeForged)
	if err != nil {
		return cell, err
	}
	got := taken(c.secrets, strings.Join(haul.Got, "\n"))
	switch {
	case len(got) > 0:
		cell.State, cell.Why = finding.Proven, "the page answered with what only the victim is shown"
	case len(shown) > 0:
		cell.State, cell.Why = finding.Proven, "the page did what the message said, and the change was re-read"
	case !haul.Opened:
		cell.Why = "no window could be held: " + haul.Error
	default:
		cell.Why = "the messages were posted, and nothing changed or came back"
	}
	proof := c.finding.Proof
	proof.Attempts = append(proof.Attempts, finding.Attempt{Variant: run.variant.Name, Accepted: cell.State == finding.Proven, By: "browser",
		Why: fmt.Sprintf("from %s: %s", run.post.origin, cell.Why)})
	if run.first && cell.State == finding.Proven {
		c.record(ctx, run, s, spy, haul, got, shown, mark)
	}
	return cell, nil
}

func (c *call) record(ctx context.Context, run foray, s stage, spy attacker.Spy, haul attacker.Haul, got []secret, shown []finding.Change, mark string) {
	proof := c.finding.Proof
	proof.Browser, proof.Profile = s.chrome.Version(), "third-party cookies "+string(run.at.ThirdParty)
	proof.Reads, proof.Changes = c.bench.reads(got), redacted(shown, c.bench.redact)
	proof.Steps = append(proof.Steps,
		finding.Step{Text: fmt.Sprintf("The victim %q, logged in, opens a page of the attacker at %s (%s) and clicks its button.", c.victim.Name(), run.post.origin, run.post.from)},
		finding.Step{Text: "The click opens " + c.bench.redact(c.address) + " in a window, with the victim's session, and the attacker's page posts to it:",
			Request: clip(c.bench.redact(strings.Join(spy.Say, "\n")))})
	if len(got) > 0 {
		proof.Steps = append(proof.Steps, finding.Step{Text: "The page answers, and the attacker's page receives (values that only the victim is shown are hidden here):",
			Answer: clip(c.bench.veil(strings.Join(haul.Got, "\n"), c.secrets))})
	}
	proof.Files = append(proof.Files, c.exhibits(ctx, s, spy, got)...)
	if len(shown) > 0 {
		proof.Marker = mark
		proof.Steps = append(proof.Steps, finding.Step{Text: "The state is re-read: " + describe(proof.Changes)})
		proof.Files = append(proof.Files, c.effect.after(ctx, s, shown)...)
	}
}

func (c *call) verdict(f finding.Finding) (finding.Finding, error) {
	from := provenFrom(f.Vector)
	if len(from) == 0 {
		why := "messages of a foreign page were posted to the page in a real browser, and nothing changed or came back"
		if !c.effect.known {
			return f, stillSuspected("%s; what the page's own messages do is not seen either, so that this says little", why)
		}
		return verdict(f, finding.Refuted, why), nil
	}
	what := "changed its data"
	if len(f.Proof.Reads) > 0 {
		what = "was told what is its own"
	}
	return verdict(f, finding.Proven, fmt.Sprintf("a page of the attacker (%s) posted messages to the page of %q in a real browser and %s", strings.Join(from, ", "), c.victim.Name(), what)), nil
}

func (c *call) undo(ctx context.Context) { c.effect.undo(ctx, c.fromOwnPage) }
