package guard

import (
	"slices"

	"github.com/mantlet-dev/mantlet/policy"
)

// A Rule is a group of reasons that is switched as one.
type Rule string

// The rules. A request must pass all of them; the last four also, or only, change
// responses.
const (
	RuleHosts     Rule = "hosts"     // the Host is one of the site's
	RuleForgery   Rule = "forgery"   // the browser's evidence; ambiguous headers and TRACE belong here
	RuleTokens    Rule = "tokens"    // a token where evidence is missing or strictness wants one
	RuleSockets   Rule = "sockets"   // who opens WebSockets
	RuleIsolation Rule = "isolation" // foreign frames and resources, refused before the application
	RuleJSON      Rule = "json"      // content types of Options.JSONPaths
	RuleTransport Rule = "transport" // https
	RuleCORS      Rule = "cors"      // preflights, and the headers that share responses
	RuleCookies   Rule = "cookies"   // duplicates refused, attributes added
	RuleFraming   Rule = "framing"   // frame-ancestors and X-Frame-Options
	RuleHeaders   Rule = "headers"   // Referrer-Policy, X-Content-Type-Options, Strict-Transport-Security
)

// ruleProxy labels what the proxy answers itself.
const ruleProxy Rule = "proxy"

// rulePrincipal labels requests of which nobody can say whose they are. There is no
// letting these through.
const rulePrincipal Rule = "principal"

var allRules = []Rule{RuleHosts, RuleForgery, RuleTokens, RuleSockets, RuleIsolation, RuleJSON,
	RuleTransport, RuleCORS, RuleCookies, RuleFraming, RuleHeaders}

// AllRules lists them.
func AllRules() []Rule { return slices.Clone(allRules) }

// A Mode is what becomes of a rule's refusals.
type Mode string

// The modes. There is no sampling: a rule in report sees and counts every request.
const (
	Enforce Mode = "enforce"
	Report  Mode = "report" // counted and logged, and let through
	Off     Mode = "off"    // let through in silence
)

// ruleOf files a reason under the rule that an owner would switch for it.
func ruleOf(r policy.Reason) Rule {
	switch r {
	case policy.HostNotAllowed:
		return RuleHosts
	case policy.ValidToken, policy.MissingToken, policy.InvalidToken, policy.TokenUnavailable, policy.ActionSpent:
		return RuleTokens
	case policy.SocketOrigin, policy.MissingOrigin:
		return RuleSockets
	case policy.CrossSiteResource, policy.CrossSiteFrame, policy.FramedSubmission, policy.FrameWithoutCookies:
		return RuleIsolation
	case policy.NotJSON:
		return RuleJSON
	case policy.InsecureTransport, policy.HTTPSRedirect:
		return RuleTransport
	case policy.PreflightAnswered, policy.PreflightRefused:
		return RuleCORS
	case policy.DuplicateCookie:
		return RuleCookies
	case policy.PrincipalUnavailable:
		return rulePrincipal
	case policy.UpstreamUnreachable, policy.UpstreamTimeout, policy.HeadTooLarge, policy.RequestStalled:
		return ruleProxy
	}
	return RuleForgery
}
