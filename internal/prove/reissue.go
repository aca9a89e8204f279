package prove

import (
	"context"
	"net/http"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// noteReissue looks, where an aged cookie without SameSite stays behind, whether a
// mere visit from another site makes the application set it anew: then an attacker
// opens that page first, and has two minutes.
func (s *subject) noteReissue(ctx context.Context, cells []finding.Cell) error {
	aged := func(c finding.Cell) bool {
		return c.Cookie == finding.Aged && c.From == finding.CrossSite && c.State == finding.Refuted
	}
	fresh := func(c finding.Cell) bool {
		return c.Cookie == finding.Fresh && c.From == finding.CrossSite && c.State == finding.Proven
	}
	if !slices.ContainsFunc(cells, aged) || !slices.ContainsFunc(cells, fresh) {
		return nil
	}
	address := s.action.Page
	if address == "" {
		address = s.target.String() + "/"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil // an address that cannot be asked is not set anew by asking it
	}
	navigation(request, "cross-site")
	a, err := s.bench.do(s.victim, request)
	if err != nil {
		return err
	}
	session, _ := s.victim.SessionCookies()
	for _, line := range a.header.Values("Set-Cookie") {
		if !contains(session, policy.ParseSetCookie(line).Name) {
			continue
		}
		for i := range cells {
			if aged(cells[i]) {
				cells[i].State = finding.Suspected
				cells[i].Why += "; but a visit of " + s.bench.redact(address) + " from another site makes the application set the cookie anew, after which it is a fresh one"
			}
		}
		break
	}
	return nil
}
