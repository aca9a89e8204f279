package attacker

import (
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// Origins says which attackers a target can have, and where each one's pages are
// to be published: "scheme://host", without the port, which is the site's own.
//
// A cross-site attacker always exists and has https, as real ones do, except where
// the target is plain http off loopback: an https page cannot frame that at all
// (Mixed Content, section 5.3). Siblings and other ports are on the target's site
// only with the target's scheme (HTML, section 7.1.1.1).
func Origins(target policy.Origin) map[finding.From]string {
	scheme := "https"
	if target.Scheme() == "http" && !target.IsLoopback() {
		scheme = "http"
	}
	at := map[finding.From]string{
		finding.CrossSite: scheme + "://" + other("attacker.example", "attacker.test", func(host string) bool {
			return !sameSite(target, scheme, host)
		}),
	}
	if host := sibling(target); host != "" {
		at[finding.Sibling] = target.Scheme() + "://" + host
	}
	if target.IsAddress() || !strings.Contains(target.Host(), ".") {
		at[finding.OtherPort] = target.Scheme() + "://" + target.Host()
	}
	return at
}

// sibling is another host below the target's registrable domain, "" if there can
// be none: addresses, single labels and public suffixes have no site-mates.
func sibling(target policy.Origin) string {
	if target.IsAddress() {
		return ""
	}
	domain := target.RegistrableDomain()
	host := other("evil."+domain, "attacker."+domain, func(host string) bool { return host != target.Host() })
	if !sameSite(target, target.Scheme(), host) {
		return ""
	}
	return host
}

func sameSite(target policy.Origin, scheme, host string) bool {
	o, err := policy.OriginOfURL(scheme + "://" + host)
	return err == nil && o.SameSite(target)
}

func other(first, second string, fits func(string) bool) string {
	if fits(first) {
		return first
	}
	return second
}
