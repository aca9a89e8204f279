package observe

import (
	"fmt"
	"net/http"
	"slices"

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
	for _, use := range asked {
		origin, possible := finding.Impostor(target, use)
		if !possible {
			continue
		}
		req, err := http.NewRequestWithContext(c.ctx, http.MethodGet, v.exchange.URL, nil)
		if err != nil {
			return list
		}
		req.Header.Set("Accept", "*/*")
		req.Header.Set("Origin", origin.String())
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
		list = append(list, ForeignAnswer{Endpoint: finding.Endpoint{Method: http.MethodGet, URL: v.exchange.URL}, Identity: v.session.Name(),
			Use: use, Origin: origin.String(), Status: resp.StatusCode, Header: corsOf(resp.Header)})
	}
	return list
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
