package prove

import (
	"context"
	"net/http"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// A consent is what the target answers to the browser's question whether pages of
// some origins may send a request, by origin.
type consent map[string]policy.Decision

// given says whether pages of an origin may send it.
func (c consent) given(page policy.Origin) bool { return c[page.String()].Allowed }

// why says in words why an origin may not, "" where it was not asked for.
func (c consent) why(page policy.Origin) string { return c[page.String()].Reason.Explain() }

// askConsent puts the browser's question for every origin that an attacker of the
// variant can have. It changes nothing: the question is OPTIONS.
func (b *Bench) askConsent(ctx context.Context, target policy.Origin, address, method, contentType string, v finding.Variant) (consent, error) {
	script := http.Header{}
	if contentType != "" {
		script.Set("Content-Type", contentType)
	}
	c := consent{}
	order, origins := b.froms(target)
	for _, from := range order {
		page := b.originAt(showingOrigin(v, origins[from], target))
		if v.Origin == finding.OriginNull {
			page = policy.Opaque
		}
		if _, asked := c[page.String()]; asked {
			continue
		}
		p := policy.Preflight{From: page, Method: method, Header: script}
		request, err := http.NewRequestWithContext(ctx, http.MethodOptions, address, nil)
		if err != nil {
			return nil, notTestable("the address cannot be asked about: %v", err)
		}
		request.Header = p.Question()
		request.Header.Set("Accept", "*/*")
		a, err := b.do(b.Grant, request)
		if err != nil {
			return nil, err
		}
		c[page.String()] = p.Consents(a.status, a.header)
	}
	return c, nil
}

// nobodyMay says why no page of an attacker may send what the plan is about, where
// every variant needs the target's consent; "" if one may. It is asked before
// anything is changed.
func (b *Bench) nobodyMay(ctx context.Context, p *finding.Plan) (string, error) {
	target, err := policy.OriginOfURL(p.Action.URL)
	if err != nil || len(p.Variants) == 0 || b.Grant.Allows(p.Action.URL) != nil {
		return "", nil // said elsewhere
	}
	why := ""
	for _, v := range p.Variants {
		if !v.Consent {
			return "", nil
		}
		c, err := b.askConsent(ctx, target, p.Action.URL, strings.ToUpper(p.Action.Method), p.Action.Encoding, v)
		if err != nil {
			return "", err
		}
		for _, d := range c {
			if d.Allowed {
				return "", nil
			}
			why = d.Reason.Explain()
		}
	}
	return "the browser asks the target before it sends this for a page of another origin, and the target does not consent: " + why, nil
}
