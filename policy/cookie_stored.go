package policy

import "time"

// A Setting is the response, or the script, that sets a cookie. Only Target is
// needed: the zero rest is a top-level visit to "/" with third-party cookies
// allowed.
type Setting struct {
	Target Origin // of the response's URL, or of the document if Kind is Script
	Path   string // of the response's URL; empty means "/"

	Kind        Kind
	Initiator   Origin   // the document that made the request; see Trigger
	Ancestors   []Origin // see Trigger
	Credentials Credentials
	ThirdParty  ThirdParty

	// Now is when the cookie is set. If zero, an Expires date is only held
	// against the epoch, where deletions point; Max-Age needs no clock.
	Now time.Time
}

func (s Setting) party() party {
	return party{s.Target, s.Kind, s.Initiator, s.Ancestors, s.Credentials}
}

// StoredBy says whether a browser keeps the cookie when s sets it (RFC 6265bis,
// section 5.7). A line that deletes, by a date or age in the past, is refused as
// CookieExpired. What the jar already holds is not considered.
func (c Cookie) StoredBy(s Setting) Decision {
	if c.fault != "" {
		return deny(c.fault)
	}
	if r := c.domainRefused(s.Target); r != "" {
		return deny(r)
	}
	if r := c.attributesRefused(s); r != "" {
		return deny(r)
	}
	p := s.party()
	switch {
	case c.expiredAt(s.Now, 0):
		return deny(CookieExpired)
	case p.omitsCookies():
		return deny(CookieCredentialsOmitted)
	case c.SameSite != SameSiteNone && !p.topLevel() && !p.sameSite():
		// Any top-level response may set: also one to a cross-site POST.
		return deny(CookieSetCrossSite)
	case c.Partitioned && p.partition().site == "":
		return deny(CookieOtherPartition)
	case !c.Partitioned && s.ThirdParty == ThirdPartyBlocked && !p.firstParty():
		return deny(CookieThirdPartyBlocked)
	}
	return allow(CookieStored)
}

// attributesRefused holds the line against itself and the connection.
func (c Cookie) attributesRefused(s Setting) Reason {
	switch {
	case c.Secure && !s.Target.IsTrustworthy():
		return CookieSecureOverPlain
	case c.HTTPOnly && s.Kind == Script:
		return CookieHTTPOnlyFromScript
	case c.SameSite == SameSiteNone && !c.Secure:
		return CookieNoneNeedsSecure
	case c.Partitioned && !c.Secure:
		return CookiePartitionedNeedsSecure
	}
	return c.prefixBroken(s.Target)
}
