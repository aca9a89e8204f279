package check

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/markup"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// A sight is an answer in which something was seen, and what, in words that hold
// nothing secret.
type sight struct {
	*observe.Exchange
	text string
}

func (s sight) endpoint() finding.Endpoint {
	return finding.Endpoint{Method: s.Method, Route: s.Route, URL: s.URL}
}

// reportSights makes one finding of all sights of a weakness: they are the work of a
// few lines of configuration. It stands at the route nearest to the site's root, so
// that its ID does not change when a route is added below.
func reportSights(p *Pass, w finding.Weakness, sights []sight, why func(routes string) string) {
	if len(sights) == 0 {
		return
	}
	slices.SortStableFunc(sights, func(a, b sight) int {
		return cmp.Or(cmp.Compare(strings.Count(a.Route, "/"), strings.Count(b.Route, "/")), cmp.Compare(len(a.Route), len(b.Route)),
			cmp.Compare(a.Route, b.Route), cmp.Compare(a.Identity, b.Identity), cmp.Compare(a.text, b.text))
	})
	f := finding.Finding{Weakness: w, Endpoint: sights[0].endpoint(), Identity: sights[0].Identity}
	places := map[string]bool{}
	said := map[string]bool{}
	for i, s := range sights {
		place := s.endpoint().String()
		if i > 0 && !places[place] {
			f.Routes = append(f.Routes, s.endpoint())
		}
		if !said[s.text] && len(said) < most {
			f.Evidence = append(f.Evidence, finding.Evidence{Kind: evidenceOf(w), Source: s.URL, Text: s.text})
		}
		places[place], said[s.text] = true, true
	}
	f.Why = why(routes(len(places)))
	p.Report(f)
}

// evidenceOf is the sort of what a sight of w was read from.
func evidenceOf(w finding.Weakness) string {
	family, _, _ := strings.Cut(string(w), "-")
	switch {
	case w == finding.TransportOutdated || w == finding.TransportCertificate || w == finding.TransportExpiry:
		return "note" // of a handshake
	case family == "header" || family == "transport":
		return "header"
	}
	return "exchange"
}

// answered says whether the target gave what was asked for.
func answered(x *observe.Exchange) bool {
	return x.Method == http.MethodGet && x.Status >= 200 && x.Status < 300 && len(x.Body) > 0
}

// isPage says whether an answer is a page of the site that a browser shows.
func isPage(x *observe.Exchange) bool {
	return answered(x) && (x.Type == "text/html" || x.Type == "application/xhtml+xml")
}

// remote gives the origin of an answer's address; false for one on this machine,
// where people develop, and for one that cannot be read.
func remote(x *observe.Exchange) (policy.Origin, bool) {
	o, err := policy.OriginOfURL(x.URL)
	return o, err == nil && !o.IsLoopback()
}

// everywhere are the site's answers, its script files and the answers of the addresses
// that were tried.
func everywhere(site *observe.Site) []*observe.Exchange {
	return slices.Concat(site.Exchanges, site.Scripts, site.Doors)
}

// directives are the names of the directives in a page's enforced policies: those of
// its headers, and those that stand in the page itself.
func directives(x *observe.Exchange) map[string]bool {
	names := map[string]bool{}
	values := x.Header.Values(policy.HeaderCSP)
	if u, err := url.Parse(x.URL); err == nil {
		if page, err := markup.Parse(x.Body, u); err == nil {
			values = append(slices.Clone(values), page.ContentPolicies()...)
		}
	}
	for _, value := range values {
		for _, d := range strings.FieldsFunc(value, func(r rune) bool { return r == ';' || r == ',' }) {
			if words := strings.Fields(d); len(words) > 0 {
				names[strings.ToLower(words[0])] = true
			}
		}
	}
	return names
}
