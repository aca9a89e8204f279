package observe

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/scope"
	"github.com/mantlet-dev/mantlet/policy"
)

// asked are the origins that a private answer is asked for with.
var asked = []finding.OriginUse{finding.OriginForeign, finding.OriginNull, finding.OriginSuffix, finding.OriginEnding,
	finding.OriginPlain, finding.OriginSibling, finding.OriginPort}

// mostForeign bounds the routes that are asked for with other origins.
const mostForeign = 400

// askAsForeign asks once more, for one address of each route that answers an
// identity otherwise than a visitor, as pages of other origins would have the
// browser ask, to see whom the target lets read the answer.
func (c *collector) askAsForeign() {
	routes, left := map[string]bool{}, 0
	var wanted []*view
	for _, v := range c.views {
		route := c.routes.shape(v.exchange.URL)
		if routes[route] || !c.answersPrivately(v) {
			continue
		}
		if routes[route] = true; len(wanted) == mostForeign {
			left++
			continue
		}
		wanted = append(wanted, v)
	}
	if left > 0 {
		c.skip(finding.Skip{What: "answers to other origins", Why: fmt.Sprintf("%d routes more than the limit of %d", left, mostForeign)})
	}
	if c.stopped != nil {
		return
	}
	c.site.Domains, c.site.Partners = c.houseDomains(), partnersOf(wanted)
	answers := make([][]ForeignAnswer, len(wanted))
	parallel(len(wanted), workers, func(i int) { answers[i] = c.askAs(wanted[i]) })
	c.site.Foreign = slices.Concat(answers...)
}

// answersPrivately says whether a view of an identity that a browser logs in by
// itself differs from what visitors see at the same address.
func (c *collector) answersPrivately(v *view) bool {
	x := v.exchange
	if x.Identity == "" || x.Status != http.StatusOK || !isText(x.Type) || !v.session.Ambient() || isAsset(x.URL) {
		return false
	}
	anonymous := c.byURL[viewKey("", x.URL)]
	return anonymous != nil && (anonymous.exchange.Status != x.Status || string(anonymous.body) != string(v.body))
}

func (c *collector) askAs(v *view) []ForeignAnswer {
	target, err := policy.OriginOfURL(v.exchange.URL)
	if err != nil {
		return nil
	}
	var list []ForeignAnswer
	for _, a := range c.askers(target) {
		req, err := http.NewRequestWithContext(c.ctx, http.MethodGet, v.exchange.URL, nil)
		if err != nil {
			return list
		}
		req.Header.Set("Accept", "*/*")
		req.Header.Set("Origin", a.Origin)
		resp, err := v.session.Do(req)
		if err != nil {
			return list // what could not be asked is said where the page itself is asked for
		}
		if _, _, err := scope.ReadBody(resp); err != nil {
			return list
		}
		if resp.Header.Get("Access-Control-Allow-Origin") == "" {
			continue // nobody but the target's own pages may read it
		}
		a.Endpoint, a.Identity = finding.Endpoint{Method: http.MethodGet, URL: v.exchange.URL}, v.session.Name()
		a.Status, a.Header = resp.StatusCode, corsOf(resp.Header)
		list = append(list, a)
	}
	return list
}

// askers are the origins to ask with, as answers that are not there yet.
func (c *collector) askers(target policy.Origin) []ForeignAnswer {
	var list []ForeignAnswer
	for _, use := range asked {
		if origin, possible := finding.Impostor(target, use); possible {
			list = append(list, ForeignAnswer{Use: use, Origin: origin.String()})
		}
		if use != finding.OriginEnding {
			continue
		}
		for _, domain := range c.site.Domains {
			if origin, possible := finding.Ending(domain); possible {
				list = append(list, ForeignAnswer{Use: use, Origin: origin.String(), Like: domain})
			}
		}
	}
	for _, partner := range c.site.Partners {
		if origin, possible := finding.Downgraded(partner); possible {
			list = append(list, ForeignAnswer{Use: finding.OriginDowngraded, Origin: origin.String(), Like: partner})
		}
	}
	return list
}

// partnersOf are the origins that answers name as their readers without being asked,
// with cookies.
func partnersOf(views []*view) []string {
	var partners []string
	for _, v := range views {
		named := v.exchange.Header.Get("Access-Control-Allow-Origin")
		own, err := policy.OriginOfURL(v.exchange.URL)
		if o, bad := policy.OriginOfURL(named); err == nil && bad == nil && o != own && len(partners) < mostDomains &&
			v.exchange.Header.Get("Access-Control-Allow-Credentials") == "true" {
			partners = with(partners, o.String())
		}
	}
	return partners
}

// mostDomains bounds the names that are tried.
const mostDomains = 3

var mailAddress = regexp.MustCompile(`[\w.+-]{1,64}@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24})\b`)

// houseDomains are the domains of the addresses of mail that pages show, the most
// frequent first.
func (c *collector) houseDomains() []string {
	seen := map[string]int{}
	for _, v := range c.views {
		if !isText(v.exchange.Type) {
			continue
		}
		for _, m := range mailAddress.FindAllSubmatch(v.body, 50) {
			seen[string(m[1])]++
		}
	}
	names := slices.SortedFunc(maps.Keys(seen), func(a, b string) int { return cmp.Or(seen[b]-seen[a], strings.Compare(a, b)) })
	return names[:min(len(names), mostDomains)]
}

// nameForeign gives the answers to other origins their routes, when those are known.
func (c *collector) nameForeign() {
	for i := range c.site.Foreign {
		e := &c.site.Foreign[i].Endpoint
		e.Route = c.routes.of(e.URL)
	}
}

// corsOf keeps of a response's header what browsers heed when another origin reads.
func corsOf(header http.Header) http.Header {
	kept := http.Header{}
	for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers", "Vary"} {
		if values := header.Values(name); len(values) > 0 {
			kept[http.CanonicalHeaderKey(name)] = slices.Clone(values)
		}
	}
	return kept
}
