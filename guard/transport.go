package guard

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/policy"
)

// scheme is how the client came: the connection's own, or what a proxy says that
// the owner trusts. Anybody else's X-Forwarded-Proto is ignored.
func (g *Guard) scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	if proto, trusted := g.forwardedProto(r); trusted && proto == "https" {
		return "https"
	}
	return "http"
}

// forwardedProto is the scheme a trusted proxy names, "" if it names none.
func (g *Guard) forwardedProto(r *http.Request) (proto string, trusted bool) {
	if !g.fromTrustedProxy(r) {
		return "", false
	}
	v := r.Header[headerForwardedProto]
	if len(v) != 1 || v[0] != "https" && v[0] != "http" {
		return "", true
	}
	return v[0], true
}

func (g *Guard) fromTrustedProxy(r *http.Request) bool {
	proxies := g.options.Transport.TrustedProxies
	if len(proxies) == 0 {
		return false
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr := peer.Addr().Unmap().WithZone("")
	return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// isSecure says whether the browser sees the site over https: by its connection,
// by a trusted proxy, or because the owner declared the host as an https origin.
func (g *Guard) isSecure(r *http.Request) bool {
	return g.scheme(r) == "https" || len(g.https) > 0 && g.https[strings.ToLower(r.Host)]
}

// Origin is the origin under which browsers know the site that r was sent to.
func (g *Guard) Origin(r *http.Request) string {
	if g.isSecure(r) {
		return "https://" + strings.TrimSuffix(strings.ToLower(r.Host), ":443")
	}
	return "http://" + strings.TrimSuffix(strings.ToLower(r.Host), ":80")
}

func httpsHosts(hosts []string) map[string]bool {
	secure := map[string]bool{}
	for _, h := range hosts {
		if authority, ok := strings.CutPrefix(h, "https://"); ok {
			secure[strings.ToLower(authority)] = true
		}
	}
	return secure
}

// transport says what is wrong with how a request came, "" for nothing.
func (g *Guard) transport(r *http.Request, scheme string) policy.Reason {
	if !g.options.Transport.Redirect || scheme == "https" {
		return ""
	}
	proto, trusted := g.forwardedProto(r)
	switch {
	case trusted && proto == "":
		return "" // the proxy does not say; redirecting could go round in circles
	case !trusted && len(r.Header[headerForwardedProto]) > 0:
		return policy.InsecureTransport // a proxy nobody declared: the same circle
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return policy.HTTPSRedirect
	}
	return policy.InsecureTransport
}

// secureURL is where a plain request should have gone. The host was checked
// against Rules.Hosts before.
func (g *Guard) secureURL(r *http.Request) string {
	host := r.Host
	if u, err := url.Parse("http://" + host); err == nil {
		host = u.Hostname()
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
	}
	for _, h := range g.rules.Hosts { // a declared origin also tells the port
		if o, err := policy.ParseOrigin(h); err == nil && o.Scheme() == "https" && strings.EqualFold(o.Host(), host) {
			host = strings.TrimPrefix(h, "https://")
		}
	}
	target := r.URL.RequestURI()
	if !strings.HasPrefix(target, "/") {
		target = "/"
	}
	return "https://" + host + target
}
