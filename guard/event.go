package guard

import (
	"log/slog"
	"net/http"

	"github.com/mantlet-dev/mantlet/policy"
)

// An Event is one decision about one request. Each request has exactly one with
// Mode Enforce, which says what was done, and before it one with Mode Report for
// each rule that would have refused it.
type Event struct {
	Decision policy.Decision
	Rule     Rule
	Mode     Mode
}

// tell counts, logs and hands on a decision. Values of headers, cookies and tokens
// are not logged: they are secrets, or an attacker's.
func (g *Guard) tell(r *http.Request, d policy.Decision, rule Rule, mode Mode) {
	g.metrics.count(d, mode == Report, rule == RuleSockets)
	if g.options.OnDecision != nil {
		g.options.OnDecision(r, Event{Decision: d, Rule: rule, Mode: mode})
	}
	if !d.Allowed && g.options.Logger != nil {
		logRefusal(g.options.Logger, r, Event{Decision: d, Rule: rule, Mode: mode})
	}
}

func logRefusal(log *slog.Logger, r *http.Request, e Event) {
	site := "absent"
	if v := r.Header["Sec-Fetch-Site"]; len(v) > 0 {
		site = "unknown"
		switch v[0] {
		case "same-origin", "same-site", "cross-site", "none":
			site = v[0]
		}
	}
	log.Warn("request refused",
		"mode", string(e.Mode), "rule", string(e.Rule), "reason", string(e.Decision.Reason),
		"method", r.Method, "path", r.URL.Path, "sec_fetch_site", site, "origin", len(r.Header[headerOrigin]) > 0)
}
