package policy

import "strings"

// matches says whether some source of the list names ancestor (CSP Level 3,
// section 6.7.2.7, "match a URL to a source list"). target stands for 'self' and
// lends its scheme to sources without one.
func (l SourceList) matches(target, ancestor Origin, redirected bool) bool {
	for _, s := range l.sources {
		if s.matches(target, ancestor, redirected) {
			return true
		}
	}
	return false
}

func (s Source) matches(target, ancestor Origin, redirected bool) bool {
	switch s.Kind {
	case SourceStar:
		return isNetworkScheme(ancestor.scheme) || ancestor.scheme != "" && ancestor.scheme == target.scheme
	case SourceScheme:
		return matchScheme(s.Scheme, ancestor.scheme) != noMatch
	case SourceSelf:
		self := Source{Kind: SourceHost, Scheme: target.scheme, Host: target.host, Port: int(target.port)}
		return !target.IsOpaque() && self.matchesHost(target, ancestor)
	case SourceHost:
		return s.matchesHost(target, ancestor) && (redirected || s.matchesPath())
	}
	return false
}

// match is how well a scheme or a port fits. An upgrade of one is acceptable only
// together with an upgrade, or no statement, of the other.
type match int

const (
	noMatch match = iota
	exactMatch
	openMatch    // nothing particular was asked for
	upgradeMatch // the secure variant of what was asked for
)

// matchesHost is section 6.7.2.8 for host sources. It also covers Chromium's
// stricter part: http://a:8080 is not https://a:8080, for only port 80 has an
// upgrade, while the specification asks for scheme and port separately.
func (s Source) matchesHost(target, ancestor Origin) bool {
	scheme := s.Scheme
	if scheme == "" {
		scheme = target.scheme
	}
	byScheme, byPort := matchScheme(scheme, ancestor.scheme), s.matchPort(ancestor)
	switch {
	case byScheme == noMatch || byPort == noMatch:
		return false
	case byScheme == upgradeMatch && byPort == exactMatch:
		return false
	case byPort == upgradeMatch && byScheme != upgradeMatch:
		return false
	}
	if !s.Wildcard {
		return s.Host == ancestor.host
	}
	// *.example.com does not name example.com itself.
	return s.Host == "" || strings.HasSuffix(ancestor.host, "."+s.Host)
}

// matchScheme is section 6.7.2.9, "scheme-part matches". An opaque origin has no
// scheme and matches none.
func matchScheme(wanted, have string) match {
	switch {
	case have == "":
		return noMatch
	case wanted == have:
		return exactMatch
	case wanted == "http" && have == "https", wanted == "ws" && have == "wss":
		return upgradeMatch
	}
	return noMatch
}

// matchPort is section 6.7.2.11, "port-part matches". A page from a file has no
// port, which a source without one fits.
func (s Source) matchPort(ancestor Origin) match {
	port := int(ancestor.port)
	switch {
	case s.Port == AnyPort:
		return openMatch
	case s.Port == NoPort && port == int(defaultPorts[ancestor.scheme]):
		return openMatch
	case s.Port == NoPort:
		return noMatch
	case s.Port == port && port != 0:
		return exactMatch
	case s.Port == 80 && port == 443:
		return upgradeMatch
	}
	return noMatch
}

// matchesPath compares with the path of an origin, which is "/". A path that
// names more of the site therefore names no ancestor at all: the specification
// would ignore it here, Chromium does not (measured).
func (s Source) matchesPath() bool { return s.Path == "" || s.Path == "/" }

func isNetworkScheme(scheme string) bool {
	switch scheme {
	case "http", "https", "ws", "wss":
		return true
	}
	return false
}
