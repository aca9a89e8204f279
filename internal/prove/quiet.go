package prove

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
)

// onlyRead are the weaknesses that are shown by asking, and by nothing that changes.
var onlyRead = []finding.Weakness{finding.AuthMissing, finding.AuthFunction, finding.AuthJWT, finding.BOLARead, finding.BOLAExistence, finding.PropertyExcess}

// Reads says whether an attempt on f only asks, with GET and over plain HTTP: such
// attempts do not disturb each other.
func Reads(f finding.Finding) bool {
	return f.Plan != nil && f.Plan.Kind == finding.PlanAccess && slices.Contains(onlyRead, f.Weakness) &&
		strings.EqualFold(f.Plan.Action.Method, http.MethodGet) && len(f.Plan.Messages) == 0
}

// A Quiet is a time in which nothing changes the target, so that attempts that only
// read can be made side by side. It has the Bench to itself until it ends.
type Quiet struct {
	bench *Bench
	since map[*identity.Session]time.Time // when those that ask had logged in
	lost  map[string]bool                 // identities whose session did not last

	mu       sync.Mutex
	troubled map[string]bool // attempts in which the target did not answer as it should, by attemptKey
}

// trouble is in the context of an attempt in a quiet time, to be set when the target
// had too much to do, or failed.
type trouble struct{}

func noteTrouble(ctx context.Context, status int) {
	if seen, ok := ctx.Value(trouble{}).(*atomic.Bool); ok && (status == http.StatusTooManyRequests || status >= http.StatusInternalServerError) {
		seen.Store(true)
	}
}

func attemptKey(f finding.Finding) string {
	return strings.Join([]string{f.ID, f.Plan.Victim, f.Plan.Intruder, f.Plan.Action.URL}, " ")
}

// Quieten begins a quiet time for attempts on findings that Reads says yes to. Whether
// their identities are logged in is asked once, here, and once more at the End.
func (b *Bench) Quieten(ctx context.Context, findings []finding.Finding) *Quiet {
	b.prepare()
	b.turn.Lock()
	q := &Quiet{bench: b, since: map[*identity.Session]time.Time{}, lost: map[string]bool{}, troubled: map[string]bool{}}
	for _, f := range findings {
		for _, name := range []string{f.Plan.Victim, f.Plan.Intruder} {
			s := b.victim(name)
			if s == nil || s.IsAnonymous() || !q.since[s].IsZero() || q.lost[name] {
				continue
			}
			if b.isAlive(ctx, s) != nil && s.Renew(ctx) != nil {
				q.lost[name] = true
				continue
			}
			q.since[s] = s.LoggedIn()
		}
	}
	b.trusted = map[*identity.Session]bool{}
	for s := range q.since {
		b.trusted[s] = true
	}
	q.collectPasses(ctx, findings)
	return q
}

// collectPasses gathers tokens beforehand, so that all are known to be secret.
func (q *Quiet) collectPasses(ctx context.Context, findings []finding.Finding) {
	for _, f := range findings {
		if s := q.bench.victim(f.Plan.Victim); f.Weakness == finding.AuthJWT && q.bench.trusted[s] && q.bench.passes[s.Name()] == nil {
			_, _ = q.bench.passesOf(ctx, s) // the attempt asks again and says why it cannot
		}
	}
}

// Attempt is Bench.Attempt for a finding that Reads says yes to; it may be called
// concurrently.
func (q *Quiet) Attempt(ctx context.Context, f finding.Finding) (finding.Finding, error) {
	if !q.bench.Grant.Active() {
		return verdict(f, finding.NotTestable, "the target may only be read: nothing was tried"), nil
	}
	if q.lost[f.Plan.Victim] || q.lost[f.Plan.Intruder] {
		return f, nil // Holds will say no
	}
	var seen atomic.Bool
	tried, err := q.bench.try(context.WithValue(ctx, trouble{}, &seen), f)
	if failed := err != nil && !errors.As(err, new(*errNotTestable)); failed || seen.Load() {
		q.mu.Lock()
		q.troubled[attemptKey(f)] = true
		q.mu.Unlock()
	}
	return q.bench.concluded(ctx, f, tried, err)
}

// End ends the quiet time. From then on Holds is known.
func (q *Quiet) End(ctx context.Context) {
	for s, since := range q.since {
		// Who had to log in again meanwhile was a stranger to the attempts before that.
		if !s.LoggedIn().Equal(since) || errors.Is(s.Alive(ctx), identity.ErrLost) {
			q.lost[s.Name()] = true
		}
	}
	q.bench.trusted = nil
	q.bench.turn.Unlock()
}

// Holds says, after the End, whether what came of an attempt counts. What was not
// proven does not if an identity lost its session, or if the target failed or had too
// much to do: then the attempt is to be made alone.
func (q *Quiet) Holds(tried finding.Finding) bool {
	return tried.State == finding.Proven || !q.troubled[attemptKey(tried)] && !q.lost[tried.Plan.Victim] && !q.lost[tried.Plan.Intruder]
}
