package policy

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// An Origin is who a page is to a browser: scheme, host and port (HTML, section
// 7.1.1), or an opaque origin, which equals nothing but is written "null". The
// zero value is an opaque origin. Origins are comparable with == except that two
// opaque ones are never the same party: ask Same.
type Origin struct {
	scheme string // lower case
	host   string // lower case, IPv6 in brackets
	port   uint16 // never 0 in a tuple origin; the scheme's default is filled in
}

// Opaque is the origin of a sandboxed frame or a data: document.
var Opaque Origin

var defaultPorts = map[string]uint16{"http": 80, "ws": 80, "https": 443, "wss": 443, "ftp": 21}

// ParseOrigin reads an origin as a browser serialises it in an Origin header:
// scheme, host, and the port only where it is not the scheme's default; "null"
// is Opaque. Anything a browser would not have written is an error: upper case,
// user information, a path, a spelled-out default port. "file://" is a page from
// disk: opaque to every comparison, as in Chromium, but its scheme is kept since
// a frame-ancestors list can name it (measured).
func ParseOrigin(s string) (Origin, error) {
	switch s {
	case "null":
		return Opaque, nil
	case "file://":
		return Origin{scheme: "file"}, nil
	}
	if o, ok := plainSerialized(s); ok {
		return o, nil
	}
	o, err := OriginOfURL(s)
	if err != nil {
		return Origin{}, err
	}
	if o.String() != s {
		return Origin{}, fmt.Errorf("origin %q is not in serialised form, a browser would write %q", s, o.String())
	}
	return o, nil
}

// OriginOfURL is the origin of the document a URL leads to. URLs without a host
// (data:, about:, file:) have an opaque origin and are an error here, since their
// origin depends on who opened them.
func OriginOfURL(raw string) (Origin, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return Origin{}, fmt.Errorf("parse origin of %q: %w", raw, err)
	}
	host := strings.ToLower(u.Hostname())
	if host == "" || u.Scheme == "" {
		return Origin{}, fmt.Errorf("%q has no scheme and host", raw)
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	scheme := strings.ToLower(u.Scheme)
	port := defaultPorts[scheme]
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return Origin{}, fmt.Errorf("%q has no usable port", raw)
		}
		port = uint16(n)
	}
	if port == 0 {
		return Origin{}, errors.New("scheme " + scheme + " has no default port")
	}
	return Origin{scheme, host, port}, nil
}

// Scheme is lower case and empty for an opaque origin, but "file" for a page from disk.
func (o Origin) Scheme() string { return o.scheme }

// Host is the lower-case host name; an IPv6 address keeps its brackets.
func (o Origin) Host() string { return o.host }

// Port is the port number, the scheme's default filled in.
func (o Origin) Port() uint16 { return o.port }

// IsOpaque says whether o equals nothing, itself included.
func (o Origin) IsOpaque() bool { return o.host == "" }

// Same says whether both are the same tuple origin. Opaque origins are never the same.
func (o Origin) Same(p Origin) bool { return !o.IsOpaque() && o == p }

// String serialises o as an Origin header would.
func (o Origin) String() string {
	if o.IsOpaque() {
		return "null"
	}
	if o.port == defaultPorts[o.scheme] {
		return o.scheme + "://" + o.host
	}
	return o.scheme + "://" + o.host + ":" + strconv.Itoa(int(o.port))
}

// RegistrableDomain is the public suffix plus one label of o's host, or the host
// itself where there is none (an address, a single label, a public suffix).
func (o Origin) RegistrableDomain() string {
	if o.IsOpaque() || o.IsAddress() {
		return o.host
	}
	d, err := publicsuffix.EffectiveTLDPlusOne(o.host)
	if err != nil {
		return o.host
	}
	return d
}

// SameSite says whether both are schemefully same-site (HTML, section 7.1.1.1):
// same scheme, ws counting as http and wss as https, and same registrable domain.
func (o Origin) SameSite(p Origin) bool {
	if o.IsOpaque() || p.IsOpaque() {
		return false
	}
	return siteScheme(o.scheme) == siteScheme(p.scheme) && o.RegistrableDomain() == p.RegistrableDomain()
}

// IsAddress says whether the host is an IP address.
func (o Origin) IsAddress() bool {
	_, err := netip.ParseAddr(strings.Trim(o.host, "[]"))
	return err == nil
}

// IsLoopback says whether the host can only be this machine: localhost, a name
// below it, or a loopback address (Secure Contexts, section 3.1).
func (o Origin) IsLoopback() bool {
	host := strings.TrimSuffix(strings.Trim(o.host, "[]"), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// IsTrustworthy says whether a browser treats o as a secure context's origin:
// an encrypted scheme or a loopback host (Secure Contexts, section 3.1).
func (o Origin) IsTrustworthy() bool {
	return o.scheme == "https" || o.scheme == "wss" || o.IsLoopback()
}

func siteScheme(s string) string {
	switch s {
	case "ws":
		return "http"
	case "wss":
		return "https"
	}
	return s
}
