package identity

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// A jar keeps cookies as a browser does that visits the target itself. The
// standard library's jar would withhold Secure cookies from http on loopback,
// which browsers send. Safe for concurrent use.
type jar struct {
	mu   sync.Mutex
	kept []*kept // in order of creation
}

type kept struct {
	cookie  policy.Cookie
	domain  string // the cookie's, or the setting host
	path    string
	expires time.Time // zero: with the session
	set     policy.Setting
	origin  SetCookie
}

// jarLimit is far above what browsers keep for one site.
const jarLimit = 1000

// store takes the Set-Cookie lines of a response to method from u.
func (j *jar) store(method string, u *url.URL, lines []string, now time.Time) {
	for _, line := range lines {
		j.put(SetCookie{Line: line, URL: u.String(), Method: method, At: now})
	}
}

// put takes one cookie; a line that a browser would not keep is dropped, one that
// deletes deletes.
func (j *jar) put(s SetCookie) {
	u, err := url.Parse(s.URL)
	if err != nil {
		return
	}
	target, err := policy.OriginOfURL(s.URL)
	if err != nil {
		return
	}
	c := policy.ParseSetCookie(s.Line)
	setting := policy.Setting{Target: target, Path: cmp.Or(u.EscapedPath(), "/"), Kind: policy.TypedNavigation, Now: s.At}
	decision := c.StoredBy(setting)
	deletes := decision.Reason == policy.CookieExpired
	if !decision.Allowed && !deletes {
		return
	}
	k := &kept{cookie: c, domain: cmp.Or(c.Domain, target.Host()), path: cmp.Or(c.Path, defaultPath(u)), set: setting, origin: s}
	switch {
	case c.HasMaxAge:
		// Bounded before it is multiplied: browsers cap cookies at 400 days.
		k.expires = s.At.Add(time.Duration(min(c.MaxAge, 400*24*3600)) * time.Second)
	case !c.Expires.IsZero():
		k.expires = c.Expires
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	at := slices.IndexFunc(j.kept, k.same)
	switch {
	case deletes && at >= 0:
		j.kept = slices.Delete(j.kept, at, at+1)
	case deletes:
	case at >= 0:
		j.kept[at] = k // keeps its place in the order of creation
	case len(j.kept) < jarLimit:
		j.kept = append(j.kept, k)
	}
}

func (k *kept) same(o *kept) bool {
	return k.cookie.Name == o.cookie.Name && k.domain == o.domain && k.path == o.path && (k.cookie.Domain == "") == (o.cookie.Domain == "")
}

// defaultPath is the folder of the setting response (RFC 6265bis, section 5.1.4).
func defaultPath(u *url.URL) string {
	p := u.EscapedPath()
	i := strings.LastIndexByte(p, '/')
	if i <= 0 || p[0] != '/' {
		return "/"
	}
	return p[:i]
}

// matching are the cookies that go with a request to u, longest path first, then
// oldest first (RFC 6265bis, section 5.8.3).
func (j *jar) matching(u *url.URL, now time.Time) []*kept {
	target, err := policy.OriginOfURL(u.String())
	if err != nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []*kept
	for _, k := range j.kept {
		if !k.expires.IsZero() && !now.Before(k.expires) {
			continue
		}
		t := policy.Trigger{Target: target, Path: cmp.Or(u.EscapedPath(), "/"), Method: http.MethodGet, Kind: policy.TypedNavigation,
			Age: max(now.Sub(k.set.Now), 0), Set: k.set}
		if k.cookie.SentOn(t).Allowed {
			found = append(found, k)
		}
	}
	slices.SortStableFunc(found, func(a, b *kept) int { return len(b.path) - len(a.path) })
	return found
}

// header is the Cookie header for a request to u, without the cookies named.
func (j *jar) header(u *url.URL, now time.Time, without ...string) string {
	var pairs []string
	for _, k := range j.matching(u, now) {
		if slices.Contains(without, k.cookie.Name) {
			continue
		}
		pair := k.cookie.Name + "=" + k.cookie.Value
		if k.cookie.Name == "" {
			pair = k.cookie.Value
		}
		pairs = append(pairs, pair)
	}
	return strings.Join(pairs, "; ")
}

// all are the cookies that have not expired, in order of creation.
func (j *jar) all(now time.Time) []*kept {
	j.mu.Lock()
	defer j.mu.Unlock()
	var live []*kept
	for _, k := range j.kept {
		if k.expires.IsZero() || now.Before(k.expires) {
			live = append(live, k)
		}
	}
	return live
}

// clone is a jar with the same cookies, each passed through change.
func (j *jar) clone(change func(SetCookie, policy.Cookie) SetCookie) *jar {
	c := &jar{}
	for _, k := range j.all(time.Now()) {
		c.put(change(k.origin, k.cookie))
	}
	return c
}
