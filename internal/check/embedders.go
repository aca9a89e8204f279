package check

import (
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// Embedders are the foreign origins that pages name as those who may frame them, by
// route. A page that lets in others than it names has no say, and neither has an
// error. What stands for more than one origin is left out.
func Embedders(site *observe.Site) map[string][]string {
	named := map[string][]string{}
	for _, d := range documents(site) {
		if d.Status >= 400 || strings.ContainsAny(d.Route, "{?") || len(d.intruders(policy.Rules{})) > 0 {
			continue
		}
		for _, s := range d.framing.Listed(d.origin) {
			o, ok := memberOf(s)
			if !ok || s.Wildcard || o.SameSite(d.origin) || !d.framing.Allows(d.origin, o).Allowed {
				continue
			}
			if !slices.Contains(named[d.Route], o.String()) {
				named[d.Route] = append(named[d.Route], o.String())
			}
		}
	}
	if len(named) == 0 {
		return nil
	}
	return named
}
