package prove

import (
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// mentioning are the addresses that may show what becomes of the extra fields: those
// near the action, and of the others those that were seen to name one of them.
func (s *subject) mentioning(extra []finding.Field) []string {
	first := s.showing(extra)
	all := s.bench.readable(s.victim, s.action, first)
	near := min(len(all), nearPages+len(first))
	seen := map[string]string{}
	for _, x := range s.bench.Site.Sightings().Shown(s.victim.Name()) {
		seen[x.URL] = strings.ToLower(string(x.Body))
	}
	return append(slices.Clone(all[:near]), slices.DeleteFunc(slices.Clone(all[near:]), func(address string) bool {
		body, known := seen[address]
		return known && !slices.ContainsFunc(extra, func(e finding.Field) bool {
			name := strings.ToLower(e.Name)
			return strings.Contains(body, name) || strings.Contains(body, strings.ReplaceAll(name, "_", " "))
		})
	})...)
}

// narrow reads from now on only pages that show one of the fields, before or after
// the run without them, or the action's own effect.
func (a *assigning) narrow(extra []finding.Field, plain addition) {
	about := a.own(plain)
	named := len(about)
	for _, c := range append(a.bench.diff(nil, a.last), plain.changes...) {
		for _, e := range extra {
			if isAbout(c, e.Name) || isAbout(finding.Change{Where: c.Where, After: c.Before}, e.Name) {
				about = append(about, c)
			}
		}
	}
	if len(about) == named {
		return // where they would show is not known
	}
	for i, r := range a.wide.readers {
		pages, ok := r.(state.HTTPReader)
		if !ok {
			continue
		}
		pages.URLs = slices.DeleteFunc(slices.Clone(pages.URLs), func(address string) bool {
			return !speaksOf(about, state.Source(address)) && !a.oracle.covers(finding.Change{Where: state.Source(address)})
		})
		a.wide.readers[i] = pages
	}
	a.last = a.wide.only(a.last)
}
