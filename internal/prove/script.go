package prove

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
)

// askScript has the page's own script do the action once, in a browser, with the
// values that stand there, and keeps the headers it adds: a token or a sign that
// only the application's own pages can give. It reports whether there were any.
func (s *subject) askScript(ctx context.Context, f finding.Finding) (bool, error) {
	if s.bench.Browser == nil || s.action.Page == "" || s.action.Selector == "" {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	chrome, err := s.bench.Browser(ctx, finding.ThirdPartyAllowed)
	if err != nil {
		return false, nil // without a browser the plain request has to do
	}
	victim, err := chrome.Context(ctx, s.cookies())
	if err != nil {
		return false, err
	}
	defer leave(victim)
	tab, err := victim.Open(ctx, s.action.Page)
	if err != nil {
		return false, nil // a page that does not open shows no headers
	}
	entry, err := s.bench.Ledger.enter(f.ID, purposeLegitimate, s.action.Endpoint())
	if err != nil {
		return false, err
	}
	if clicked, err := tab.ClickOn(ctx, s.action.Selector); err != nil || !clicked {
		s.did(entry, nil)
		return false, nil
	}
	wait, stop := context.WithTimeout(ctx, 3*time.Second)
	defer stop()
	sent, err := tab.WaitRequest(wait, func(r browser.Request) bool {
		return strings.EqualFold(r.Method, s.action.Method) && pathOf(r.URL) == pathOf(s.action.URL) && r.Sent && r.Status != 0
	})
	s.did(entry, nil) // the values were those that stood there
	if err != nil {
		return false, nil
	}
	before := len(s.headers)
	for _, h := range sent.Headers {
		if name := http.CanonicalHeaderKey(h.Name); strings.EqualFold(name, s.action.HeaderToken) || strings.HasPrefix(name, "X-") {
			s.headers[name] = h.Value
			s.bench.Grant.Redactor().Learn("token", h.Value)
		}
	}
	return len(s.headers) > before, nil
}
