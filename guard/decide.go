package guard

import (
	"net/http"

	"github.com/mantlet-dev/mantlet/policy"
)

// decide is the one decision function. What a rule in report or off would have
// refused is let go of that rule alone: the others still hold for the request.
func (g *Guard) decide(r *http.Request) policy.Decision {
	scheme := g.scheme(r)
	if d, sure := g.glance.Decide(scheme, r); sure && (d.Allowed || g.enforcesAll) {
		if d.Allowed && !g.onlyRules {
			d = g.beyond(r, scheme, d)
		}
		g.tell(r, d, ruleOf(d.Reason), Enforce)
		return d
	}
	return g.judge(r, scheme)
}

// judge decides by all the facts.
func (g *Guard) judge(r *http.Request, scheme string) policy.Decision {
	j := judgement{guard: g, request: r, rules: &g.rules}
	g.rules.Take(&j.facts, r)
	j.facts.Scheme = scheme
	d := j.ask()
	if d.Allowed && !g.onlyRules {
		d = g.beyond(r, scheme, d)
	}
	if d.Allowed && j.strip {
		d.Reason = policy.FrameWithoutCookies
	}
	g.tell(r, d, j.ruleOf(d.Reason), Enforce)
	return d
}

// A judgement is one request on its way through the rules.
type judgement struct {
	guard   *Guard
	request *http.Request
	rules   *policy.Rules // the guard's, or a copy with what was let go of taken out
	facts   policy.Request
	strip   bool
}

// ask asks the declared rules, again without a rule that does not enforce.
func (j *judgement) ask() policy.Decision {
	for {
		d := j.rules.Decide(&j.facts)
		if d.Reason == policy.MissingToken && j.facts.Token == policy.TokenNone {
			state, refusal := j.guard.tokenState(j.request)
			if refusal != "" {
				d.Reason = refusal
			} else {
				j.facts.Token = state
				d = j.rules.Decide(&j.facts)
			}
		}
		if d.Allowed {
			return d
		}
		again, letGo := j.letGo(d.Reason)
		switch {
		case !letGo:
			return d
		case !again:
			return policy.Decision{Allowed: true, Reason: d.Reason}
		}
	}
}

// letGo says whether a refusal stays without effect, and whether something
// remains to be asked then.
func (j *judgement) letGo(reason policy.Reason) (again, letGo bool) {
	if j.guard.enforcesAll && !j.guard.options.StripFrames {
		return false, false
	}
	rule := j.ruleOf(reason)
	if rule == RuleHosts && len(j.rules.Hosts) == 0 {
		rule = RuleForgery // the Host is no host: there is nothing to compare an Origin with
	}
	if reason == policy.CrossSiteFrame && j.guard.options.StripFrames && j.guard.modes[rule] == Enforce {
		j.copyRules()
		j.rules.IsolateFrames, j.strip = false, true
		return true, true
	}
	if !j.guard.lets(j.request, rule, reason) {
		return false, false
	}
	j.copyRules()
	switch rule {
	case RuleHosts:
		j.rules.Hosts = nil
	case RuleSockets:
		j.forgetSocket() // it may still be a forged request by its path or query
	case RuleIsolation:
		j.rules.IsolateFrames = j.rules.IsolateFrames && reason == policy.CrossSiteResource
		j.rules.IsolateResources = j.rules.IsolateResources && reason != policy.CrossSiteResource
	default:
		return false, true
	}
	return true, true
}

func (j *judgement) copyRules() {
	rules := *j.rules
	j.rules = &rules
}

// lets says whether a refusal stays without effect, and tells of it if reported.
func (g *Guard) lets(r *http.Request, rule Rule, reason policy.Reason) bool {
	if g.enforcesAll {
		return false
	}
	mode := g.modes[rule]
	if mode == Report {
		g.tell(r, policy.Decision{Reason: reason}, rule, Report)
	}
	return mode != Enforce
}

// ruleOf files the reasons that sockets share with other requests.
func (j *judgement) ruleOf(reason policy.Reason) Rule {
	switch reason {
	case policy.NullOrigin, policy.MalformedOrigin, policy.InsecureOrigin, policy.ForeignOrigin, policy.Contradiction,
		policy.OwnOrigin, policy.NoCredentials:
		if method := j.facts.Method; method != http.MethodGet && method != http.MethodConnect {
			return RuleForgery
		}
		if j.facts.Protocol != "" || len(j.facts.Header[headerUpgrade]) > 0 {
			return RuleSockets
		}
	}
	return ruleOf(reason)
}

func (j *judgement) forgetSocket() {
	header := j.facts.Header.Clone()
	delete(header, headerUpgrade)
	j.facts.Header, j.facts.Protocol = header, ""
}

// beyond asks what the declared rules cannot see. allowed is their answer.
func (g *Guard) beyond(r *http.Request, scheme string, allowed policy.Decision) policy.Decision {
	if g.cookies.duplicate(r.Header) && !g.lets(r, RuleCookies, policy.DuplicateCookie) {
		return policy.Decision{Reason: policy.DuplicateCookie}
	}
	if reason := g.transport(r, scheme); reason != "" && !g.lets(r, RuleTransport, reason) {
		return policy.Decision{Reason: reason}
	}
	if d := g.cors.preflight(r); d.Reason != "" {
		ours := g.modes[RuleCORS] == Enforce // else the application answers
		if d.Allowed && ours || !d.Allowed && !g.lets(r, RuleCORS, d.Reason) {
			return d
		}
	}
	if g.notJSON(r) && !g.lets(r, RuleJSON, policy.NotJSON) {
		return policy.Decision{Reason: policy.NotJSON}
	}
	return allowed
}
