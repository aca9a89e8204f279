package finding

import (
	"strconv"

	"github.com/mantlet-dev/mantlet/policy"
)

// Impostor is the origin that a page would show where use is tried against target;
// false if nobody can have such an origin there. OriginMissing and OriginSilent
// show none and have none here.
func Impostor(target policy.Origin, use OriginUse) (policy.Origin, bool) {
	host := target.Host()
	switch use {
	case OriginNull:
		return policy.Opaque, true
	case OriginForeign:
		return strange(target)
	case OriginSuffix:
		if host[0] == '[' {
			return policy.Opaque, false
		}
		return made(target.Scheme(), host+".attacker.example", 0)
	case OriginEnding:
		if target.IsAddress() {
			return policy.Opaque, false // no name ends in an address
		}
		return made(target.Scheme(), "evil"+host, target.Port())
	case OriginPlain:
		if target.Scheme() == "http" {
			return made("https", host, target.Port())
		}
		return made("http", host, 0)
	case OriginSibling:
		o, ok := made(target.Scheme(), "evil."+target.RegistrableDomain(), 0)
		return o, ok && !target.IsAddress() && o.SameSite(target)
	case OriginPort:
		if port := target.Port() + 1; port != 0 {
			return made(target.Scheme(), host, port)
		}
		return made(target.Scheme(), host, 1024)
	}
	return policy.Opaque, false
}

// Ending is the origin of a site whose name ends like domain and is another's; false
// if there can be none.
func Ending(domain string) (policy.Origin, bool) { return made("https", "evil"+domain, 0) }

// Downgraded is a partner's origin over unencrypted http; false if it is that already,
// or is no origin.
func Downgraded(partner string) (policy.Origin, bool) {
	o, err := policy.OriginOfURL(partner)
	if err != nil || o.Scheme() != "https" || o.IsAddress() {
		return policy.Opaque, false
	}
	port := o.Port()
	if port == 443 {
		port = 0
	}
	return made("http", o.Host(), port)
}

// strange is a site that has nothing to do with target. It has a certificate, as
// every attacker has, unless the browser would then not let it ask target at all.
func strange(target policy.Origin) (policy.Origin, bool) {
	host := "attacker.example"
	if target.RegistrableDomain() == host {
		host = "attacker.test"
	}
	o, ok := made("https", host, 0)
	if ok && policy.MixedContent(target, o) {
		return made("http", host, 0)
	}
	return o, ok
}

func made(scheme, host string, port uint16) (policy.Origin, bool) {
	raw := scheme + "://" + host
	if port != 0 {
		raw += ":" + strconv.Itoa(int(port))
	}
	o, err := policy.OriginOfURL(raw)
	return o, err == nil
}
