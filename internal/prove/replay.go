package prove

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// A replayed is what came of a forgery that our client sent as the victim's
// browser would have sent it.
type replayed struct {
	shown   []finding.Change
	answer  answer
	request *http.Request
	entry   int // of the ledger
}

// replay sends the forgery and re-reads the state.
func (s *subject) replay(ctx context.Context, f finding.Finding, fg forgery, by attacker.Vehicle, from policy.Origin, cookies, purpose string) (replayed, error) {
	out, err := s.load(ctx, f, fg, by, from, cookies, purpose)
	if err != nil {
		return replayed{}, err
	}
	if out.answer, err = s.bench.do(s.bench.Grant, out.request); err != nil {
		return replayed{}, err
	}
	if out.shown, _, err = s.await(ctx, s.witness, fg.marker, s.patience()); err != nil {
		return replayed{}, err
	}
	s.did(out.entry, out.shown)
	return out, nil
}

// load makes the request of a forgery with what a browser adds when a page of origin
// from sends it, the cookies that travel and its account of where it comes from, and
// enters it in the ledger. It is not sent yet.
func (s *subject) load(ctx context.Context, f finding.Finding, fg forgery, by attacker.Vehicle, from policy.Origin, cookies, purpose string) (replayed, error) {
	request, err := fg.sub.request(ctx)
	if err != nil {
		return replayed{}, notTestable("the forgery cannot be written as a request: %v", err)
	}
	sent := policy.Forge(fg.means(by, from, s.target))
	if !sent.Arrives {
		return replayed{}, impossible("a browser does not send it: %s", fg.whyNot(sent, from))
	}
	for name, text := range map[string]string{"Origin": sent.Origin, "Referer": sent.Referer, "Sec-Fetch-Site": sent.FetchSite,
		"Sec-Fetch-Mode": sent.FetchMode, "Sec-Fetch-Dest": sent.FetchDest, "Cookie": cookies} {
		if text != "" {
			request.Header.Set(name, text)
		}
	}
	request.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	entry, err := s.bench.Ledger.enter(f.ID, purpose, s.action.Endpoint())
	if err != nil {
		return replayed{}, err
	}
	s.remember(fg.marker)
	return replayed{request: request, entry: entry}, nil
}

// A stance is a place to attack from, and how the forgery is carried there.
type stance struct {
	from   finding.From
	origin policy.Origin
	where  string // as the attacker's site publishes it
	by     attacker.Vehicle
	ride   ride
}

// stances are the ways to send a forgery whose requests differ: from each
// attacker's place, by the first vehicle that takes a session cookie along. Those
// where none travels are left out; stay says why.
func (s *subject) stances(fg forgery, p finding.Position) (ways []stance, stay string) {
	order, origins := s.bench.froms(s.target)
	for _, from := range order {
		if fg.variant.Origin == finding.OriginSibling && from == finding.CrossSite {
			continue
		}
		p.From = from
		st, why := s.stanceAt(fg, p, origins[from])
		if why != "" {
			stay = why
			continue
		}
		ways = append(ways, st)
	}
	return ways, stay
}

func (s *subject) stanceAt(fg forgery, p finding.Position, where string) (stance, string) {
	if fg.variant.Origin == finding.OriginSuffix {
		if p.From != finding.CrossSite {
			return stance{}, "a host that only looks like the target's is another site"
		}
		where = likeTarget(s.target)
	}
	where = showingOrigin(fg.variant, where, s.target)
	origin := s.bench.originAt(where)
	stay := ""
	var best stance
	for _, by := range fg.vehicles {
		initiator := origin
		if fg.variant.Origin == finding.OriginNull {
			initiator = policy.Opaque
		}
		if sent := policy.Forge(fg.means(by, origin, s.target)); !sent.Arrives {
			stay = fg.whyNot(sent, origin)
			continue
		}
		r := rideOf(s.victim, fg.sub.address(), fg.sub.method, kindOf(by), initiator, p)
		if !r.carried {
			if stay == "" {
				stay = r.why()
			}
			continue
		}
		if best.by == "" || len(r.names) > len(best.ride.names) {
			best = stance{from: p.From, origin: origin, where: where, by: by, ride: r}
		}
	}
	if best.by == "" {
		return stance{}, stay
	}
	return best, ""
}

// showingOrigin has the attacker on plain http where the target is: a form that an
// https page sends to an http address shows the Origin null (Fetch, section 3.2),
// and what a variant shows is to be that variant's doing.
func showingOrigin(v finding.Variant, where string, target policy.Origin) string {
	if rest, ok := strings.CutPrefix(where, "https://"); ok && v.Origin == finding.OriginForeign && target.Scheme() == "http" {
		return "http://" + rest
	}
	return where
}

// likeTarget is an attacker's host that begins with the target's, for defences
// that compare beginnings.
func likeTarget(target policy.Origin) string {
	return target.Scheme() + "://" + strings.Trim(target.Host(), "[]") + ".attacker.example"
}

// prepare makes the first forgery of a variant and finds the stances to send it from
// whose requests differ; none, with a note, if it cannot be sent.
func (s *subject) prepare(ctx context.Context, f *finding.Finding, v finding.Variant) (forgery, []stance, error) {
	fg, err := s.forge(ctx, v)
	var no *errNotTestable
	if errors.As(err, &no) {
		s.note(f, v, false, 0, no.why)
		if !no.impossible {
			s.untried++
		}
		return fg, nil, nil
	}
	if err != nil {
		return fg, nil, err
	}
	ways, stay := s.stances(fg, finding.Position{Cookie: finding.Fresh, ThirdParty: finding.ThirdPartyAllowed})
	if len(ways) == 0 {
		s.note(f, v, false, 0, stay)
	}
	done := map[string]bool{}
	return fg, slices.DeleteFunc(ways, func(way stance) bool {
		// Two places on the target's own site send the same cookies; what is left of
		// a difference, the Origin, the browser tries.
		key := way.ride.header + " " + string(siteOf(way.from))
		known := done[key]
		done[key] = true
		return known
	}), nil
}

// tryVariant replays one variant from each stance until one is accepted.
func (s *subject) tryVariant(ctx context.Context, f *finding.Finding, v finding.Variant) (accepted *trial, err error) {
	fg, ways, err := s.prepare(ctx, f, v)
	if err != nil {
		return nil, err
	}
	var no *errNotTestable
	for i, way := range ways {
		if i > 0 {
			if fg, err = s.forge(ctx, v); err != nil {
				return nil, err
			}
		}
		r, err := s.replay(ctx, *f, fg, way.by, way.origin, way.ride.header, purposeForged)
		if errors.As(err, &no) {
			s.note(f, v, false, 0, no.why)
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(r.shown) > 0 {
			s.note(f, v, true, r.answer.status, fmt.Sprintf("sent as from %s; the marker was re-read", way.origin))
			return &trial{variant: v, first: way, forgery: fg, replayed: r}, nil
		}
		s.note(f, v, false, r.answer.status, fmt.Sprintf("sent as from %s; nothing changed", way.origin))
	}
	return nil, nil
}

func siteOf(from finding.From) finding.From {
	if from == finding.OtherPort {
		return finding.Sibling
	}
	return from
}

// A trial is a variant that the target accepted in a replay.
type trial struct {
	variant  finding.Variant
	first    stance
	forgery  forgery
	replayed replayed
}

func (s *subject) note(f *finding.Finding, v finding.Variant, accepted bool, status int, why string) {
	f.Proof.Attempts = append(f.Proof.Attempts, finding.Attempt{
		Variant: v.Name, Accepted: accepted, By: "replay", Status: status, Why: s.bench.redact(why),
	})
}

// brokenControl sends an accepted forgery once more with a session that no server
// gave out. If that works too, the endpoint needs no session at all.
func (s *subject) brokenControl(ctx context.Context, f *finding.Finding, t *trial) error {
	fg, err := s.forge(ctx, t.variant)
	if err != nil {
		return err
	}
	broken := s.victim.Broken()
	r := rideOf(broken, fg.sub.address(), fg.sub.method, kindOf(t.first.by), t.first.origin,
		finding.Position{From: t.first.from, Cookie: finding.Fresh, ThirdParty: finding.ThirdPartyAllowed})
	out, err := s.replay(ctx, *f, fg, t.first.by, t.first.origin, r.header, purposeBroken)
	if err != nil {
		return err
	}
	s.spoil()
	control := finding.Control{Name: "broken-session", Passed: len(out.shown) == 0,
		Text: fmt.Sprintf("the same forgery with session cookies that mean nothing was answered %d and changed nothing", out.answer.status)}
	if !control.Passed {
		control.Text = "the same forgery with session cookies that mean nothing changed the state too"
	}
	f.Proof.Controls = append(f.Proof.Controls, control)
	if !control.Passed {
		return notTestable("the endpoint does this without any session: authentication is missing, which is worse than and different from a forged request")
	}
	return nil
}
