package report

import (
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A leftover is what requests to one endpoint left changed on the target.
type leftover struct {
	at       string
	requests int
	notes    []string
	changes  []finding.Change
}

// leftovers gathers what was not undone by endpoint, in the order of the first
// request, each note and each change once. Nothing that was left is left out.
func leftovers(left []finding.Mutation) []leftover {
	var all []leftover
	index := map[string]int{}
	for _, m := range left {
		i, known := index[m.Endpoint.String()]
		if !known {
			i = len(all)
			index[m.Endpoint.String()] = i
			all = append(all, leftover{at: strings.TrimSpace(m.Endpoint.String())})
		}
		l := &all[i]
		l.requests++
		note := m.Note
		if len(m.Changes) > 0 {
			note, _, _ = strings.Cut(note, ": ") // what follows are the changes
		}
		if !slices.Contains(l.notes, note) {
			l.notes = append(l.notes, note)
		}
		for _, c := range m.Changes {
			if !slices.Contains(l.changes, c) {
				l.changes = append(l.changes, c)
			}
		}
	}
	return all
}
