package guard

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// A WriteMode says what becomes of framing headers that the application sends.
type WriteMode string

const (
	// Tighten keeps the application's rule and adds ours: a page may frame the
	// response only if both allow it. It is the zero value's meaning.
	Tighten WriteMode = "tighten"
	// IfMissing adds ours only where the application restricts nobody.
	IfMissing WriteMode = "default"
	// Own removes the application's rule in favour of ours, which may be laxer:
	// needed to let partners embed an application that says DENY by itself.
	Own WriteMode = "own"
)

// Options is what a guard does beyond the rules. The zero value is a good one.
type Options struct {
	Framing WriteMode // "" is Tighten

	// StripFrames forwards foreign frame navigations without cookies, instead of
	// refusing them, where Rules.IsolateFrames holds.
	StripFrames bool

	// SessionCookies are the names of the application's session cookies: tokens are
	// bound to their values, duplicates are refused, and they leave hardened.
	SessionCookies []string
	Cookies        Cookies
	Tokens         Tokens
	Transport      Transport

	// Principals tells the application who is logged in.
	Principals Principals

	// ReferrerPolicy is added where the application sends none; "" is
	// strict-origin-when-cross-origin.
	ReferrerPolicy string

	// CORS, if set, makes the guard answer preflights and own the sharing headers, or
	// only narrow what the application says in them.
	CORS *CORS

	// JSONPaths and what is below them take application/json bodies only.
	JSONPaths []string

	// ReportOnly rules are counted and logged, and refuse nothing.
	ReportOnly []Rule
	// InsecureOff rules are not asked at all; the value is why, and is logged.
	InsecureOff map[Rule]string

	// OnDecision hears every decision, in the request's goroutine.
	OnDecision func(*http.Request, Event)
	// Logger hears refusals (warn) and the weakenings above (at start); nil: nobody.
	Logger *slog.Logger
	// Metrics counts; nil: this guard has its own. Share one across reloads.
	Metrics *Metrics
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Transport is about https.
type Transport struct {
	// Redirect sends safe http requests to https and refuses others: their body has
	// already been read by whoever listens. It needs Rules.Hosts.
	Redirect bool
	// HSTS is max-age; 0 is a year, negative sends none. Only over https, never for
	// localhost, and never for subdomains unless HSTSSubdomains.
	HSTS           time.Duration
	HSTSSubdomains bool
	// TrustedProxies may say with X-Forwarded-Proto how the client came.
	TrustedProxies []netip.Prefix
}

// Cookies says how Set-Cookie lines leave. Secure (over https), HttpOnly for
// session-like names and SameSite are added where missing, never taken away.
type Cookies struct {
	// SameSite is for session cookies without one: Lax (default) or Strict.
	SameSite policy.SameSite
	// CrossSite are session cookies that may keep SameSite=None.
	CrossSite []string
	// Readable are cookies that scripts must read; names that say csrf or xsrf are.
	Readable []string
	// HostPrefix are cookies that browsers get as __Host-name: a sibling host cannot
	// plant these. The application goes on seeing its own name. Over https only.
	HostPrefix []string
}

// validate finds configurations that would not do what they say.
func (o Options) validate(r policy.Rules) error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !slices.Contains([]WriteMode{"", Tighten, IfMissing, Own}, o.Framing) {
		add("framing: %q is none of tighten, default, own", o.Framing)
	}
	if err := validReferrerPolicy(o.ReferrerPolicy); err != nil {
		errs = append(errs, err)
	}
	if o.StripFrames && !r.IsolateFrames {
		add("frames are to be stripped of cookies, but the rules do not isolate frames")
	}
	if o.Transport.Redirect && len(r.Hosts) == 0 {
		add("redirect to https: needs hosts, else anybody's Host header says where to")
	}
	if s := o.Cookies.SameSite; s != policy.SameSiteUnset && s != policy.SameSiteLax && s != policy.SameSiteStrict {
		add("cookies: SameSite=%v protects nothing", s)
	}
	names := slices.Concat(o.SessionCookies, o.Cookies.CrossSite, o.Cookies.Readable, o.Cookies.HostPrefix)
	for _, name := range names {
		if name == "" || strings.ContainsAny(name, "=;, \t\r\n") {
			add("cookies: %q is no cookie's name", name)
		}
	}
	for _, name := range o.Cookies.HostPrefix {
		if strings.HasPrefix(name, "__") {
			add("cookies: %q has a prefix already", name)
		}
	}
	for _, p := range o.JSONPaths {
		if !strings.HasPrefix(p, "/") {
			add("json_paths: %q is not a plain absolute path", p)
		}
	}
	errs = append(errs, o.validateModes(), o.Tokens.validate(), o.Principals.validate(o), o.CORS.validate())
	return errors.Join(errs...)
}

func (o Options) validateModes() error {
	var errs []error
	for _, rule := range o.ReportOnly {
		if !slices.Contains(allRules, rule) {
			errs = append(errs, fmt.Errorf("report_only: no rule is called %q", rule))
		}
	}
	for rule, reason := range o.InsecureOff {
		switch {
		case !slices.Contains(allRules, rule):
			errs = append(errs, fmt.Errorf("insecure_off: no rule is called %q", rule))
		case slices.Contains(o.ReportOnly, rule):
			errs = append(errs, fmt.Errorf("insecure_off: %s is report-only as well", rule))
		case strings.TrimSpace(reason) == "":
			errs = append(errs, fmt.Errorf("insecure_off: %s needs a reason", rule))
		}
	}
	return errors.Join(errs...)
}

// validReferrerPolicy refuses policies under which the site's own forms arrive
// with a null Origin (Fetch, section 3.2; measured), and those that tell everybody.
func validReferrerPolicy(p string) error {
	switch p {
	case "", "strict-origin-when-cross-origin", "strict-origin", "same-origin", "origin", "origin-when-cross-origin":
		return nil
	case "no-referrer":
		return errors.New("referrer_policy: no-referrer makes the site's own forms arrive with Origin: null; same-origin tells others just as little")
	case "unsafe-url", "no-referrer-when-downgrade":
		return fmt.Errorf("referrer_policy: %s tells other sites full addresses", p)
	}
	return fmt.Errorf("referrer_policy: no browser knows %q", p)
}
