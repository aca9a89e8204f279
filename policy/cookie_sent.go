package policy

import "time"

// LaxUnsafeWindow is how long a cookie without a SameSite attribute also rides
// on cross-site top-level requests with unsafe methods (RFC 6265bis, section
// 5.6.7.2, "Lax-allowing-unsafe"; Chromium's default).
const LaxUnsafeWindow = 2 * time.Minute

// A Trigger is a request, and how it came to be made. Redirects on the way do
// not matter to Chromium: Initiator is who began, Target where it arrives.
type Trigger struct {
	Target Origin
	Path   string // empty means "/"
	Method string // empty means GET; as it arrives, after redirects

	Kind Kind
	// Initiator is the document that makes the request. Opaque, the zero value,
	// is a sandboxed frame or a data: page; TypedNavigation and Script have none.
	Initiator Origin
	// Ancestors are the documents around it, from the innermost to the top: those
	// that contain the new document of a Subframe (if empty: Initiator, which is
	// then the top page), those around Initiator for Subresource and Socket,
	// those around the document itself for Script. Navigations of the tab have none.
	Ancestors   []Origin
	Credentials Credentials

	// Age is the time since the cookie was set, or last set again.
	Age        time.Duration
	ThirdParty ThirdParty

	// Set is how the cookie was set. If it has no Target, a top-level visit to
	// this trigger's Target and Path did it.
	Set Setting
}

func (t Trigger) party() party {
	return party{t.Target, t.Kind, t.Initiator, t.Ancestors, t.Credentials}
}

func (t Trigger) setting() Setting {
	if !t.Set.Target.IsOpaque() {
		return t.Set
	}
	o := t.Target
	o.scheme = siteScheme(o.scheme)
	return Setting{Target: o, Path: t.Path, ThirdParty: t.ThirdParty, Now: t.Set.Now}
}

// SentOn says whether the cookie goes with the request (RFC 6265bis, section
// 5.8.3), or, for Script, whether document.cookie shows it. A cookie that t.Set
// could not store is refused with that reason.
func (c Cookie) SentOn(t Trigger) Decision {
	set := t.setting()
	if d := c.StoredBy(set); !d.Allowed {
		return d
	}
	if r := c.outOfReach(set, t); r != "" {
		return deny(r)
	}
	p := t.party()
	if p.omitsCookies() {
		return deny(CookieCredentialsOmitted)
	}
	d := c.sameSiteAllows(p, t)
	switch {
	case !d.Allowed:
		return d
	case c.Partitioned && p.partition() != set.party().partition():
		return deny(CookieOtherPartition)
	case !c.Partitioned && t.ThirdParty == ThirdPartyBlocked && !p.firstParty():
		return deny(CookieThirdPartyBlocked)
	}
	return d
}

// outOfReach is the reason why c is none of the target's cookies, or "".
func (c Cookie) outOfReach(set Setting, t Trigger) Reason {
	switch {
	case c.expiredAt(set.Now, t.Age):
		return CookieExpired
	case !c.reachesHost(set.Target, t.Target):
		return CookieOtherHost
	case !c.reachesPath(set.Path, t.Path):
		return CookieOtherPath
	case c.Secure && !t.Target.IsTrustworthy():
		return CookieSecureOverPlain
	case c.HTTPOnly && t.Kind == Script:
		return CookieHTTPOnlyFromScript
	}
	return ""
}

func (c Cookie) sameSiteAllows(p party, t Trigger) Decision {
	switch {
	case p.sameSite():
		return allow(CookieSentSameSite)
	case c.SameSite == SameSiteNone:
		return allow(CookieSentCrossSite)
	case c.SameSite == SameSiteStrict:
		return deny(CookieStrictCrossSite)
	case t.Kind != TopLevelNavigation:
		return deny(CookieLaxNotNavigation)
	case isSafeForLax(t.Method):
		return allow(CookieSentLaxNavigation)
	case c.SameSite == SameSiteLax:
		return deny(CookieLaxUnsafeMethod)
	case t.Age > LaxUnsafeWindow:
		return deny(CookieDefaultLaxAged)
	}
	return allow(CookieSentLaxUnsafe)
}

// isSafeForLax knows the methods of RFC 9110, section 9.2.1, that Lax lets pass.
func isSafeForLax(method string) bool {
	switch method {
	case "", "GET", "HEAD", "OPTIONS", "TRACE":
		return true
	}
	return false
}
