package check

import (
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// Holdings are the fields that decide about something, are shown to identities and
// offered to nobody. They are gathered once for all of a site's actions.
type holdings struct {
	by     map[string]held        // by identity
	values map[namedKind][]string // that anybody was shown, a few of each
}

// held is what one identity is shown: of things, by their kind, and of the user.
type held struct {
	things map[string][]finding.Field
	user   []finding.Field
}

type namedKind struct{ name, kind string }

// mostValues bounds how many values a field is tried with.
const mostValues = 4

func holdingsOf(site *observe.Site) *holdings {
	seen, offered := site.Sightings(), offeredTo(site)
	h := &holdings{by: map[string]held{}, values: map[namedKind][]string{}}
	for _, name := range seen.Everybody() {
		for _, x := range seen.Shown(name) {
			for _, p := range properties(x) {
				h.addValue(p)
			}
		}
	}
	for _, name := range seen.Everybody() {
		own := held{things: map[string][]finding.Field{}}
		for _, x := range seen.Shown(name) {
			for _, p := range append(properties(x), labelled(x, decides)...) {
				if decides(p.name) && !offered[p.name] && p.kind != "" {
					h.add(&own, x.Route, p)
				}
			}
		}
		h.by[name] = own
	}
	return h
}

// addValue keeps one value more than is tried: the present one does not count.
func (h *holdings) addValue(p property) {
	key := namedKind{p.name, p.kind}
	if list := h.values[key]; decides(p.name) && p.value != "" && len(list) <= mostValues && !slices.Contains(list, p.value) {
		h.values[key] = append(list, p.value)
	}
}

func (h *holdings) add(own *held, route string, p property) {
	field := finding.Field{Name: p.name, Type: p.kind, Value: p.value, Options: h.valuesFor(p)}
	if len(field.Options) == 0 {
		return
	}
	if kind := thing(route); kind != "" {
		own.things[kind] = addField(own.things[kind], field)
	}
	if aboutUser(route) {
		own.user = addField(own.user, field)
	}
}

func addField(list []finding.Field, f finding.Field) []finding.Field {
	if slices.ContainsFunc(list, func(known finding.Field) bool { return known.Name == f.Name }) {
		return list
	}
	return append(list, f)
}

// usual are the values that decide most, by what a name is about.
var usual = []struct {
	words  map[string]bool
	values []string
}{
	{wordSet("role roles permission permissions privilege privileges scope scopes"), []string{"admin", "administrator", "manager", "staff"}},
	{wordSet("plan tier subscription membership_level"), []string{"premium", "enterprise", "pro", "gold"}},
	{wordSet("level access_level user_level clearance"), []string{"admin", "high"}},
}

// valuesFor are the values that p could be set to, those that other identities were
// shown and the usual ones; never the present one, and none if no valid one is known.
func (h *holdings) valuesFor(p property) []string {
	var values []string
	add := func(v string) {
		if v != "" && v != p.value && !slices.Contains(values, v) && len(values) < mostValues {
			values = append(values, v)
		}
	}
	switch p.kind {
	case "boolean":
		add(opposite(p.value))
		return values
	case "number":
		if !strings.HasSuffix(strings.ToLower(p.name), "id") {
			return []string{"+"} // any other number: the prover makes one
		}
	}
	for _, v := range h.values[namedKind{p.name, p.kind}] {
		add(v)
	}
	for _, u := range usual {
		if u.words[strings.ToLower(p.name)] {
			for _, v := range u.values {
				add(v)
			}
		}
	}
	return values
}
