package observe

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// noSuchPage is a path that no application has. It is always the same, so that two
// scans of one site can be compared.
const noSuchPage = "/mantlet-no-such-page"

// UnknownRoute stands for every path without a route of its own.
const UnknownRoute = "/{unknown}"

// probeErrors looks at error pages: one that is not there, one asked for with the
// wrong method, one given nonsense for a number.
func (c *collector) probeErrors() {
	var probes []visit
	for _, o := range c.grant.Targets() {
		probes = append(probes, visit{url: o.String() + noSuchPage, purpose: "error-probe"})
	}
	if raw := c.api.wrongMethod(); raw != "" {
		probes = append(probes, visit{url: raw, purpose: "error-probe"})
	}
	if raw := c.api.wrongType(); raw != "" {
		probes = append(probes, visit{url: raw, purpose: "error-probe"})
	}
	probes = slices.DeleteFunc(probes, func(v visit) bool {
		return c.grant.Allows(v.url) != nil || c.stopped != nil || c.byURL[viewKey("", v.url)] != nil
	})
	for _, v := range c.fetchAll(c.sessions[0], probes) {
		c.keep(v)
	}
}

// wrongMethod is the address of an operation that only takes unsafe methods.
func (a *api) wrongMethod() string {
	for _, o := range a.operations {
		only := !slices.ContainsFunc(a.operations, func(p operation) bool { return p.path == o.path && isSafe(p.method) })
		if only && o.method == http.MethodPost && !strings.Contains(o.path, "{") {
			if raw, _, _ := o.address(nil); raw != "" {
				return raw
			}
		}
	}
	return ""
}

// wrongType is the address of a reading operation with text where a number belongs.
func (a *api) wrongType() string {
	for _, o := range a.operations {
		if o.method != http.MethodGet || o.changes(a) {
			continue
		}
		for _, p := range o.params {
			if p.Value.In == "query" && (o.typeOf("query", p.Value.Name) == "integer" || o.typeOf("query", p.Value.Name) == "number") {
				if raw, _, known := o.address(a.values); known {
					u, err := url.Parse(raw)
					if err != nil {
						continue
					}
					query := u.Query()
					query.Set(p.Value.Name, "mantlet")
					u.RawQuery = query.Encode()
					return u.String()
				}
			}
		}
	}
	return ""
}

// compareAsAnonymous fetches without a login what identities were shown, so that
// it is known which pages need one.
func (c *collector) compareAsAnonymous() {
	counts := map[string]int{}
	var wanted []visit
	for _, v := range c.views {
		x := v.exchange
		if x.Identity == "" || x.Status >= 400 || c.byURL[viewKey("", x.URL)] != nil || counts[x.URL] > 0 {
			continue
		}
		counts[x.URL]++
		if route := c.routes.shape(x.URL); counts["route "+route] < perTemplate {
			counts["route "+route]++
			wanted = append(wanted, visit{url: x.URL, purpose: "crawl"})
		}
	}
	if len(wanted) > c.o.MaxPages {
		c.skip(finding.Skip{What: "pages of anonymous", Why: fmt.Sprintf("the limit of %d pages was reached when comparing with the identities' pages", c.o.MaxPages)})
		wanted = wanted[:c.o.MaxPages]
	}
	if c.stopped != nil {
		return
	}
	for _, v := range c.fetchAll(c.sessions[0], wanted) {
		c.keep(v)
	}
}

// noteAuthenticated says of each exchange of an identity whether anonymous visitors
// were answered differently.
func (c *collector) noteAuthenticated() {
	for _, v := range c.views {
		x := v.exchange
		if x.Identity == "" {
			continue
		}
		if anon := c.byURL[viewKey("", x.URL)]; anon != nil {
			differs := anon.exchange.Status != x.Status || pathOf(anon.exchange.Location) != pathOf(x.Location)
			x.Authenticated = &differs
		}
	}
}

func pathOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return rawURL
	}
	return u.Path
}

// hardening are the headers by which a layer that adds security headers shows.
var hardening = []string{policy.HeaderCSP, policy.HeaderCSPReportOnly, policy.HeaderXFO, "Strict-Transport-Security",
	"Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy", "Referrer-Policy", "X-Content-Type-Options"}

// hasHardening says whether any page carries one of them. Error pages do not count:
// some servers harden those by themselves.
func (c *collector) hasHardening() bool {
	return slices.ContainsFunc(c.views, func(v *view) bool {
		return v.exchange.Status < 400 && slices.ContainsFunc(hardening, func(name string) bool { return v.exchange.Header.Get(name) != "" })
	})
}
