package state

import (
	"context"
	"sort"
	"strconv"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A Snapshot is what a target remembers at one moment: facts, keyed by where they
// stand. The zero value is an empty snapshot that can be read and not added to.
type Snapshot map[string]string

// A Reader takes snapshots. Read may be called again and again, and from one
// goroutine at a time. What it cannot read at all is an error; a part that is
// gone (a page that answers 404) is a fact like any other.
type Reader interface {
	// Name is the oracle's name in a proof: "http", ByStreams or ByReads.
	Name() string
	Read(ctx context.Context) (Snapshot, error)
}

// Some facts have no place of their own: the rows of a table, the lines of a
// text. They are kept under the place they share and told apart by what they
// say, behind this separator, so that a new first row does not look like a
// change of every row.
const separator = "\x00"

// maxFacts bounds one source of a snapshot, maxValue one value in bytes.
const (
	maxFacts = 4000
	maxValue = 2000
)

func (s Snapshot) set(where, value string) {
	if len(s) < maxFacts {
		s[where] = clip(value)
	}
}

// add keeps a fact that has no place of its own.
func (s Snapshot) add(where, value string) {
	value = clip(value)
	key := where + separator + value
	for n := 2; ; n++ {
		if _, taken := s[key]; !taken {
			s.set(key, value)
			return
		}
		key = where + separator + value + separator + strconv.Itoa(n)
	}
}

func clip(s string) string {
	if len(s) <= maxValue {
		return s
	}
	return strings.ToValidUTF8(s[:maxValue], "")
}

// Merge gives one snapshot with the facts of all; the last one wins where two
// speak of the same place.
func Merge(all ...Snapshot) Snapshot {
	merged := Snapshot{}
	for _, s := range all {
		for where, value := range s {
			merged[where] = value
		}
	}
	return merged
}

// Map gives a snapshot with every place and value passed through f, which is how
// secrets are taken out.
func (s Snapshot) Map(f func(string) string) Snapshot {
	mapped := make(Snapshot, len(s))
	for where, value := range s {
		mapped[f(where)] = f(value)
	}
	return mapped
}

// Has says whether any fact contains text.
func (s Snapshot) Has(text string) bool {
	for where, value := range s {
		if strings.Contains(value, text) || strings.Contains(where, text) {
			return true
		}
	}
	return false
}

// Diff lists the facts that differ, ordered by place and then by value. A fact
// that came has Before "", one that went has After "".
func Diff(before, after Snapshot) []finding.Change {
	var changes []finding.Change
	for where, old := range before {
		if now, ok := after[where]; !ok || now != old {
			changes = append(changes, finding.Change{Where: placeOf(where), Before: old, After: now})
		}
	}
	for where, now := range after {
		if _, ok := before[where]; !ok {
			changes = append(changes, finding.Change{Where: placeOf(where), After: now})
		}
	}
	sort.Slice(changes, func(i, j int) bool {
		a, b := changes[i], changes[j]
		if a.Where != b.Where {
			return a.Where < b.Where
		}
		if a.Before != b.Before {
			return a.Before < b.Before
		}
		return a.After < b.After
	})
	return changes
}

func placeOf(where string) string {
	place, _, _ := strings.Cut(where, separator)
	return place
}
