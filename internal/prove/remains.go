package prove

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// Watch reads the whole state that the Readers show, before the first attempt, so
// that Restore can name every difference in the end, side effects of what was done
// included. Without Readers there is nothing to watch: the ledger alone speaks.
func (b *Bench) Watch(ctx context.Context) error {
	b.prepare()
	if len(b.Readers) == 0 {
		return nil
	}
	first, err := oracle{b.Readers}.Read(ctx)
	if err != nil {
		return fmt.Errorf("read the state before the first attempt: %w", err)
	}
	second, err := oracle{b.Readers}.Read(ctx)
	if err != nil {
		return fmt.Errorf("read the state before the first attempt: %w", err)
	}
	b.idle.Learn(b.diff(first, second))
	b.outset = second
	return nil
}

// remains is what differs in the end from the outset, as far as no entry says so.
func (b *Bench) remains(ctx context.Context, named []finding.Mutation) []finding.Mutation {
	if b.outset == nil {
		return nil
	}
	m := finding.Mutation{Endpoint: finding.Endpoint{Route: "the target's state as a whole"}, Purpose: "what else differs", At: time.Now().UTC(),
		Note: "a side effect of what was sent, or done by somebody else meanwhile"}
	now, err := oracle{b.Readers}.Read(ctx)
	if err != nil {
		m.Note = "the state could not be read in the end, so what differs is not known: " + b.redact(err.Error())
		return []finding.Mutation{m}
	}
	m.Changes = whole(unnamed(b.idle.Filter(b.diff(b.outset, now)), named), b.outset, now)
	if len(m.Changes) == 0 {
		return nil
	}
	return []finding.Mutation{m}
}

// unnamed leaves out the changes that an entry which was not undone has.
func unnamed(changes []finding.Change, named []finding.Mutation) []finding.Change {
	return slices.DeleteFunc(changes, func(c finding.Change) bool {
		return slices.ContainsFunc(named, func(m finding.Mutation) bool {
			return !m.Undone && slices.ContainsFunc(m.Changes, func(n finding.Change) bool { return n.Where == c.Where && n.After == c.After })
		})
	})
}

// whole tells of an item that came or went as one change, not one for each of its
// attributes.
func whole(changes []finding.Change, before, after state.Snapshot) []finding.Change {
	var told []finding.Change
	for _, c := range changes {
		item := itemOf(c.Where)
		switch was, is := holds(before, item), holds(after, item); {
		case item == "" || was && is:
		case is:
			c = finding.Change{Where: item, After: "a new item"}
		case was:
			c = finding.Change{Where: item, Before: "an item"}
		}
		if !slices.Contains(told, c) {
			told = append(told, c)
		}
	}
	return told
}

// itemOf is the part of a place in a table that names the item, "" elsewhere.
func itemOf(where string) string {
	i := strings.LastIndex(where, "].")
	if !strings.HasPrefix(where, "dynamodb ") || i < 0 {
		return ""
	}
	return where[:i+1]
}

func holds(s state.Snapshot, item string) bool {
	for where := range s {
		if strings.HasPrefix(where, item+".") {
			return true
		}
	}
	return false
}
