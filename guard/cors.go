package guard

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// CORS is who may read responses across origins. Being on this list is no trust
// to change anything: that is Rules.TrustedOrigins.
type CORS struct {
	Origins     []string      // exact; "*" alone, and without Credentials, is everybody
	Methods     []string      // beyond GET, HEAD and POST
	Headers     []string      // request headers beyond the safelisted ones
	Expose      []string      // response headers that scripts may read
	Credentials bool          // share what the user's cookies get
	MaxAge      time.Duration // how long a preflight is remembered; 0 is the browser's own choice

	// Tighten leaves all of this to the application, preflights included, and takes
	// its consent from everybody who is not among Origins: these, as far as the
	// application consents to each by name. "*" among them is the application's own
	// "*", which no browser heeds where cookies are sent. No Origins are nobody.
	Tighten bool
}

// maxRequestHeaders bounds what is read of Access-Control-Request-Headers.
const maxRequestHeaders = 4096

func (c *CORS) validate() error {
	if c == nil {
		return nil
	}
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf("cors: "+format, args...)) }
	if c.Tighten && (len(c.Methods)+len(c.Headers)+len(c.Expose) > 0 || c.Credentials || c.MaxAge != 0) {
		add("tighten leaves methods, headers, expose, credentials and max_age to the application, and takes origins alone")
	}
	if len(c.Origins) == 0 && !c.Tighten {
		add("needs origins")
	}
	if slices.Contains(c.Origins, everybody) && !c.Tighten && (c.Credentials || len(c.Origins) > 1) {
		add(`"*" stands alone and never with credentials: every site would read what the user's cookies get`)
	}
	for _, s := range c.Origins {
		if err := c.validOrigin(s); err != nil {
			add("%w", err)
		}
	}
	for _, name := range slices.Concat(c.Methods, c.Headers, c.Expose) {
		if name == "" || strings.ContainsAny(name, " \t\r\n,;:*") {
			add("%q is no method or header name", name)
		}
	}
	if c.MaxAge < 0 {
		add("max_age is below zero")
	}
	return errors.Join(errs...)
}

func (c *CORS) validOrigin(s string) error {
	if s == everybody {
		return nil
	}
	o, err := policy.ParseOrigin(s)
	switch {
	case err != nil:
		return err
	case o.IsOpaque():
		return fmt.Errorf("%q is every sandboxed frame there is", s)
	case strings.Contains(s, "*"):
		return fmt.Errorf("%q is a pattern; list origins one by one", s)
	case o.Scheme() != "https" && o.Scheme() != "http":
		return fmt.Errorf("%q is no http or https origin", s)
	case (c.Credentials || c.Tighten) && !o.IsTrustworthy():
		return fmt.Errorf("%q may not read what the user's cookies get: anybody on the network can speak for a plain http origin", s)
	}
	return nil
}

// corsRules are a CORS with its header values made; nil for none.
type corsRules struct {
	CORS
	any                              bool
	methods, headers, expose, maxAge string
}

func newCORSRules(c *CORS) *corsRules {
	if c == nil {
		return nil
	}
	rules := &corsRules{CORS: *c, any: slices.Contains(c.Origins, everybody)}
	rules.methods = strings.Join(append([]string{"GET", "HEAD", "POST"}, c.Methods...), ", ")
	rules.headers = strings.Join(c.Headers, ", ")
	rules.expose = strings.Join(c.Expose, ", ")
	if c.MaxAge > 0 {
		rules.maxAge = strconv.Itoa(int(c.MaxAge.Seconds()))
	}
	return rules
}

func (c *corsRules) allows(origin string) bool {
	return c.any || slices.Contains(c.Origins, origin)
}

// preflight decides about a CORS preflight (Fetch, section 4.8); the zero Decision
// if r is none or the application is to answer it.
func (c *corsRules) preflight(r *http.Request) policy.Decision {
	if c == nil || c.Tighten || r.Method != http.MethodOptions {
		return policy.Decision{}
	}
	origin, method := r.Header[headerOrigin], r.Header["Access-Control-Request-Method"]
	if len(origin) != 1 || len(method) != 1 {
		return policy.Decision{}
	}
	if !c.allows(origin[0]) || !c.allowsMethod(method[0]) || !c.allowsHeaders(r.Header["Access-Control-Request-Headers"]) {
		return policy.Decision{Reason: policy.PreflightRefused}
	}
	return policy.Decision{Allowed: true, Reason: policy.PreflightAnswered}
}

func (c *corsRules) allowsMethod(m string) bool {
	return m == "GET" || m == "HEAD" || m == "POST" || slices.Contains(c.Methods, m)
}

func (c *corsRules) allowsHeaders(lines []string) bool {
	for _, line := range lines {
		if len(line) > maxRequestHeaders {
			return false
		}
		for name := range strings.SplitSeq(line, ",") {
			name = strings.Trim(name, " \t")
			if name != "" && !slices.ContainsFunc(c.Headers, func(h string) bool { return strings.EqualFold(h, name) }) {
				return false
			}
		}
	}
	return len(lines) <= 8
}

func (c *corsRules) answerPreflight(h http.Header, _ *http.Request) {
	h.Set("Access-Control-Allow-Methods", c.methods)
	if c.headers != "" {
		h.Set("Access-Control-Allow-Headers", c.headers)
	}
	if c.maxAge != "" {
		h.Set("Access-Control-Max-Age", c.maxAge)
	}
	addVary(h, "Access-Control-Request-Method")
	addVary(h, "Access-Control-Request-Headers")
}

// writeSharing says to whom the response is shared.
func (g *Guard) writeSharing(h http.Header, r *http.Request) {
	switch mode := g.modes[RuleCORS]; {
	case mode == Off:
	case g.cors.Tighten:
		if mode == Report {
			h = h.Clone() // only to count
		}
		if g.cors.tighten(h, r) {
			g.metrics.sharing.Add(1)
		}
	case mode == Enforce:
		g.cors.write(h, r)
	}
}

// write shares with the list. What the application said is removed: two opinions are
// none.
func (c *corsRules) write(h http.Header, r *http.Request) {
	for _, name := range []string{allowOrigin, allowCredentials, "Access-Control-Expose-Headers"} {
		removeHeader(h, name)
	}
	if c.any {
		h.Set(allowOrigin, everybody)
	} else {
		addVary(h, headerOrigin)
		origin := r.Header[headerOrigin]
		if len(origin) != 1 || !c.allows(origin[0]) {
			return
		}
		h.Set(allowOrigin, origin[0])
		if c.Credentials {
			h.Set(allowCredentials, "true")
		}
	}
	if c.expose != "" {
		h.Set("Access-Control-Expose-Headers", c.expose)
	}
}
