package guard

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// A Guard enforces one set of rules. It is made by New, never changes its rules
// and is safe for concurrent use; to change rules, make another.
type Guard struct {
	rules      policy.Rules
	glance     *policy.Glance // of rules
	options    Options
	modes      map[Rule]Mode // complete
	frames     frames
	headers    headers
	cookies    cookieRules
	tokens     *tokens
	cors       *corsRules
	principals *principals
	answers    map[policy.Reason]*answer
	metrics    *Metrics
	https      map[string]bool // hosts declared as https origins, as a Host header has them
	now        func() time.Time

	framingMode, headersMode Mode // of modes, for every response
	enforcesAll              bool // no rule is in report or off
	onlyRules                bool // nothing is asked but the declared rules

	noReferrer sync.Once // that the application sends this policy was logged
}

// New makes a guard. Rules that do not validate, and options that would not do
// what they say, are errors. Everything that weakens the guard is logged.
func New(rules policy.Rules, o Options) (*Guard, error) {
	if err := rules.Validate(); err != nil {
		return nil, fmt.Errorf("guard rules: %w", err)
	}
	if err := o.validate(rules); err != nil {
		return nil, fmt.Errorf("guard options: %w", err)
	}
	g := &Guard{rules: rules, options: o, modes: modesOf(o), metrics: o.Metrics, now: o.Now}
	g.framingMode, g.headersMode = g.modes[RuleFraming], g.modes[RuleHeaders]
	if g.metrics == nil {
		g.metrics = NewMetrics()
	}
	if g.now == nil {
		g.now = time.Now
	}
	g.glance = g.rules.Glance()
	g.frames = newFrames(rules)
	g.headers = newHeaders(o)
	g.cookies = newCookieRules(o)
	g.tokens = newTokens(o)
	g.cors = newCORSRules(o.CORS)
	g.principals = newPrincipals(o.Principals)
	g.answers = newAnswers()
	g.https = httpsHosts(rules.Hosts)
	g.enforcesAll = len(o.ReportOnly) == 0 && len(o.InsecureOff) == 0
	g.onlyRules = len(o.SessionCookies) == 0 && !o.Transport.Redirect && o.CORS == nil && len(o.JSONPaths) == 0
	g.logWeakenings()
	return g, nil
}

func modesOf(o Options) map[Rule]Mode {
	modes := map[Rule]Mode{}
	for _, rule := range allRules {
		modes[rule] = Enforce
	}
	for _, rule := range o.ReportOnly {
		modes[rule] = Report
	}
	for rule := range o.InsecureOff {
		modes[rule] = Off
	}
	return modes
}

func (g *Guard) logWeakenings() {
	log := g.options.Logger
	if log == nil {
		return
	}
	for rule, reason := range g.options.InsecureOff {
		log.Warn("guard rule is off", "rule", string(rule), "why", reason)
	}
	for _, rule := range g.options.ReportOnly {
		log.Warn("guard rule only reports", "rule", string(rule))
	}
	if g.options.Framing == Own {
		log.Warn("framing headers of the application are replaced, even by laxer ones")
	}
	for _, e := range g.rules.Exempt {
		log.Warn("guard lets a path through unchecked", "method", e.Method, "path", e.Path, "why", e.Reason)
	}
}

// Rules are what the guard enforces. The caller must not change them.
func (g *Guard) Rules() policy.Rules { return g.rules }

// Check decides about a request, counts and reports it. It is what Handler does
// first, for servers that have no http.Handler.
//
// It may read a bounded part of the body to find a token and puts it back. With
// Options.StripFrames, a Decision for policy.FrameWithoutCookies obliges the caller
// to take cookies and Authorization from the request.
func (g *Guard) Check(r *http.Request) policy.Decision { return g.decide(r) }

// Handler guards next. It is transparent to 1xx responses, to Flush, Hijack and
// http.ResponseController, and to http.ErrAbortHandler.
func (g *Guard) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rw := newResponse(w, g, r)
		defer rw.finish()
		d := g.decide(r)
		switch {
		case d.Reason == policy.PreflightAnswered:
			g.cors.answerPreflight(rw.Header(), r)
			rw.WriteHeader(http.StatusNoContent)
		case !d.Allowed:
			g.refuse(rw, r, d.Reason)
		default:
			if d.Reason == policy.FrameWithoutCookies {
				rw.stripped = true
				r = withoutCredentials(r)
			}
			r, refusal := g.introduce(r, rw.stripped)
			if refusal != "" {
				g.refuse(rw, rw.request, refusal)
				return
			}
			next.ServeHTTP(rw, g.toApplication(r))
		}
	})
}
