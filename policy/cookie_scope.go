package policy

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// A cookie prefix is a promise in the name that the browser holds the line to
// (RFC 6265bis, section 4.1.3; __Http- as in its successor). Case is ignored.
type cookiePrefix int

const (
	noPrefix cookiePrefix = iota
	securePrefix
	hostPrefix
	httpPrefix
	hostHTTPPrefix
)

func prefixOf(name string) cookiePrefix {
	name = lowerASCII(name)
	switch {
	case strings.HasPrefix(name, "__host-http-"):
		return hostHTTPPrefix
	case strings.HasPrefix(name, "__host-"):
		return hostPrefix
	case strings.HasPrefix(name, "__http-"):
		return httpPrefix
	case strings.HasPrefix(name, "__secure-"):
		return securePrefix
	}
	return noPrefix
}

// prefixBroken is the reason why c does not keep its name's promise, or "".
func (c Cookie) prefixBroken(host Origin) Reason {
	// An explicit "/" is needed: a default path that happens to be "/" is not enough.
	bound := c.Path == "/" && (c.Domain == "" || host.IsAddress() && c.Domain == host.Host())
	switch prefixOf(c.Name) {
	case securePrefix:
		if !c.Secure {
			return CookieSecurePrefixBroken
		}
	case hostPrefix:
		if !c.Secure || !bound {
			return CookieHostPrefixBroken
		}
	case httpPrefix:
		if !c.Secure || !c.HTTPOnly {
			return CookieHTTPPrefixBroken
		}
	case hostHTTPPrefix:
		if !c.Secure || !c.HTTPOnly || !bound {
			return CookieHTTPPrefixBroken
		}
	}
	return ""
}

// domainRefused is the reason why a response of host may not set c, or "".
func (c Cookie) domainRefused(host Origin) Reason {
	if c.Domain == "" || c.Domain == host.Host() {
		return ""
	}
	if host.IsAddress() || !strings.HasSuffix(host.Host(), "."+c.Domain) {
		return CookieDomainForeign
	}
	if suffix, _ := publicsuffix.PublicSuffix(c.Domain); suffix == c.Domain {
		return CookieDomainPublicSuffix
	}
	return ""
}

// reachesHost says whether a cookie set by setter goes to host at all.
func (c Cookie) reachesHost(setter, host Origin) bool {
	if c.hostOnly(setter) {
		return host.Host() == setter.Host()
	}
	return host.Host() == c.Domain || !host.IsAddress() && strings.HasSuffix(host.Host(), "."+c.Domain)
}

// hostOnly also holds for a Domain that names an address or a public suffix,
// which a browser accepts from that very host and then reads as absent.
func (c Cookie) hostOnly(setter Origin) bool {
	if c.Domain == "" || setter.IsAddress() {
		return true
	}
	suffix, _ := publicsuffix.PublicSuffix(c.Domain)
	return suffix == c.Domain
}

// reachesPath says whether a cookie set at setPath goes to path (RFC 6265bis,
// section 5.1.4).
func (c Cookie) reachesPath(setPath, path string) bool {
	scope := c.Path
	if scope == "" {
		scope = defaultCookiePath(setPath)
	}
	path = cleanRequestPath(path)
	if !strings.HasPrefix(path, scope) {
		return false
	}
	return len(path) == len(scope) || strings.HasSuffix(scope, "/") || path[len(scope)] == '/'
}

func defaultCookiePath(path string) string {
	path = cleanRequestPath(path)
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}

func cleanRequestPath(path string) string {
	path, _, _ = strings.Cut(path, "?")
	if !strings.HasPrefix(path, "/") {
		return "/"
	}
	return path
}
