package prove

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/scope"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// A race is the attempt to have an action's one effect several times, by sending it
// several times at the same moment. What counts is what the state says: how often
// something that can be counted was done, in units of what one request does.
type race struct {
	bench  *Bench
	victim *identity.Session
	supply *supply
	oracle oracle
	noise  state.Noise
	latest state.Snapshot
	unit   state.Tally // what one request does and a second one does not
	sent   []int       // ledger entries that changed something
}

// The bounds of a race: how many volleys are tried, and how many are sent at once.
const (
	mostVolleys = 3
	mostAtOnce  = 10
)

// tryRace carries out a plan that sends one's own request several times at once.
func (b *Bench) tryRace(ctx context.Context, f finding.Finding, victim *identity.Session) (finding.Finding, error) {
	if destroys(f.Plan.Action) && !b.AllowDeletes || changesRights(f.Plan.Action) {
		return f, notTestable("not testable: the action destroys something or changes rights, which is not done several times")
	}
	r := &race{bench: b, victim: victim, supply: b.supplyOf(f.Plan.Action, victim)}
	f, err := r.run(ctx, f)
	r.settle(context.WithoutCancel(ctx))
	return f, err
}

func (r *race) run(ctx context.Context, f finding.Finding) (finding.Finding, error) {
	if err := r.prepare(ctx, &f); err != nil {
		return f, err
	}
	// One after the other, twice: what both rounds have in common is what one does.
	for range 2 {
		if err := r.inTurn(ctx, &f); err != nil {
			return f, err
		}
	}
	f.Proof.Controls = append(f.Proof.Controls, finding.Control{Name: "legitimate", Passed: true,
		Text: "sent twice in turn, for two fresh objects, the request had its effect once and the second was of none: " + r.unitText()})
	var won []int64
	for i := 0; i < mostVolleys && len(won) < 2; i++ {
		times, err := r.atOnce(ctx, &f, i+1)
		var no *errNotTestable
		if errors.As(err, &no) && len(won) > 0 {
			break // no further object could be had
		}
		if err != nil {
			return f, err
		}
		if times > 1 {
			won = append(won, times)
		}
	}
	if len(won) == 0 {
		return verdict(f, finding.Refuted, "sent at once for fresh objects, the request had its effect once each time, as it has when it is sent in turn"), nil
	}
	return r.judge(ctx, f, won)
}

// judge looks again what the request does in turn, and without a session.
func (r *race) judge(ctx context.Context, f finding.Finding, won []int64) (finding.Finding, error) {
	if len(won) < 2 {
		return f, stillSuspected("sent at once, the request had its effect %d times, but it was not seen to on a fresh object again", won[0])
	}
	if err := r.outsider(ctx, &f); err != nil {
		return f, err
	}
	if err := r.inTurn(ctx, &f); err != nil {
		var no *errNotTestable
		if errors.As(err, &no) {
			return f, stillSuspected("sent at once, the request had its effect %d and %d times; but in turn it was then not as before: %s", won[0], won[1], no.why)
		}
		return f, err
	}
	f.Proof.Controls = append(f.Proof.Controls, finding.Control{Name: "legitimate", Passed: true, Text: "sent twice in turn afterwards, for a fresh object, it had its effect once again"})
	return verdict(f, finding.Proven, fmt.Sprintf("sent at once, the request had its effect %d times for one object and %d times for another, which was re-read; sent in turn it has it once", won[0], won[1])), nil
}

// prepare finds where objects come from, and reads the idle state.
func (r *race) prepare(ctx context.Context, f *finding.Finding) error {
	if r.bench.isAlive(ctx, r.victim) != nil {
		if err := r.victim.Renew(ctx); err != nil {
			return notTestable("the session of %q was lost and could not be renewed: %v", r.victim.Name(), err)
		}
	}
	if err := r.supply.open(ctx, *f); err != nil {
		return err
	}
	r.oracle = oracle{r.bench.Readers}
	if len(r.bench.Readers) == 0 {
		r.oracle = r.bench.pages(r.victim, r.bench.readable(r.victim, f.Plan.Action, []string{f.Plan.Action.Page}))
	}
	f.Proof.Oracle = r.oracle.Name()
	first, err := r.oracle.Read(ctx)
	if err != nil {
		return err
	}
	if r.latest, err = r.oracle.Read(ctx); err != nil {
		return err
	}
	moving := r.bench.diff(first, r.latest)
	r.noise.Learn(moving)
	f.Proof.Controls = append(f.Proof.Controls, idleControl(moving))
	return nil
}

// inTurn sends the request for a fresh object twice, one after the other. The first
// has the one effect; the second has none of it, or there is no limit to pass.
func (r *race) inTurn(ctx context.Context, f *finding.Finding) error {
	s, err := r.fresh(ctx, *f)
	if err != nil {
		return err
	}
	first, a, err := r.once(ctx, f, s, r.victim, purposeLegitimate, s.asItStands(""))
	if err != nil {
		return err
	}
	done := state.Count(first)
	if len(done) == 0 {
		return notTestable("not observable: the request was answered %d, and nothing that can be counted shows its effect", a.status)
	}
	second, again, err := r.once(ctx, f, s, r.victim, purposeLegitimate, s.asItStands(""))
	if err != nil {
		return err
	}
	done = done.Without(state.Count(second))
	switch {
	case len(done) == 0:
		return notTestable("there is no limit to pass: sent a second time, the request has its effect again")
	case r.unit == nil:
		r.unit = done
		r.oracle = r.oracle.thatShow(first)
		r.latest = r.oracle.only(r.latest)
		f.Proof.Steps = append(f.Proof.Steps, finding.Step{Text: fmt.Sprintf("As %q, for an object of the scan's own, the request was sent twice in turn: answered %d, and then %d.", r.victim.Name(), a.status, again.status),
			Request: r.text(ctx, s), Answer: r.bench.answerText(a)})
	default:
		if r.unit = r.unit.Common(done); len(r.unit) == 0 {
			return notTestable("not observable: what the request does differs from one object to the next, so that several cannot be told from one")
		}
	}
	return nil
}

// atOnce sends the request for a fresh object several times at the same moment, and
// says how often it had its effect.
func (r *race) atOnce(ctx context.Context, f *finding.Finding, round int) (int64, error) {
	s, err := r.fresh(ctx, *f)
	if err != nil {
		return 0, err
	}
	held, n := r.bench.Grant.Together(ctx, min(max(f.Plan.Parallel, 2), mostAtOnce))
	if n < 2 {
		return 0, notTestable("not testable: the scan sends one request at a time")
	}
	fill, entries, answers := s.asItStands(""), make([]int, n), make([]answer, n)
	errs := make([]error, n)
	for i := range n {
		if entries[i], err = r.bench.Ledger.enter(f.ID, purposeRace, s.action.Endpoint()); err != nil {
			return 0, err
		}
	}
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { answers[i], errs[i] = r.send(held, s, r.victim, fill) })
	}
	wait.Wait()
	if err := errors.Join(errs...); ctx.Err() != nil || errors.Is(err, scope.ErrBudget) {
		return 0, err
	}
	changes, err := r.await(ctx)
	if err != nil {
		return 0, err
	}
	r.did(entries, changes)
	times := state.Count(changes).Times(r.unit)
	note := finding.Attempt{Variant: fmt.Sprintf("%d at once, round %d", n, round), Accepted: times > 1, By: "replay", Status: answers[0].status, Why: "the effect was there once, or not at all"}
	if times > 1 {
		note.Why = fmt.Sprintf("the effect was there %d times; answered %s", times, statusesOf(answers))
		if len(f.Proof.Changes) == 0 {
			f.Proof.Changes = redacted(r.counted(changes), r.bench.redact)
			f.Proof.Steps = append(f.Proof.Steps, finding.Step{Text: fmt.Sprintf("For a fresh object, the same request was sent %d times at once, held until all were ready.", n),
				Request: r.text(ctx, s), Answer: statusesOf(answers)})
		}
	}
	f.Proof.Attempts = append(f.Proof.Attempts, note)
	return times, nil
}

// outsider sends the request for a fresh object with a session that nobody gave out.
func (r *race) outsider(ctx context.Context, f *finding.Finding) error {
	s, err := r.fresh(ctx, *f)
	if err != nil {
		return err
	}
	changes, a, err := r.once(ctx, f, s, r.victim.Broken(), purposeBroken, s.asItStands(""))
	if err != nil {
		return err
	}
	worked := len(state.Count(changes).Common(r.unit)) > 0
	f.Proof.Controls = append(f.Proof.Controls, brokenControl(!worked, a.status))
	if worked {
		return needsNoSession()
	}
	r.supply.back(s)
	return nil
}

// fresh is an object that nothing was done with, and the state with it.
func (r *race) fresh(ctx context.Context, f finding.Finding) (*subject, error) {
	s, err := r.supply.next(ctx, f)
	if err != nil {
		return nil, err
	}
	r.latest, err = r.oracle.Read(ctx)
	return s, err
}

// once sends one request and gives what it changed.
func (r *race) once(ctx context.Context, f *finding.Finding, s *subject, who *identity.Session, purpose string, fill filling) ([]finding.Change, answer, error) {
	entry, err := r.bench.Ledger.enter(f.ID, purpose, s.action.Endpoint())
	if err != nil {
		return nil, answer{}, err
	}
	a, err := r.send(ctx, s, who, fill)
	if err != nil {
		return nil, a, err
	}
	changes, err := r.await(ctx)
	if err == nil {
		r.did([]int{entry}, changes)
	}
	return changes, a, err
}

func (r *race) send(ctx context.Context, s *subject, who *identity.Session, fill filling) (answer, error) {
	sub := s.submission(fill)
	request, err := sub.request(ctx)
	if err != nil {
		return answer{}, notTestable("the action cannot be written as a request: %v", err)
	}
	s.fromOwnPage(request, sub)
	return r.bench.do(who, request)
}

// await re-reads the state until something that can be counted shows, or for as long as
// a change may take, and a moment longer: the rest of it may be under way.
func (r *race) await(ctx context.Context) ([]finding.Change, error) {
	const moment = 150 * time.Millisecond
	for start, shown := time.Now(), false; ; {
		now, err := r.oracle.Read(ctx)
		if err != nil {
			return nil, err
		}
		changes := r.noise.Filter(r.bench.diff(r.latest, now))
		if shown || time.Since(start) >= longestLag {
			r.latest = now
			return changes, nil
		}
		shown = len(state.Count(changes)) > 0
		select {
		case <-time.After(moment):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
