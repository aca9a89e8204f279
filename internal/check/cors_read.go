package check

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

var corsRead = &Check{
	ID:    string(finding.CORSRead),
	Doc:   "private answers that the target lets other origins read with the user's cookies",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		for _, g := range consents(p.Site) {
			p.Report(g.finding(p))
		}
	},
}

// A consent is what the target lets read by the same origins, as one identity.
type consent struct {
	identity string
	uses     []finding.OriginUse // for which a browser would let the page read
	star     bool                // every origin is allowed with an asterisk, which no browser takes
	answers  []observe.ForeignAnswer
	sure     bool     // the answers need a login
	likes    []string // domains that OriginEnding may end like
	partners []string // that OriginDowngraded is of
}

// consents groups the answers to other origins by what is consented to: one rule of
// the application is one finding, with every route that follows it. Routes that
// differ for a visitor only in what they say stand alone, since the difference may
// be nothing.
func consents(site *observe.Site) []*consent {
	var places []*consent
	at := map[string]*consent{}
	for _, a := range site.Foreign {
		key := a.Identity + " " + a.Endpoint.String()
		c := at[key]
		if c == nil {
			c = &consent{identity: a.Identity, sure: needsLogin(site, a)}
			at[key] = c
			places = append(places, c)
		}
		switch d := readable(a); {
		case d.Allowed && a.Use == finding.OriginDowngraded && slices.Contains(c.uses, finding.OriginForeign):
			continue // as everybody is
		case d.Allowed:
			if !slices.Contains(c.uses, a.Use) {
				c.uses = append(c.uses, a.Use)
			}
			if a.Use == finding.OriginEnding {
				c.likes = append(c.likes, a.Like)
			}
			if a.Use == finding.OriginDowngraded {
				c.partners = append(c.partners, a.Like)
			}
		case d.Reason == policy.CORSWildcard && a.Header.Get("Access-Control-Allow-Credentials") == "true":
			c.star = true
		default:
			continue
		}
		if len(c.answers) == 0 {
			c.answers = []observe.ForeignAnswer{a}
		}
	}
	var groups []*consent
	for _, c := range places {
		if len(c.answers) == 0 {
			continue
		}
		i := slices.IndexFunc(groups, func(g *consent) bool { return g.sure && c.sure && g.key() == c.key() })
		if i < 0 {
			groups = append(groups, c)
			continue
		}
		groups[i].answers = append(groups[i].answers, c.answers...)
	}
	for _, g := range groups {
		slices.SortStableFunc(g.answers, func(a, b observe.ForeignAnswer) int {
			return cmp.Or(telling(site, b)-telling(site, a), byPlace(finding.Finding{Endpoint: a.Endpoint}, finding.Finding{Endpoint: b.Endpoint}))
		})
	}
	return groups
}

func (c *consent) key() string { return fmt.Sprint(c.identity, c.star, c.uses, c.likes, c.partners) }

func readable(a observe.ForeignAnswer) policy.Decision {
	origin := policy.Opaque
	if a.Origin != "null" {
		var err error
		if origin, err = policy.OriginOfURL(a.Origin); err != nil {
			return policy.Decision{Reason: policy.MalformedOrigin}
		}
	}
	return policy.CORSReadable(a.Header, origin)
}

// needsLogin says whether visitors were turned away where a was answered.
func needsLogin(site *observe.Site, a observe.ForeignAnswer) bool {
	x := exchangeOf(site, a)
	return x != nil && x.Authenticated != nil && *x.Authenticated
}

func exchangeOf(site *observe.Site, a observe.ForeignAnswer) *observe.Exchange {
	return site.Sightings().Answer(a.Identity, a.Endpoint.URL)
}

// telling ranks what an answer is likely to give away about the user.
func telling(site *observe.Site, a observe.ForeignAnswer) int {
	rank := 0
	if x := exchangeOf(site, a); x != nil && strings.Contains(x.Type, "json") {
		rank += 2
	}
	if hasAnyWord(a.Endpoint.Route, []string{"me", "self", "user", "profile", "account", "session", "whoami"}) {
		rank++
	}
	return rank
}

// readVariants are the origins a page can show, in the order in which they are tried.
var readVariants = []finding.Variant{
	{Name: "read by a foreign origin"},
	{Name: "read from a sandboxed frame (Origin: null)", Origin: finding.OriginNull},
	{Name: "read from a host that begins like the target's", Origin: finding.OriginSuffix},
	{Name: "read from a host that ends like the target's", Origin: finding.OriginEnding},
	{Name: "read from the target's host over unencrypted http", Origin: finding.OriginPlain},
	{Name: "read from a partner's host over unencrypted http", Origin: finding.OriginDowngraded},
	{Name: "read from a host of the same site", Origin: finding.OriginSibling},
	{Name: "read from another port of the target's host", Origin: finding.OriginPort},
}

func (c *consent) finding(p *Pass) finding.Finding {
	first := c.answers[0]
	f := forgeryAs(p, finding.Action{Method: http.MethodGet, URL: first.Endpoint.URL, Route: first.Endpoint.Route, Source: "crawl"},
		c.identity, http.MethodGet, policy.Subresource)
	for i := range f.vector {
		if cell := &f.vector[i]; cell.State != finding.Refuted && !c.opens(cell.From) {
			cell.State, cell.Why = finding.Refuted, "The target does not let pages from there read the answer."
		}
	}
	var variants []finding.Variant
	for _, v := range readVariants {
		if v.Origin == finding.OriginEnding {
			for _, like := range c.likes {
				if v.Host = like; like != "" {
					v.Name = "read from a host that ends like " + like
				}
				variants = append(variants, v)
			}
			continue
		}
		if v.Origin == finding.OriginDowngraded {
			for _, v.Host = range c.partners {
				v.Name = "read from " + strings.Replace(v.Host, "https:", "http:", 1) + ", a partner over unencrypted http"
				variants = append(variants, v)
			}
			continue
		}
		if slices.Contains(c.uses, v.Origin) || len(c.uses) == 0 && v.Origin == finding.OriginForeign {
			variants = append(variants, v)
		}
	}
	found := f.finding(finding.CORSRead, c.why(), c.star || !c.sure || !anyOpen(f.vector), variants...)
	found.Plan.Kind = finding.PlanRead
	found.Evidence[0] = finding.Evidence{Kind: "header", Source: "GET " + first.Endpoint.URL + " with Origin: " + first.Origin,
		Text: "Access-Control-Allow-Origin: " + first.Header.Get("Access-Control-Allow-Origin") +
			"\nAccess-Control-Allow-Credentials: " + first.Header.Get("Access-Control-Allow-Credentials"), Reason: string(readable(first).Reason)}
	for _, a := range c.answers[1:] {
		found.Routes = append(found.Routes, a.Endpoint)
	}
	return found
}

// opens says whether a page that stands there may read.
func (c *consent) opens(from finding.From) bool {
	if slices.Contains(c.uses, finding.OriginForeign) {
		return true
	}
	switch from {
	case finding.Sibling:
		return slices.Contains(c.uses, finding.OriginSibling)
	case finding.OtherPort:
		return slices.Contains(c.uses, finding.OriginPort)
	}
	return slices.ContainsFunc(c.uses, func(u finding.OriginUse) bool { return u != finding.OriginSibling && u != finding.OriginPort })
}

func (c *consent) why() string {
	if len(c.uses) == 0 {
		return "The target allows every origin with an asterisk and credentials at once, which browsers do not accept; it is a finding only if one does."
	}
	names := map[finding.OriginUse]string{finding.OriginForeign: "any origin", finding.OriginNull: "the origin null", finding.OriginSuffix: "hosts that begin like its own",
		finding.OriginEnding: "hosts that end like its own", finding.OriginPlain: "its own host under the other scheme", finding.OriginSibling: "every host of its site",
		finding.OriginDowngraded: "a partner over unencrypted http, where anybody on the user's network can stand,",
		finding.OriginPort:       "every port of its host"}
	who := names[c.uses[0]]
	if c.uses[0] != finding.OriginForeign {
		var list []string
		for _, u := range c.uses {
			list = append(list, names[u])
		}
		who = strings.Join(list, ", ")
	}
	return "The target lets " + who + " read this answer together with the user's cookies, and answers visitors otherwise."
}
