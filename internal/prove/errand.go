package prove

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/policy"
)

// An errand is what a foreign page goes on for something of the victim's: the same
// question from every place whose answer may differ, first as the victim's browser
// would put it, then in a real one.
type errand struct {
	bench   *Bench
	victim  *identity.Session
	target  policy.Origin
	address string // as http or https
	kind    policy.Kind

	// try asks outside the browser with the cookies that would travel.
	try func(ctx context.Context, from outpost, cookies string) (outcome, error)
	// act opens the attacker's page in a browser of the victim's and says what came of
	// it; the first proof is recorded.
	act func(ctx context.Context, run foray) (finding.Cell, error)

	accepted []outposted
	tried    int
	stay     map[finding.From]string // why nothing was asked from there
}

// An outcome is what one question was answered.
type outcome struct {
	accepted bool
	status   int
	why      string
}

type outposted struct {
	variant finding.Variant
	post    outpost
}

// A foray is one run in the browser.
type foray struct {
	outposted
	at    finding.Position
	ride  ride
	first bool // nothing was proven yet, so that this run is told of
}

// run tries the plan's variants and gives the verdict. Refused says in words that
// nothing was accepted.
func (e *errand) run(ctx context.Context, f finding.Finding, refused string) (finding.Finding, error) {
	e.stay = map[finding.From]string{}
	for _, v := range f.Plan.Variants {
		if err := e.tryVariant(ctx, &f, v); err != nil {
			return f, err
		}
	}
	if len(e.accepted) == 0 {
		return e.refuted(f, refused)
	}
	if e.bench.Browser == nil || e.bench.Evil == nil {
		return f, stillSuspected("%q is accepted when it is asked as a browser would, and there is no browser to show it in", e.accepted[0].variant.Name)
	}
	proven, err := e.inBrowser(ctx, &f)
	if err != nil || proven {
		return f, err
	}
	return verdict(f, finding.Suspected, fmt.Sprintf("%q is accepted when it is asked as a browser would, but no browser that was tried got anything", e.accepted[0].variant.Name)), nil
}

// tryVariant asks from each of a variant's places, in the position most favourable
// to the attacker.
func (e *errand) tryVariant(ctx context.Context, f *finding.Finding, v finding.Variant) error {
	for _, post := range e.bench.outposts(e.target, v) {
		favourable := finding.Position{From: post.from, Cookie: finding.Fresh, ThirdParty: finding.ThirdPartyAllowed}
		r := rideOf(e.victim, e.address, "GET", e.kind, post.origin, favourable)
		cookies := r.header
		if post.unreal {
			cookies = e.victim.CookieHeader(e.address) // what the server compares is asked, not what a browser does
		} else if !r.carried {
			e.stay[post.from] = r.why()
			continue
		}
		out, err := e.try(ctx, post, cookies)
		if err != nil {
			return err
		}
		e.tried++
		why := out.why
		if post.unreal {
			why += "; no page of an attacker has that origin"
		}
		f.Proof.Attempts = append(f.Proof.Attempts, finding.Attempt{Variant: v.Name, Accepted: out.accepted, By: "replay", Status: out.status, Why: e.bench.redact(why)})
		if out.accepted && !post.unreal {
			e.accepted = append(e.accepted, outposted{v, post})
		}
	}
	return nil
}

func (e *errand) refuted(f finding.Finding, refused string) (finding.Finding, error) {
	why := refused
	if e.tried == 0 {
		why = "no foreign page can bring the victim's session along"
		for _, stay := range e.stay {
			why += ": " + stay
			break
		}
	}
	f = verdict(f, finding.Refuted, why)
	order, _ := e.bench.froms(e.target)
	for _, p := range positions(order) {
		cell := finding.Cell{Position: p, State: finding.Refuted, By: "replay", Why: why}
		if stay := e.stay[p.From]; stay != "" {
			cell.By, cell.Why = "model", stay
		}
		f.Vector = append(f.Vector, cell)
	}
	return f, nil
}

// inBrowser runs what was accepted in a real browser, once from every position whose
// outcome may differ, and fills in the vector.
func (e *errand) inBrowser(ctx context.Context, f *finding.Finding) (bool, error) {
	order, _ := e.bench.froms(e.target)
	runs := map[string]finding.Cell{}
	proven := false
	for _, p := range positions(order) {
		cell, err := e.cellAt(ctx, p, runs, !proven)
		if err != nil {
			return false, err
		}
		proven = proven || cell.State == finding.Proven
		f.Vector = append(f.Vector, cell)
	}
	if !proven {
		return false, nil
	}
	f.State = finding.Proven
	return true, nil
}

// cellAt is the verdict for one position: that of the first accepted variant that
// works from there.
func (e *errand) cellAt(ctx context.Context, p finding.Position, runs map[string]finding.Cell, first bool) (finding.Cell, error) {
	cell := finding.Cell{Position: p, State: finding.Refuted, By: "replay", Why: "the target turns away every origin that an attacker can have there"}
	if stay := e.stay[p.From]; stay != "" {
		cell.By, cell.Why = "model", stay
	}
	for _, o := range e.accepted {
		if o.post.from != p.From {
			continue
		}
		r := rideOf(e.victim, e.address, "GET", e.kind, o.post.origin, p)
		if !r.carried {
			cell = finding.Cell{Position: p, State: finding.Refuted, By: "model", Why: r.why()}
			continue
		}
		key := strings.Join([]string{o.variant.Name, string(p.From), r.header, thirdPartyOfKey(p)}, " ")
		if known, done := runs[key]; done {
			if cell = sameAs(known, p); cell.State == finding.Proven {
				return cell, nil
			}
			continue
		}
		var err error
		if cell, err = e.bounded(ctx, foray{o, p, r, first}); err != nil {
			return cell, err
		}
		runs[key] = cell
		if cell.State == finding.Proven {
			return cell, nil
		}
	}
	return cell, nil
}

// thirdPartyOfKey keeps the settings apart where they make a difference.
func thirdPartyOfKey(p finding.Position) string {
	if p.From != finding.CrossSite {
		return ""
	}
	return string(p.ThirdParty)
}

func (e *errand) bounded(ctx context.Context, run foray) (finding.Cell, error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	return e.act(ctx, run)
}

// A stage is a browser of the victim's with the attacker's page in it.
type stage struct {
	chrome *browser.Browser
	tab    *browser.Page
	leave  func()
}

// visit has the victim's browser open a page of the attacker's.
func (e *errand) visit(ctx context.Context, run foray, address string) (stage, error) {
	chrome, err := e.bench.Browser(ctx, run.at.ThirdParty)
	if err != nil {
		return stage{}, notTestable("no browser could be started: %v", err)
	}
	var cookies []browser.Cookie
	for _, set := range e.victim.Cookies() {
		cookies = append(cookies, browser.Cookie{Line: set.Line, URL: set.URL})
	}
	victim, err := chrome.Context(ctx, cookies)
	if err != nil {
		return stage{}, err
	}
	tab, err := victim.Open(ctx, address)
	if err != nil {
		leave(victim)
		var failed *browser.NavigationError
		if errors.As(err, &failed) {
			return stage{}, notTestable("the attacker's page did not open in the browser: %v", err)
		}
		return stage{}, err
	}
	return stage{chrome, tab, func() { leave(victim) }}, nil
}

// jsonText is a list as a script writes it.
func jsonText(list []string) string {
	b, err := json.Marshal(list)
	if err != nil {
		return "[]" // cannot happen: strings always encode
	}
	return string(b)
}
