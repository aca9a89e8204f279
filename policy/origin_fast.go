package policy

import "strings"

// plainOrigin reads what nearly every browser sends, a lower-case name or IPv4
// address with or without a port, without allocating: a guard asks for every
// request. It is not ok for anything else, which OriginOfURL then decides; where
// it is ok, OriginOfURL agrees.
func plainOrigin(scheme, authority string) (Origin, bool) {
	o := Origin{scheme: scheme, host: authority}
	switch scheme {
	case "https":
		o.port = 443
	case "http":
		o.port = 80
	default:
		return Origin{}, false
	}
	if i := strings.IndexByte(authority, ':'); i >= 0 {
		port, ok := plainPort(authority[i+1:])
		if !ok {
			return Origin{}, false
		}
		o.host, o.port = authority[:i], port
	}
	return o, plainHost(o.host)
}

func plainHost(host string) bool {
	for i := range len(host) {
		c := host[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' {
			return false
		}
	}
	return host != ""
}

// plainPort wants the digits a browser would write: no leading zero.
func plainPort(s string) (uint16, bool) {
	if s == "" || len(s) > 5 || s[0] == '0' {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return uint16(n), n <= 65535
}

// plainSerialized is ParseOrigin for such origins. A default port that is spelled
// out is no browser's writing.
func plainSerialized(s string) (Origin, bool) {
	scheme, authority, found := strings.Cut(s, "://")
	if !found {
		return Origin{}, false
	}
	o, ok := plainOrigin(scheme, authority)
	if !ok || len(o.host) < len(authority) && o.port == defaultPorts[scheme] {
		return Origin{}, false
	}
	return o, true
}

// isWritten says whether header is how a browser writes o, without reading it. It
// may say no where reading says yes, and not the other way round.
func (o *Origin) isWritten(header string) bool {
	rest, ok := strings.CutPrefix(header, o.scheme)
	if !ok || len(rest) != len("://")+len(o.host) || rest[:3] != "://" || rest[3:] != o.host {
		return false
	}
	return o.host != "" && (o.port == 443 && o.scheme == "https" || o.port == 80 && o.scheme == "http")
}
