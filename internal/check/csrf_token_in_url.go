package check

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

var csrfTokenInURL = &Check{
	ID:  string(finding.CSRFTokenInURL),
	Doc: "anti-forgery tokens in the query of links, form targets and redirects",
	Run: func(p *Pass) {
		reported := map[string]bool{}
		report := func(e finding.Endpoint, identity, where, parameter, seen string) {
			if reported[e.String()] {
				return
			}
			reported[e.String()] = true
			p.Report(finding.Finding{Weakness: finding.CSRFTokenInURL, Endpoint: e, Identity: identity,
				Why:      "The parameter " + parameter + " in the query of " + where + " is an anti-forgery token: it ends up in logs, in the history and in Referer headers.",
				Evidence: []finding.Evidence{{Kind: "form", Source: seen, Text: where + ": " + e.String() + "?" + parameter + "=…"}}})
		}
		tokens, routes := tokenValues(p.Site), followedLinks(p.Site)
		for _, a := range p.Site.Actions {
			if name := queryToken(a, tokens); name != "" {
				report(a.Endpoint(), victimOf(p.Site, a), "the action's address", name, a.Page)
			}
		}
		for _, page := range p.Site.Pages {
			for _, link := range page.Links {
				if name := tokenParameter(link, tokens); name != "" {
					report(endpointOfLink(routes, link), page.Exchange.Identity, "a link", name, page.Exchange.URL)
				}
			}
		}
		for _, x := range p.Site.Exchanges {
			if name := tokenParameter(x.Location, tokens); name != "" {
				report(endpointOfLink(routes, x.Location), x.Identity, "a redirect", name, x.URL)
			}
		}
	},
}

// tokenValues are the digests of what behaves like a token in the site's forms.
func tokenValues(site *observe.Site) map[string]bool {
	values := map[string]bool{}
	for _, a := range site.Actions {
		for _, f := range a.Fields {
			if f.Token && f.Value != "" {
				values[f.Value] = true
			}
		}
	}
	return values
}

// queryToken names the token that the action's own address carries.
func queryToken(a finding.Action, tokens map[string]bool) string {
	for _, f := range a.Fields {
		inQuery := f.In == "query" || a.Method == http.MethodGet && f.In == ""
		if inQuery && (f.Token || isForgeryToken(f.Name)) {
			return f.Name
		}
	}
	return tokenParameter(a.URL, tokens)
}

// tokenParameter names the parameter of a URL that holds a token: one with the
// value of a token elsewhere, or one that is called so.
func tokenParameter(raw string, tokens map[string]bool) string {
	u, err := url.Parse(raw)
	if err != nil || u.RawQuery == "" {
		return ""
	}
	query := u.Query()
	for _, pair := range strings.Split(u.RawQuery, "&") { // in the order of the URL
		name, _, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name)
		if value := query.Get(name); value != "" && (tokens[value] || isForgeryToken(name)) {
			return name
		}
	}
	return ""
}

// isForgeryToken is narrower than namesToken: a parameter called "token" is just
// as often a key of its own, for a download or a confirmation by mail.
func isForgeryToken(name string) bool {
	return containsAny(strings.ToLower(name), "csrf", "xsrf", "forgery", "authenticity")
}

func containsAny(s string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

// endpointOfLink is where a link leads, by the route observe gave it if it was followed.
func endpointOfLink(routes map[string]string, link string) finding.Endpoint {
	e := finding.Endpoint{Method: http.MethodGet, URL: link}
	if u, err := url.Parse(link); err == nil {
		e.Route = u.Path
	}
	if route, followed := routes[withoutFragment(link)]; followed {
		e.Route = route
	}
	return e
}

// followedLinks are the routes of the addresses that were asked for.
func followedLinks(site *observe.Site) map[string]string {
	routes := map[string]string{}
	for _, x := range site.Exchanges {
		if x.Method == http.MethodGet {
			routes[withoutFragment(x.URL)] = x.Route
		}
	}
	return routes
}
