package prove

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
)

// tryForge carries out a plan that forges a request.
func (b *Bench) tryForge(ctx context.Context, f finding.Finding, victim *identity.Session) (finding.Finding, error) {
	a := f.Plan.Action
	if b.plain[f.Endpoint.String()] && slices.Contains(gaps, f.Weakness) {
		return f, notTestable("nothing more was tried: the endpoint takes forged requests as they are, so no defence of it can have a gap")
	}
	if !victim.Ambient() {
		return verdict(f, finding.Refuted, fmt.Sprintf("nothing can be forged as %q: no browser adds its credentials by itself", victim.Name())), nil
	}
	if cookies, _ := victim.SessionCookies(); len(cookies) == 0 {
		return f, stillSuspected("the session of %q is HTTP authentication, which a browser sends along by itself; that was not tried in one", victim.Name())
	}
	if why, err := b.nobodyMay(ctx, f.Plan); err != nil || why != "" {
		return verdict(f, finding.Refuted, why), err
	}
	s, err := b.subjectOrCanary(ctx, f, a, victim)
	if s != nil {
		f.Proof.Oracle, f.Proof.Controls, f.Proof.Steps = s.oracle.Name(), s.controlsSoFar(), s.storySoFar()
	}
	if err != nil {
		if s != nil {
			_ = s.restore(context.WithoutCancel(ctx)) // as below
		}
		if a.Bearer {
			return verdict(f, finding.Refuted, "the request is authorised by a header that no browser adds by itself; with the session cookie alone it was not done"), nil
		}
		return f, err
	}
	f, err = s.attack(ctx, f)
	if isPlain(f) {
		b.plain[f.Endpoint.String()] = true
	}
	// How the undoing went is in the ledger; it does not change the verdict.
	_ = s.restore(context.WithoutCancel(ctx))
	return f, err
}

// gaps are weaknesses of a defence. Where a forged request was proven that got
// around none, they say nothing, and would only cost the target more changes.
var gaps = []finding.Weakness{finding.CSRFOriginCheck, finding.CSRFTokenUnbound, finding.CSRFTokenBeforeLogin, finding.CSRFTokenConstant, finding.CSRFSameSiteOnly}

// isPlain says whether f shows that any site can forge the request.
func isPlain(f finding.Finding) bool {
	return f.Weakness == finding.CSRF && f.State == finding.Proven && slices.ContainsFunc(f.Vector, func(c finding.Cell) bool {
		return c.From == finding.CrossSite && c.State == finding.Proven
	})
}

// attack tries the variants in order until the browser has proven one.
func (s *subject) attack(ctx context.Context, f finding.Finding) (finding.Finding, error) {
	var best *trial
	s.untried = 0
	for i, v := range f.Plan.Variants {
		if i == s.firstVolley() && best == nil && s.volleys() {
			refused, err := s.volley(ctx, &f, f.Plan.Variants[i:])
			if err != nil {
				return f, err
			}
			if refused {
				break
			}
		}
		t, err := s.tryVariant(ctx, &f, v)
		if err != nil {
			return f, err
		}
		if t == nil {
			continue
		}
		if best == nil {
			if err := s.brokenControl(ctx, &f, t); err != nil {
				return f, err
			}
			best = t
		}
		proven, err := s.inBrowser(ctx, &f, t)
		if err != nil {
			return s.replayOnly(f, t, err)
		}
		if proven {
			return f, nil
		}
	}
	if best != nil {
		return verdict(f, finding.Suspected, fmt.Sprintf("%q is accepted when it is replayed with the victim's cookies, but no browser that was tried carried it out", best.variant.Name)), nil
	}
	return s.refuted(f)
}

// replayOnly is the verdict where a variant is accepted and no browser can show it.
func (s *subject) replayOnly(f finding.Finding, t *trial, err error) (finding.Finding, error) {
	var no *errNotTestable
	if !errors.As(err, &no) {
		return f, err
	}
	f.Proof.Marker, f.Proof.Changes = t.forgery.marker.shown(s.witness), redacted(t.replayed.shown, s.bench.redact)
	return verdict(f, finding.Suspected, fmt.Sprintf("%q is accepted when it is replayed as a browser would send it, but it was not shown in one: %s", t.variant.Name, no.why)), nil
}

// refuted is the verdict after every variant was tried without effect.
func (s *subject) refuted(f finding.Finding) (finding.Finding, error) {
	tried, why := 0, ""
	for _, a := range f.Proof.Attempts {
		if a.Status != 0 {
			tried++
		}
		why = a.Why
	}
	switch {
	case len(f.Proof.Attempts) == 0:
		return f, notTestable("the plan names no variant to try")
	case tried == 0 && s.untried > 0:
		return f, notTestable("not testable: %s", why)
	case tried == 0:
		f = verdict(f, finding.Refuted, "no variant can reach the target with the victim's session: "+why)
	default:
		f = verdict(f, finding.Refuted, fmt.Sprintf("%d forged requests were sent as the victim's browser would send them, and none changed anything, while the legitimate one did", tried))
	}
	order, _ := s.bench.froms(s.target)
	for _, p := range positions(order) {
		f.Vector = append(f.Vector, finding.Cell{Position: p, State: finding.Refuted, By: "replay", Why: f.Why})
	}
	return f, nil
}

// shown is the part of the marker that the witness is about.
func (m marker) shown(w witness) string {
	switch w.kind {
	case byText, byVanishing:
		return m.text
	case byAmount:
		return m.amount
	}
	return ""
}

func (s *subject) controlsSoFar() []finding.Control {
	return append([]finding.Control{}, s.controls...)
}
func (s *subject) storySoFar() []finding.Step { return append([]finding.Step{}, s.story...) }
