package prove

import (
	"context"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// owners keeps of the changes that show an intrusion those of the owner's own
// state. A reader that sees everything, such as a database, sees what the caller
// changed of their own as well, in places that are called alike; and a page that
// both are shown may show both. What an administrator does may show to everybody.
func (s *subject) owners(ctx context.Context, c caller, shown []finding.Change, m marker, everybodys bool) ([]finding.Change, error) {
	if len(shown) == 0 || everybodys || s.witness.kind == byVanishing {
		return shown, nil // what vanished was the owner's, by its mark
	}
	same := shown
	if s.oracle.Name() != "http" || !s.creates {
		same = s.inSpots(shown)
	}
	if len(same) == 0 && s.creates && m.text != "" {
		// What is made anew stands in a new place each time: it is the owner's if the
		// owner is shown it.
		now, err := s.bench.pages(s.victim, s.bench.readable(s.victim, s.action, nil)).Read(ctx)
		if err != nil {
			return nil, err
		}
		same = state.Carrying(s.bench.diff(nil, now), m.text)
	}
	if len(same) == 0 || c.who.IsAnonymous() || m.text == "" {
		return same, nil
	}
	return s.unshared(ctx, c, same, m)
}

func (s *subject) inSpots(shown []finding.Change) []finding.Change {
	var same []finding.Change
	for _, c := range shown {
		if s.spots[c.Where] {
			same = append(same, c)
		}
	}
	return same
}

// unshared leaves out what stands on a page that the caller was led to and sees
// the marker on as well: there it may be the caller's own.
func (s *subject) unshared(ctx context.Context, c caller, shown []finding.Change, m marker) ([]finding.Change, error) {
	var kept []finding.Change
	sees := map[string]bool{}
	for _, change := range shown {
		address := s.addressIn(change.Where)
		if address == "" || !s.bench.Site.Sightings().Led(c.who.Name(), address) {
			kept = append(kept, change)
			continue
		}
		seen, known := sees[address]
		if !known {
			now, err := s.bench.pages(c.who, []string{address}).Read(ctx)
			if err != nil {
				return nil, err
			}
			seen = now.Has(m.text)
			sees[address] = seen
		}
		if !seen {
			kept = append(kept, change)
		}
	}
	return kept, nil
}

// addressIn is the address of the page that a place in the state is about, "" if
// it is about none.
func (s *subject) addressIn(where string) string {
	method, rest, _ := strings.Cut(where, " ")
	path, _, _ := strings.Cut(rest, " ")
	if method != "GET" || !strings.HasPrefix(path, "/") {
		return ""
	}
	return s.target.String() + path
}

// A shadow is the caller's own state: an application that goes by the session and
// not by the request changes that instead, and it has to be undone.
type shadow struct{ own *subject }

// shadowOf reads the caller's own state before the action is sent as the caller.
// For those who have none it is the zero shadow.
func (s *subject) shadowOf(ctx context.Context, c caller) (shadow, error) {
	if c.nobody || c.who.Name() == s.victim.Name() || s.nursery != nil {
		return shadow{}, nil
	}
	own, err := s.bench.newSubject(s.action, c.who)
	if err != nil {
		return shadow{}, nil // it cannot be aimed at what is the caller's
	}
	if err := own.open(ctx); err != nil {
		return shadow{}, err
	}
	urls := s.bench.readable(c.who, s.action, nil)
	own.oracle = s.bench.pages(c.who, urls[:min(len(urls), nearPages)])
	own.before, err = own.oracle.Read(ctx)
	own.latest = own.before
	return shadow{own}, err
}

// undo puts back what the request changed of the caller's own.
func (d shadow) undo(ctx context.Context, fill filling, entry int) error {
	if d.own == nil || fill.marker == (marker{}) {
		return nil
	}
	s := d.own
	now, err := s.oracle.Read(ctx)
	if err != nil {
		return err
	}
	s.latest = now
	all := s.bench.diff(s.before, now)
	w, hits, ok := witnessed(all, &s.noise, fill.marker)
	if !ok {
		return nil
	}
	s.witness, s.marks = w, []string{fill.marker.text}
	s.recall(fill, replaced(all), s.before)
	s.did(entry, hits)
	s.firstEntry = s.bench.Ledger.Len()
	return s.restore(ctx)
}
