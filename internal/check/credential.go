package check

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// A credential is a cookie that a session hangs on, as a browser understands it.
type credential struct {
	policy.Cookie
	seen   observe.Cookie
	origin policy.Origin // that set it
	path   string
}

// credentialsOf are the cookies on which identity's session hangs: those without
// which it was answered as a visitor, and those handed out along with them.
func credentialsOf(site *observe.Site, identity string) []credential {
	var list []credential
	for _, c := range credentials(site) {
		if c.seen.Identity == identity {
			list = append(list, c)
		}
	}
	return list
}

// credentials are those of all identities, each distinct line once.
func credentials(site *observe.Site) []credential {
	var list []credential
	for _, seen := range site.Cookies {
		c, ok := readCookie(seen)
		if ok && (seen.Session || setAtLogin(site, seen) && !namesToken(c.Name)) {
			list = append(list, c)
		}
	}
	return list
}

// readCookie is not ok for a line that deletes a cookie, or that no browser keeps
// for a reason that has nothing to do with its protection.
func readCookie(seen observe.Cookie) (credential, bool) {
	value := seen.Line
	if name, rest, found := strings.Cut(value, ":"); found && strings.EqualFold(strings.TrimSpace(name), "Set-Cookie") {
		value = rest
	}
	c := credential{Cookie: policy.ParseSetCookie(value), seen: seen, path: "/"}
	if c.Name == "" {
		return c, false
	}
	var err error
	if c.origin, err = policy.OriginOfURL(seen.Endpoint.URL); err != nil {
		return c, false
	}
	if u, err := url.Parse(seen.Endpoint.URL); err == nil && u.Path != "" {
		c.path = u.Path
	}
	return c, c.stored().Reason != policy.CookieExpired
}

func (c credential) stored() policy.Decision {
	return c.StoredBy(policy.Setting{Target: c.origin, Path: c.path})
}

// setAtLogin says whether a cookie came with the answer that also set a session
// cookie. Applications split sessions over several cookies, and leaving one out
// does not always show.
func setAtLogin(site *observe.Site, seen observe.Cookie) bool {
	return slices.ContainsFunc(site.Cookies, func(other observe.Cookie) bool {
		return other.Session && other.Identity == seen.Identity &&
			other.Endpoint.Method == seen.Endpoint.Method && other.Endpoint.Route == seen.Endpoint.Route
	})
}

// aged is past the window in which Chromium is lenient.
const aged = policy.LaxUnsafeWindow + time.Minute

// rides says whether the browser sends the cookie with the request that t
// describes, made by stranger in the given position.
func (c credential) rides(t policy.Trigger, stranger policy.Origin, position finding.Position) policy.Decision {
	t.Initiator = stranger
	if t.Kind == policy.Subframe {
		t.Ancestors = []policy.Origin{stranger}
	}
	if position.Cookie == finding.Aged {
		t.Age = aged
	}
	if position.ThirdParty == finding.ThirdPartyBlocked {
		t.ThirdParty = policy.ThirdPartyBlocked
	}
	t.Set = policy.Setting{Target: c.origin, Path: c.path}
	return c.SentOn(t)
}

// anyRides gives the first credential that rides, or else the first that does not.
func anyRides(list []credential, t policy.Trigger, stranger policy.Origin, position finding.Position) (credential, policy.Decision) {
	var first credential
	var refusal policy.Decision
	for i, c := range list {
		d := c.rides(t, stranger, position)
		if d.Allowed {
			return c, d
		}
		if i == 0 || refusal.Reason == policy.CookieOtherPath || refusal.Reason == policy.CookieOtherHost {
			first, refusal = c, d
		}
	}
	return first, refusal
}

// triggerFor is a request to rawURL, not yet said by whom.
func triggerFor(rawURL, method string, kind policy.Kind) (policy.Trigger, bool) {
	origin, err := policy.OriginOfURL(rawURL)
	if err != nil {
		return policy.Trigger{}, false
	}
	path := "/"
	if u, err := url.Parse(rawURL); err == nil && u.Path != "" {
		path = u.Path
	}
	return policy.Trigger{Target: origin, Path: path, Method: method, Kind: kind}, true
}

// sentence makes the reason's explanation one.
func sentence(r policy.Reason) string { return capital(r.Explain()) }

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// namesToken says whether a name is one that people give to anti-forgery tokens.
// It is only ever used to leave something out, or beside behaviour.
func namesToken(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"csrf", "xsrf", "forgery", "authenticity"}, func(part string) bool {
		return strings.Contains(name, part)
	}) || name == "_token" || name == "token" || strings.HasSuffix(name, "_token")
}

// tokenCookies are those that hold an anti-forgery token, by their name: whoever
// can replace one knows the token that goes with it.
func tokenCookies(site *observe.Site) []credential {
	var list []credential
	for _, seen := range site.Cookies {
		if c, ok := readCookie(seen); ok && !seen.Session && namesToken(c.Name) {
			list = append(list, c)
		}
	}
	return list
}
