package policy

import "strings"

// plainOrigin reads what nearly every browser sends, a lower-case name or IPv4
// address with or without a port, without allocating: a guard asks for every
// request. It is not ok for anything else, which OriginOfURL then decides; where
// it is ok, OriginOfURL agrees.
func plainOrigin(scheme, authority string) (o Origin, ok bool) {
	ok = o.setPlain(scheme, authority)
	return o, ok
}

func (o *Origin) setPlain(scheme, authority string) bool {
	switch scheme {
	case "https":
		o.port = 443
	case "http":
		o.port = 80
	default:
		return false
	}
	o.scheme, o.host = scheme, authority
	for i := range len(authority) {
		if !isHostByte[authority[i]] {
			return o.setPlainPort(i)
		}
	}
	return authority != ""
}

// setPlainPort is for a host in which something else than its name begins at i.
func (o *Origin) setPlainPort(i int) (ok bool) {
	o.port, ok = plainPort(o.host[i:])
	o.host = o.host[:i]
	return ok && i > 0
}

// isHostByte holds for lower-case letters, digits, dot and hyphen.
var isHostByte = func() (is [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyz0123456789.-") {
		is[c] = true
	}
	return is
}()

// plainPort wants a colon and the digits a browser would write: no leading zero.
func plainPort(s string) (uint16, bool) {
	if len(s) < 2 || len(s) > 6 || s[0] != ':' || s[1] == '0' {
		return 0, false
	}
	s = s[1:]
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

// isWritten says whether header is o as a browser writes it, which is what String
// gives, without making that.
func (o *Origin) isWritten(header string) bool {
	var rest string
	var ok, standard bool
	switch o.scheme {
	case "https":
		rest, ok = strings.CutPrefix(header, "https://")
		standard = o.port == 443
	case "http":
		rest, ok = strings.CutPrefix(header, "http://")
		standard = o.port == 80
	}
	if standard || !ok {
		return ok && rest == o.host && o.host != ""
	}
	rest, ok = strings.CutPrefix(rest, o.host)
	port, valid := plainPort(rest)
	return ok && valid && port == o.port && o.host != ""
}
