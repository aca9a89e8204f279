package check

import (
	"net/http"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// mostOpened bounds how many addresses behind the login are asked for with forged
// tokens: one that the application verifies here it verifies everywhere, mostly.
const mostOpened = 10

var authJWT = &Check{
	ID:    string(finding.AuthJWT),
	Doc:   "interfaces that may take a token, with tokens that nobody signed",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		user, done, opened := userOf(p.Site), map[string]bool{}, 0
		for _, x := range p.Site.Exchanges {
			if x.Identity != user || x.Method != http.MethodGet || done[x.Route] || x.Purpose != "crawl" && x.Purpose != "script" {
				continue
			}
			// A session is refused and a token may not be; or a session is itself a token.
			refused := x.Status == http.StatusUnauthorized
			personal := x.Status == http.StatusOK && x.Authenticated != nil && *x.Authenticated && isData(x.Type) && opened < mostOpened
			if !refused && !personal {
				continue
			}
			done[x.Route] = true
			if personal {
				opened++
			}
			r := reading{x, observe.References(x.Route, x.URL, nil)}
			p.Report(intrusion(finding.AuthJWT, r.action(), user, user, "Whether a token opens it, and which, is found out by asking."))
		}
	},
}
