package prove

import (
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// overtaken finds a place where a marker of ours stood and something else stands now,
// which is neither ours nor what stood there before. Somebody else has changed it
// meanwhile; to set it back would undo their change and not ours.
func (s *subject) overtaken() (finding.Change, bool) {
	if s.witness.kind != byText {
		return finding.Change{}, false // what was sent cannot be told from what others sent
	}
	ours := s.marked()
	for _, c := range s.remaining(s.latest) {
		if c.Before != "" && c.After != "" && ours[c.Where] && !s.bears(c.After) && !s.sent(c) {
			return c, true
		}
	}
	return finding.Change{}, false
}

// marked are the places where changes that are not undone yet left a marker.
func (s *subject) marked() map[string]bool {
	places := map[string]bool{}
	for i, m := range s.bench.Ledger.Entries() {
		if !slices.Contains(s.pending, i) {
			continue
		}
		for _, c := range m.Changes {
			if s.bears(c.After) {
				places[c.Where] = true
			}
		}
	}
	return places
}

// ourText is a text marker of ours, of this subject or another: several actions may
// change one place.
var ourText = regexp.MustCompile(`(?i)mtl[0-9a-f]{8}`)

// bears says whether text holds a marker of ours.
func (s *subject) bears(text string) bool {
	return ourText.MatchString(text) || slices.ContainsFunc(s.marks, func(mark string) bool {
		return mark != "" && strings.Contains(strings.ToLower(text), strings.ToLower(mark))
	})
}

// sent says whether a change to what stands now is in the ledger.
func (s *subject) sent(c finding.Change) bool {
	return slices.ContainsFunc(s.bench.Ledger.Entries(), func(m finding.Mutation) bool {
		return slices.ContainsFunc(m.Changes, func(e finding.Change) bool { return e.Where == c.Where && e.After == c.After })
	})
}
