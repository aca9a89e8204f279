package observe

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/policy"
)

// finish makes the Site of what was gathered. Secrets are replaced last, when all
// of them are known.
func (c *collector) finish() {
	c.routes.learnAlike(c.views)
	c.routes.learnNames(c.addresses())
	for i, v := range c.views {
		v.exchange.ID = fmt.Sprintf("x%d", i+1)
		if v.exchange.Asked == nil {
			v.exchange.Route = c.routes.of(v.exchange.URL)
		}
		if pathOf(v.exchange.URL) == noSuchPage {
			v.exchange.Route = UnknownRoute
		}
		c.site.Exchanges = append(c.site.Exchanges, v.exchange)
	}
	for i, x := range c.site.Scripts {
		x.ID, x.Route = fmt.Sprintf("s%d", i+1), pathOf(x.URL)
	}
	c.noteAuthenticated()
	c.noteUseless()
	c.readAccounts()
	c.readPages()
	c.readSockets()
	c.nameForeign()
	c.liftQueryTokens()
	c.findTokens()
	for _, a := range c.actions.list {
		c.site.Actions = append(c.site.Actions, a.Action)
		c.site.Actors = append(c.site.Actors, a.actors)
	}
	c.site.Documented = c.api.endpoints()
	c.readCookies()
	c.readLogins()
	c.site.Framework = c.findFramework()
	c.redact()
}

// addresses are all that identities fetched or were shown a link to; without
// identities, those of anonymous visitors.
func (c *collector) addresses() []address {
	var all []address
	for _, v := range c.views {
		who := v.exchange.Identity
		if who == "" && len(c.sessions) > 1 {
			continue // sees what the identities were shown, when it is compared with them
		}
		all = append(all, address{who, v.exchange.URL})
		if v.page == nil {
			continue
		}
		for _, l := range v.page.Links() {
			if c.grant.Allows(l.URL) == nil {
				all = append(all, address{who, l.URL})
			}
		}
		for _, f := range v.page.Forms() {
			all = append(all, address{who, f.URL})
		}
	}
	return all
}

// noteUseless says aloud when an identity saw nothing that others do not: its
// session may never have worked.
func (c *collector) noteUseless() {
	for _, s := range c.sessions[1:] {
		pages, personal := 0, 0
		for _, v := range c.views {
			if v.session == s && v.exchange.Authenticated != nil {
				pages++
				if *v.exchange.Authenticated {
					personal++
				}
			}
		}
		if pages > 0 && personal == 0 && s.Probe() == "" {
			c.skip(finding.Skip{What: "identity " + s.Name(), Why: "every page answered as it does without a login: check its credentials", Incomplete: true})
		}
	}
}

// readCookies lists the cookies set at login and on the way, each distinct line
// once; lines that differ only in value or date are not distinct.
func (c *collector) readCookies() {
	listed := map[string]bool{}
	add := func(line string, e finding.Endpoint, s *identity.Session) {
		cookie := policy.ParseSetCookie(line)
		_, attributes, _ := strings.Cut(line, ";")
		key := s.Name() + "|" + cookie.Name + "|" + undated(attributes)
		if cookie.Name == "" || listed[key] {
			return
		}
		listed[key] = true
		names, _ := s.SessionCookies()
		c.site.Cookies = append(c.site.Cookies, Cookie{Line: c.grant.Redactor().SetCookie(line), Endpoint: e, Identity: s.Name(),
			Session: slices.Contains(names, cookie.Name)})
	}
	for _, s := range c.sessions {
		for _, set := range s.Cookies() {
			if !set.Handed && set.Method != http.MethodGet {
				add(set.Line, finding.Endpoint{Method: http.MethodPost, Route: c.routes.of(set.URL), URL: set.URL}, s)
			}
		}
	}
	for _, v := range c.views {
		for _, line := range v.setLines {
			add(line, finding.Endpoint{Method: http.MethodGet, Route: v.exchange.Route, URL: v.exchange.URL}, v.session)
		}
	}
	// Servers set several cookies in any order they like.
	slices.SortStableFunc(c.site.Cookies, func(a, b Cookie) int {
		return cmp.Or(slices.Index(c.site.Identities, a.Identity)-slices.Index(c.site.Identities, b.Identity),
			strings.Compare(a.Endpoint.String(), b.Endpoint.String()), strings.Compare(a.Line, b.Line))
	})
}

// undated are a cookie's attributes without those that name a moment.
func undated(attributes string) string {
	var kept []string
	for _, a := range strings.Split(strings.ToLower(attributes), ";") {
		name, _, _ := strings.Cut(strings.TrimSpace(a), "=")
		if name != "expires" {
			kept = append(kept, strings.TrimSpace(a))
		}
	}
	return strings.Join(kept, ";")
}

// redact replaces secrets in everything the Site shows. URLs of actions stay as
// they are, for the requests to come.
func (c *collector) redact() {
	r := c.grant.Redactor()
	for _, x := range slices.Concat(c.site.Exchanges, c.site.Doors, c.site.Scripts) {
		x.Header = r.Header(x.Header)
		x.URL, x.Location = r.Text(x.URL), r.Text(x.Location)
		if x.Asked != nil {
			x.Asked = []byte(r.Text(string(x.Asked)))
		}
		if isText(x.Type) {
			x.Body = []byte(r.Text(string(x.Body)))
		}
	}
	for _, p := range c.site.Pages {
		p.Title = r.Text(p.Title)
		for i := range p.Requests {
			p.Requests[i] = r.Text(p.Requests[i])
		}
	}
	c.redactSockets()
	for i := range c.site.Logins {
		c.site.Logins[i].Header = r.Header(c.site.Logins[i].Header)
	}
	for i := range c.site.Skips {
		s := &c.site.Skips[i]
		s.What, s.Why = r.Text(s.What), r.Text(s.Why)
	}
	for _, list := range [][]finding.Action{c.site.Actions, c.site.Reads} {
		for _, a := range list {
			for i := range a.Fields {
				a.Fields[i].Value = r.Text(a.Fields[i].Value)
			}
		}
	}
}

func isText(mediaType string) bool {
	return mediaType == "" || strings.HasPrefix(mediaType, "text/") || isJSON(mediaType) || strings.HasSuffix(mediaType, "xml") ||
		strings.Contains(mediaType, "javascript") || mediaType == finding.EncodingURL
}
