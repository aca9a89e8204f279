package prove

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/scope"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// A Bench is what it takes to carry out plans against one target. Its exported
// fields are set once, before the first Attempt. It is safe for concurrent use;
// attempts take turns.
type Bench struct {
	Grant *scope.Grant
	// Victim gives the session of an identity by name, nil if there is none; the
	// empty name is the anonymous visitor.
	Victim func(name string) *identity.Session
	// Attacker is a session of the attacker's own: a second identity or an
	// anonymous visitor. Without one, tokens of another session are not tried.
	Attacker *identity.Session
	// AttackerLogin is how the attacker's own identity logs in with a form, for
	// login forgery; nil if there is no such identity.
	AttackerLogin *identity.Spec
	// Site is what was seen of the target; it helps to find where an effect shows.
	// Nil is a site of which nothing was seen.
	Site *observe.Site
	// Readers re-read the target's state from elsewhere than its pages (its
	// database). Without any, and where they show nothing, pages are read as the victim.
	Readers []state.Reader
	// Browser gives the running browser whose profile has that setting for
	// third-party cookies. Nil, or an error, means that there is none.
	Browser func(context.Context, finding.ThirdParty) (*browser.Browser, error)
	// Evil is the attacker's web site, which those browsers can reach. Nil if there
	// is no browser.
	Evil *attacker.Site
	// Log hears of progress and Skip of what could not be looked at; either may be nil.
	Log  func(finding.Progress)
	Skip func(finding.Skip)
	// Ledger keeps what was changed; nil makes one.
	Ledger *Ledger
	// MaxMutations bounds the requests sent to change the target; 0 is
	// DefaultMutations or more. It only counts for a ledger made by the Bench.
	MaxMutations int
	// AllowDeletes lets destructive actions be tried on what the target held before
	// the scan. Otherwise they are only aimed at objects made for the purpose.
	AllowDeletes bool

	guided  sync.Once
	guiding *guide

	turn     sync.Mutex
	once     sync.Once
	subjects map[string]*subject
	order    []*subject
	outset   state.Snapshot // read by Watch; nil if nobody watches
	idle     state.Noise
	knowing  sync.Mutex         // guards known and persons
	known    map[string]shownAt // where values were shown, by identity
	persons  map[string]shownAt // those that are personal
	passing  sync.Mutex         // guards passes and keys
	passes   map[string][]pass  // tokens, by identity
	keys     map[string]string  // of tokens, that can be guessed; "" for those that cannot
	plain    map[string]bool    // endpoints that were proven to take forged requests as they are
	barren   map[string]bool    // pages that show strangers no token, see tokenOn
	// bothSettings counts, for each way to send, the settings for third-party
	// cookies under which it was seen to work.
	bothSettings map[attacker.Vehicle]int
	used         []*browser.Browser         // that were given out and have not ended
	trusted      map[*identity.Session]bool // are not asked whether they live, in a quiet time
	alive        map[*identity.Session]int  // what had been sent when it was last seen to be, see sent
	personal     map[string]bool            // identity and page, see showsLife
	// brooding are subjects whose canaries wait for the next attempt on the action.
	brooding []*subject
}

// DefaultMutations is how many requests may be sent to change the target if the
// Bench does not say; a thorough scan of a few dozen actions needs some hundreds. A
// site with so many actions that this would end the scan too early has
// mutationsPerAction for each of them.
const (
	DefaultMutations   = 2000
	mutationsPerAction = 40
)

// errNotTestable carries the reason why a plan cannot be put to the test; it
// never leaves the package.
type errNotTestable struct {
	why     string
	suspect bool // the suspicion stands; it was only not shown
	// impossible is set where no attacker could do it, which is a protection.
	impossible bool
}

func (e *errNotTestable) Error() string { return e.why }

func notTestable(format string, args ...any) error {
	return &errNotTestable{why: fmt.Sprintf(format, args...)}
}

func impossible(format string, args ...any) error {
	return &errNotTestable{why: fmt.Sprintf(format, args...), impossible: true}
}

func stillSuspected(format string, args ...any) error {
	return &errNotTestable{why: fmt.Sprintf(format, args...), suspect: true}
}

func (b *Bench) prepare() {
	b.once.Do(func() {
		b.plain, b.barren, b.alive = map[string]bool{}, map[string]bool{}, map[*identity.Session]int{}
		b.Browser = b.remembering(b.Browser)
		if b.Site == nil {
			b.Site = &observe.Site{}
		}
		b.subjects, b.bothSettings = map[string]*subject{}, map[attacker.Vehicle]int{}
		if b.Ledger == nil {
			b.Ledger = NewLedger(cmp.Or(b.MaxMutations, max(DefaultMutations, mutationsPerAction*len(b.Site.Actions))), b.redact)
		}
	})
}

// Attempt carries out f's plan and returns f with State, Why, Vector and Proof as
// it came out. What the attempt changed is undone before it returns, as far as
// that is possible. A finding without a plan comes back as it was. The error is
// for a context that ended or a door that closed (budget, scope), and then the
// finding says how far it got.
func (b *Bench) Attempt(ctx context.Context, f finding.Finding) (finding.Finding, error) {
	if f.Plan == nil {
		return f, nil
	}
	b.prepare()
	b.turn.Lock()
	defer b.turn.Unlock()
	if !b.Grant.Active() {
		return verdict(f, finding.NotTestable, "the target may only be read: nothing was tried"), nil
	}
	b.log(f)
	b.clearBroods(ctx, f.Plan.Action)
	tried, err := b.try(ctx, f)
	if err == nil || errors.As(err, new(*errNotTestable)) {
		tried, err = b.unlessLost(ctx, f, tried, err)
	}
	tried, err = b.unlessEnded(ctx, f, tried, err)
	return b.concluded(ctx, f, tried, err)
}

// concluded is the verdict on an attempt that ended with err.
func (b *Bench) concluded(ctx context.Context, f, tried finding.Finding, err error) (finding.Finding, error) {
	var no *errNotTestable
	switch {
	case err == nil:
		return tried, nil
	case errors.As(err, &no):
		if no.suspect {
			return verdict(tried, finding.Suspected, no.why), nil
		}
		return verdict(tried, finding.NotTestable, no.why), nil
	case errors.Is(err, errMutations):
		b.skip(f, err.Error(), true)
		return verdict(tried, finding.NotTestable, err.Error()), nil
	case ctx.Err() != nil || errors.Is(err, scope.ErrBudget) || errors.Is(err, scope.ErrUnreachable) || errors.Is(err, scope.ErrPassive):
		return verdict(tried, finding.NotTestable, "the attempt was cut short: "+err.Error()), err
	}
	return verdict(tried, finding.NotTestable, b.redact(err.Error())), nil
}

// unlessLost tries f once more if the victim's session was lost meanwhile: what
// was refused to a stranger says nothing about the victim.
func (b *Bench) unlessLost(ctx context.Context, f, tried finding.Finding, err error) (finding.Finding, error) {
	victim := b.victim(f.Plan.Victim)
	if tried.State == finding.Proven || victim == nil || victim.IsAnonymous() || !errors.Is(b.isAlive(ctx, victim), identity.ErrLost) {
		return tried, err
	}
	if renewed := victim.Renew(ctx); renewed != nil {
		b.skip(f, "the victim's session was lost and could not be renewed: "+renewed.Error(), true)
		return tried, notTestable("the session of %q was lost and could not be renewed: %v", victim.Name(), renewed)
	}
	b.forget(victim)
	tried, err = b.try(ctx, f)
	if tried.State != finding.Proven && errors.Is(b.isAlive(ctx, victim), identity.ErrLost) {
		b.skip(f, "the victim's session was lost again", true)
		return tried, notTestable("the session of %q was lost twice while this was tried", victim.Name())
	}
	return tried, err
}

// forget drops what was found untestable as victim, so that it is tried anew.
func (b *Bench) forget(victim *identity.Session) {
	for key, s := range b.subjects {
		if s.victim == victim && s.failure != nil {
			delete(b.subjects, key)
		}
	}
}

func (b *Bench) try(ctx context.Context, f finding.Finding) (finding.Finding, error) {
	modelled := f.Vector
	f.Vector = nil
	f, err := b.carryOut(ctx, f)
	if len(f.Vector) == 0 {
		f.Vector = modelled // what the policy engine said still stands
	}
	return f, err
}

func (b *Bench) carryOut(ctx context.Context, f finding.Finding) (finding.Finding, error) {
	f.Proof = &finding.Proof{Steps: []finding.Step{}, Controls: []finding.Control{}, At: time.Now().UTC()}
	if f.Plan.Action.Login && f.Plan.Kind == finding.PlanForge {
		return b.tryLogin(ctx, f)
	}
	victim := b.victim(f.Plan.Victim)
	if victim == nil {
		return f, notTestable("identity %q is not configured here", f.Plan.Victim)
	}
	switch f.Plan.Kind {
	case finding.PlanFrame:
		return b.tryFrame(ctx, f, victim)
	case finding.PlanChain:
		return b.tryChain(ctx, f, victim)
	case finding.PlanSocket:
		return b.trySocket(ctx, f, victim)
	case finding.PlanRead:
		return b.tryPeek(ctx, f, victim)
	case finding.PlanMessage:
		return b.tryMessage(ctx, f, victim)
	case finding.PlanAccess:
		return b.tryAccess(ctx, f, victim)
	case finding.PlanRace:
		return b.tryRace(ctx, f, victim)
	}
	return b.tryForge(ctx, f, victim)
}

func (b *Bench) victim(name string) *identity.Session {
	if b.Victim == nil {
		return nil
	}
	return b.Victim(name)
}

func verdict(f finding.Finding, s finding.State, why string) finding.Finding {
	f.State, f.Why = s, why
	return f
}

func (b *Bench) redact(s string) string { return b.Grant.Redactor().Text(s) }

func (b *Bench) log(f finding.Finding) {
	if b.Log != nil {
		b.Log(finding.Progress{Phase: "prove", Text: string(f.Weakness) + " " + f.Endpoint.String(), Requests: b.Grant.Requests()})
	}
}

func (b *Bench) skip(f finding.Finding, why string, incomplete bool) {
	if b.Skip != nil {
		b.Skip(finding.Skip{What: string(f.Weakness) + " " + f.Endpoint.String(), Why: b.redact(why), Incomplete: incomplete})
	}
}
