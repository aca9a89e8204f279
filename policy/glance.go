package policy

import (
	"net/http"
	"slices"
	"strings"
)

// A Glance is a server's shortcut through Rules. It decides about what nearly every
// request is, one that changes nothing or a change of which the browser says plainly
// whose page sends it, by the few things that matter then. It is not sure of anything
// else: that is for Rules.Decide, which agrees wherever a Glance is sure.
type Glance struct {
	anyHost bool
	sites   []site // what is declared, unless anyHost
	reads   bool   // no rule is about requests that change nothing
	changes bool   // no rule asks more than whose page it is
	trusted []string
}

// A site is one way to address a declared host, and how browsers write its origin.
type site struct{ asked, own address }

// An address is a scheme and a host in lower case, with the port unless it is the
// scheme's own: a plainOrigin in two words.
type address struct{ scheme, host string }

// Glance prepares the shortcut. The rules must not be changed afterwards.
func (r *Rules) Glance() *Glance {
	return &Glance{
		anyHost: len(r.Hosts) == 0,
		sites:   r.sites(),
		reads:   len(r.Sensitive) == 0 && !r.IsolateFrames && !r.IsolateResources,
		changes: !r.Strict && len(r.StrictPaths) == 0 && len(r.Exempt) == 0 && !r.IsolateFrames,
		trusted: r.TrustedOrigins,
	}
}

func (r *Rules) sites() (sites []site) {
	for _, declared := range r.Hosts {
		_, host, found := strings.Cut(declared, "://")
		if !found {
			host = declared
		}
		for _, scheme := range []string{"https", "http"} {
			asked := address{scheme, host}
			q := Request{Scheme: scheme, Host: host, hostTaken: true}
			var self Origin
			if !asked.isPlain() || r.admit(&self, &q) != "" {
				continue
			}
			if own, _ := strings.CutPrefix(self.String(), self.scheme+"://"); (address{self.scheme, own}).isPlain() {
				sites = append(sites, site{asked, address{self.scheme, own}})
			}
		}
	}
	return sites
}

// Decide decides about a request that came by scheme, if it is sure.
func (g *Glance) Decide(scheme string, r *http.Request) (d Decision, sure bool) {
	own, known := g.site(address{scheme, r.Host})
	if !known || r.ProtoMajor != 1 && len(r.Header[headerHost]) > 0 {
		return Decision{}, false
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return allow(SafeMethod), g.reads && isPlainRead(r)
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		if g.changes {
			return g.change(own, r.Header)
		}
	}
	return Decision{}, false
}

func (g *Glance) site(asked address) (own address, known bool) {
	if g.anyHost {
		return asked, asked.isPlain()
	}
	for i := range g.sites {
		if s := &g.sites[i]; s.asked == asked {
			return s.own, true
		}
	}
	return address{}, false
}

// isPlainRead: no socket is opened, and no method overridden.
func isPlainRead(r *http.Request) bool {
	if len(r.Header[headerUpgrade]) > 0 {
		return false
	}
	for _, name := range methodOverrides {
		if len(r.Header[name]) > 0 {
			return false
		}
	}
	return r.URL.RawQuery == "" || !strings.Contains(r.URL.RawQuery, methodOverrideField)
}

// change tells the site's own pages from others' where the headers say it plainly.
func (g *Glance) change(own address, h http.Header) (d Decision, sure bool) {
	site, origin := h[headerFetchSite], h[headerOrigin]
	if len(site) > 1 || len(origin) != 1 || len(g.trusted) > 0 && slices.Contains(g.trusted, origin[0]) {
		return Decision{}, false
	}
	isOwn := own.isWritten(origin[0])
	switch {
	case len(site) == 0:
		return allow(OwnOrigin), isOwn
	case site[0] == "same-origin":
		return allow(SameOrigin), isOwn
	case site[0] == "cross-site":
		return deny(CrossSite), !isOwn && !isList(origin[0])
	}
	return Decision{}, false
}

// isWritten says whether origin is a plain address as browsers write it.
func (a address) isWritten(origin string) bool {
	if a.scheme == "https" {
		host, ok := strings.CutPrefix(origin, "https://")
		return ok && host == a.host
	}
	host, ok := strings.CutPrefix(origin, "http://")
	return ok && host == a.host
}

func (a address) isPlain() bool {
	if a.scheme != "https" && a.scheme != "http" {
		return false
	}
	for i := range len(a.host) {
		if !isHostByte[a.host[i]] {
			port, ok := plainPort(a.host[i:])
			return ok && i > 0 && port != defaultPorts[a.scheme]
		}
	}
	return a.host != ""
}
