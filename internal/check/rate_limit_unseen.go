package check

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

var rateLimitUnseen = &Check{
	ID:    string(finding.RateLimitUnseen),
	Doc:   "logins whose answers show no sign of a limit",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		if slices.ContainsFunc(everywhere(p.Site), func(x *observe.Exchange) bool { return tellsLimit(x.Status, x.Header) }) {
			return // it may well hold for logins too
		}
		count := map[string]int{}
		var first []finding.Endpoint
		for _, l := range p.Site.Logins {
			if tellsLimit(l.Status, l.Header) {
				return
			}
			if count[l.Endpoint.Route]++; count[l.Endpoint.Route] == 1 {
				first = append(first, l.Endpoint)
			}
		}
		for _, e := range first {
			n := count[e.Route]
			if n < 2 {
				continue // one answer shows no pattern
			}
			p.Report(finding.Finding{Weakness: finding.RateLimitUnseen, Endpoint: e,
				Why:      fmt.Sprintf("No sign of a limit was seen on the answers to %d logins, which all succeeded. Whether there is one was not tried.", n),
				Evidence: []finding.Evidence{{Kind: "header", Source: e.URL, Text: "no RateLimit, X-RateLimit or Retry-After header, and no status 429"}}})
		}
	},
}

// tellsLimit says whether an answer speaks of a limit.
func tellsLimit(status int, h http.Header) bool {
	if status == http.StatusTooManyRequests {
		return true
	}
	for name := range h {
		name = strings.ToLower(name)
		if name == "retry-after" || strings.HasPrefix(name, "ratelimit") || strings.HasPrefix(name, "x-ratelimit") || strings.HasPrefix(name, "x-rate-limit") {
			return true
		}
	}
	return false
}
