package check

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// A flawed cookie is one with the flaw a check looks for, in words.
type flawed struct {
	credential
	flaw   string
	reason policy.Reason
}

// reportCookies makes one finding of all cookies with one weakness: they are set
// by a few lines of configuration, and are repaired there.
func reportCookies(p *Pass, w finding.Weakness, flaws []flawed, vector func(flawed) []finding.Cell) {
	if len(flaws) == 0 {
		return
	}
	f := finding.Finding{Weakness: w}
	var said []string
	for _, c := range flaws {
		switch e := c.seen.Endpoint; {
		case f.Endpoint.Route == "":
			f.Endpoint, f.Identity = e, c.seen.Identity
		case e.String() != f.Endpoint.String() && !slices.ContainsFunc(f.Routes, func(r finding.Endpoint) bool { return r.String() == e.String() }):
			f.Routes = append(f.Routes, e)
		}
		if text := c.Name + " " + c.flaw; !slices.Contains(said, text) {
			said = append(said, text)
			f.Evidence = append(f.Evidence, finding.Evidence{Kind: "cookie", Source: c.seen.Endpoint.String(), Text: c.seen.Line, Reason: string(c.reason)})
		}
		if vector != nil {
			f.Vector = mergeVectors(f.Vector, vector(c))
		}
	}
	f.Why = "The cookie " + strings.Join(said, "; the cookie ") + "."
	p.Report(f)
}

// travels says for each position whether the cookie goes with a forged form and
// into a frame.
func travels(c flawed) []finding.Cell {
	return vectorOf(c.origin, func(from policy.Origin, at finding.Position) (finding.State, string) {
		form := c.rides(policy.Trigger{Target: c.origin, Path: c.path, Method: http.MethodPost, Kind: policy.TopLevelNavigation}, from, at)
		frame := c.rides(policy.Trigger{Target: c.origin, Path: c.path, Kind: policy.Subframe}, from, at)
		why := fmt.Sprintf("%s: with a form %s (%s), into a frame %s (%s)", c.Name,
			yes(form.Allowed), form.Reason.Explain(), yes(frame.Allowed), frame.Reason.Explain())
		if form.Allowed || frame.Allowed {
			return finding.Suspected, why
		}
		return finding.Refuted, why
	})
}

func yes(sent bool) string {
	if sent {
		return "it is sent"
	}
	return "it is not sent"
}
