package observe

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// mostRecognised is how many addresses are asked to find out how a token is shown.
const mostRecognised = 12

// recogniseSessions asks documented addresses how a login's token is to be shown, and
// by what a session is told from a visitor.
func (c *collector) recogniseSessions() {
	urls := c.needingLogin()
	if len(urls) == 0 {
		return
	}
	for _, s := range c.sessions[1:] {
		err := s.Recognise(scope.ForLogin(c.ctx), urls, c.api.keys)
		if err != nil && !errors.Is(err, scope.ErrBudget) {
			c.skip(finding.Skip{What: "identity " + s.Name(), Why: "it could not be found out how its token is shown: " + err.Error(), Incomplete: true})
			return
		}
	}
}

// needingLogin are documented reading operations that name no object, those first
// that are documented to ask for a credential.
func (c *collector) needingLogin() []string {
	var sure, others []string
	for _, o := range c.api.operations {
		if o.method != http.MethodGet || strings.Contains(o.path, "{") || o.changes(c.api) {
			continue
		}
		raw, _, _ := o.address(nil)
		switch {
		case raw == "" || c.grant.Allows(raw) != nil || slices.Contains(sure, raw) || slices.Contains(others, raw):
		case o.bearer:
			sure = append(sure, raw)
		default:
			others = append(others, raw)
		}
	}
	all := append(sure, others...)
	return all[:min(len(all), mostRecognised)]
}
