package guard

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/policy"
)

// hostPrefix marks cookies that a browser takes from their own host only, over
// https and for all paths (RFC 6265bis, section 4.1.3.2).
const hostPrefix = "__Host-"

// cookieRules are Options.Cookies and SessionCookies, ready to use.
type cookieRules struct {
	Cookies
	session []string
	needles []string // their names and our own session's, each with its equals sign; nil if there are none
}

func newCookieRules(o Options) cookieRules {
	c := cookieRules{Cookies: o.Cookies, session: o.SessionCookies}
	for _, name := range o.SessionCookies {
		c.needles = append(c.needles, name+"=")
	}
	if len(c.needles) > 0 && !slices.Contains(c.needles, ownNeedle) {
		c.needles = append(c.needles, ownNeedle)
	}
	return c
}

// writeCookies hardens what the application sets.
func (g *Guard) writeCookies(h http.Header, r *http.Request) {
	mode := g.modes[RuleCookies]
	if mode == Off {
		return
	}
	secure := g.isSecure(r)
	for name, lines := range h {
		if len(name) != len(headerSetCookie) || !strings.EqualFold(name, headerSetCookie) {
			continue
		}
		ours := false
		for i, line := range lines {
			hardened := g.cookies.harden(line, secure)
			if hardened == line {
				continue
			}
			g.metrics.cookies.Add(1)
			if mode == Enforce {
				if !ours { // the slice may be shared between responses
					lines, ours = slices.Clone(lines), true
					h[name] = lines
				}
				lines[i] = hardened
			}
		}
	}
}

// harden adds what is missing in a Set-Cookie line. Of an attribute given twice
// browsers take the last, so that adding one is enough.
func (c cookieRules) harden(line string, secure bool) string {
	cookie := policy.ParseSetCookie(line)
	if cookie.Name == "" {
		return line
	}
	prefixed := secure && slices.Contains(c.HostPrefix, cookie.Name)
	if prefixed {
		line = hostPrefix + withoutScope(strings.TrimLeft(line, " \t"))
		line += "; Path=/"
	}
	if !cookie.Secure && secure {
		line += "; Secure"
	}
	if !cookie.HTTPOnly && c.isSession(cookie.Name) && !c.isReadable(cookie.Name) {
		line += "; HttpOnly"
	}
	return line + c.sameSite(cookie)
}

func (c cookieRules) sameSite(cookie policy.Cookie) string {
	own := slices.Contains(c.session, cookie.Name)
	wanted := policy.SameSiteLax
	if c.SameSite == policy.SameSiteStrict && own {
		wanted = policy.SameSiteStrict
	}
	switch cookie.SameSite {
	case policy.SameSiteUnset:
		return "; SameSite=" + wanted.String()
	case policy.SameSiteNone:
		if own && !slices.Contains(c.CrossSite, cookie.Name) {
			return "; SameSite=" + wanted.String()
		}
	case policy.SameSiteLax:
		if wanted == policy.SameSiteStrict {
			return "; SameSite=Strict"
		}
	}
	return ""
}

// withoutScope drops Domain and Path, of which the prefix allows one value only.
func withoutScope(line string) string {
	parts := strings.Split(line, ";")
	kept := parts[:1]
	for _, part := range parts[1:] {
		name, _, _ := strings.Cut(part, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "domain", "path":
		default:
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ";")
}

// isSession knows the named ones, and guesses by names that say what they are.
func (c cookieRules) isSession(name string) bool {
	if slices.Contains(c.session, name) {
		return true
	}
	low := strings.ToLower(name)
	for _, word := range []string{"sess", "auth", "jwt", "remember", "login"} {
		if strings.Contains(low, word) {
			return true
		}
	}
	return strings.HasSuffix(low, "sid") || low == "token" || strings.HasSuffix(low, "_token")
}

func (c cookieRules) isReadable(name string) bool {
	low := strings.ToLower(name)
	return strings.Contains(low, "csrf") || strings.Contains(low, "xsrf") || slices.Contains(c.Readable, name)
}

// duplicate says whether a session cookie comes twice, as a strict server reads
// cookies or as one does that also splits at commas and blanks. Where none is named,
// only our own can be meant, which is looked at where a token is bound to it: it
// decides nothing else, and most requests are decided without reading cookies.
func (c *cookieRules) duplicate(h http.Header) bool {
	if len(c.needles) == 0 {
		return false
	}
	lines := h[headerCookie]
	for _, needle := range c.needles {
		if isTwice(lines, needle) {
			return true
		}
	}
	return false
}

func isTwice(lines []string, needle string) bool {
	n := 0
	for _, line := range lines {
		if i := strings.Index(line, needle); i >= 0 {
			if n++; strings.Contains(line[i+len(needle):], needle) {
				n++
			}
		}
	}
	if n < 2 {
		return false // nearly always, and counted without looking closely
	}
	bare, prefixed := countCookie(lines, needle)
	return bare > 1 || prefixed > 1
}

// countCookie counts the pairs that start with needle, a name and its equals sign,
// bare and with our prefix, without allocating.
func countCookie(lines []string, needle string) (bare, prefixed int) {
	for _, line := range lines {
		for from := 0; ; {
			i := strings.Index(line[from:], needle)
			if i < 0 {
				break
			}
			start := from + i
			from = start + len(needle)
			before := strings.TrimSuffix(line[:start], hostPrefix)
			if before != "" && strings.IndexByte(";, \t", before[len(before)-1]) < 0 {
				continue // the end of a longer name
			}
			if len(before) < start {
				prefixed++
			} else {
				bare++
			}
		}
	}
	return bare, prefixed
}

// cookieValue is the value of the first cookie of that name, split at semicolons
// only, as browsers join them.
func cookieValue(h http.Header, name string) (string, bool) {
	for _, line := range h[headerCookie] {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			if have, value, ok := strings.Cut(strings.Trim(pair, " \t"), "="); ok && have == name {
				return value, true
			}
		}
	}
	return "", false
}

// toApplication gives cookies with our prefix their own names back, and over https
// drops those that come without it: a sibling host may have planted them.
func (g *Guard) toApplication(r *http.Request) *http.Request {
	ours := g.cookies.HostPrefix
	if len(ours) == 0 {
		return r
	}
	lines := r.Header[headerCookie]
	if len(lines) == 0 || g.modes[RuleCookies] != Enforce || !g.isSecure(r) {
		return r
	}
	var kept []string
	for _, line := range lines {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.Trim(pair, " \t")
			name, _, _ := strings.Cut(pair, "=")
			bare, prefixed := strings.CutPrefix(name, hostPrefix)
			switch {
			case prefixed && slices.Contains(ours, bare):
				kept = append(kept, pair[len(hostPrefix):])
			case pair != "" && !slices.Contains(ours, name):
				kept = append(kept, pair)
			}
		}
	}
	r = shallowClone(r)
	if r.Header[headerCookie] = []string{strings.Join(kept, "; ")}; kept == nil {
		delete(r.Header, headerCookie)
	}
	return r
}

// withoutCredentials is r as a stranger would have sent it.
func withoutCredentials(r *http.Request) *http.Request {
	r = shallowClone(r)
	delete(r.Header, headerCookie)
	delete(r.Header, headerAuthorization)
	return r
}

// shallowClone copies the request and its headers: the server's own are not ours to change.
func shallowClone(r *http.Request) *http.Request {
	clone := r.WithContext(r.Context())
	clone.Header = r.Header.Clone()
	return clone
}
