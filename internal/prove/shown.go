package prove

import (
	"slices"

	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// shownAt are values and where they were shown: two addresses of each at most, since
// what is shown at two is shown elsewhere whichever is asked for.
type shownAt map[string][]string

// elsewhere says whether a value is shown at another address than this one.
func (s shownAt) elsewhere(value, address string) bool {
	at := s[value]
	return len(at) > 1 || len(at) == 1 && at[0] != address
}

// add keeps the values of an answer that count.
func (s shownAt) add(x *observe.Exchange, counts func(where, value string) bool) {
	for where, value := range state.Flatten("", x.Header.Get("Content-Type"), x.Body) {
		if at := s[value]; len(at) < 2 && !slices.Contains(at, x.URL) && counts(where, value) {
			s[value] = append(at, x.URL)
		}
	}
}

// knownTo are the values that an identity is shown.
func (b *Bench) knownTo(name string) shownAt {
	b.knowing.Lock()
	defer b.knowing.Unlock()
	if b.known[name] == nil {
		known := shownAt{}
		for _, x := range b.Site.Sightings().Shown(name) {
			known.add(x, func(_, _ string) bool { return true })
		}
		if b.known == nil {
			b.known = map[string]shownAt{}
		}
		b.known[name] = known
	}
	return b.known[name]
}

// personalPages are the values of one person's kind that pages behind the login show to
// an identity.
func (b *Bench) personalPages(name string) shownAt {
	b.knowing.Lock()
	defer b.knowing.Unlock()
	if b.persons[name] == nil {
		own := shownAt{}
		for _, x := range b.Site.Sightings().Shown(name) {
			if x.Authenticated != nil && *x.Authenticated {
				own.add(x, isPersonal)
			}
		}
		if b.persons == nil {
			b.persons = map[string]shownAt{}
		}
		b.persons[name] = own
	}
	return b.persons[name]
}

// personalTo tells values that say something of one person: what pages behind the
// login show to that identity, and no page but the one at address shows to another.
func (b *Bench) personalTo(name, address string) func(value string) bool {
	seen, own := b.Site.Sightings(), b.personalPages(name)
	var others []shownAt
	for _, other := range seen.Everybody() {
		if other != name && !seen.Privileged(other) {
			others = append(others, b.knownTo(other))
		}
	}
	return func(value string) bool {
		return own.elsewhere(value, address) && !slices.ContainsFunc(others, func(known shownAt) bool { return known.elsewhere(value, address) })
	}
}
