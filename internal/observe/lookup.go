package observe

import (
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A lookup finds what a site holds by what is known of it, so that judging one thing
// does not take going through all others.
type lookup struct {
	first    map[shownAction]string      // the first identity that was shown an action on a page
	actors   map[string][]string         // who was shown the actions of an endpoint, in any order
	visitors map[string]bool             // endpoints that visitors are offered
	actions  map[string][]finding.Action // by route
	answers  map[asking]*Exchange        // the first that an identity was given at an address
	pages    map[string][]*Page          // by route
}

type shownAction struct {
	finding.Endpoint
	page string
}

type asking struct{ identity, url string }

func newLookup(s *Site) *lookup {
	l := &lookup{first: map[shownAction]string{}, actors: map[string][]string{}, visitors: map[string]bool{},
		actions: map[string][]finding.Action{}, answers: map[asking]*Exchange{}, pages: map[string][]*Page{}}
	for _, x := range s.Exchanges {
		if at := (asking{x.Identity, x.URL}); l.answers[at] == nil {
			l.answers[at] = x
		}
	}
	for _, p := range s.Pages {
		l.pages[p.Exchange.Route] = append(l.pages[p.Exchange.Route], p)
	}
	for i, a := range s.Actions {
		l.actions[a.Route] = append(l.actions[a.Route], a)
		if i < len(s.Actors) {
			l.addActors(a, s.Actors[i])
		}
	}
	return l
}

func (l *lookup) addActors(a finding.Action, names []string) {
	key := shownAction{a.Endpoint(), a.Page}
	for _, name := range names {
		if name != "" && l.first[key] == "" {
			l.first[key] = name
		}
	}
	endpoint := a.Endpoint().String()
	l.actors[endpoint] = append(l.actors[endpoint], names...)
}

// FirstActor is the first identity that was shown an action on its page, "" if it is
// known from a document only or was shown to visitors alone.
func (v *Sightings) FirstActor(a finding.Action) string {
	return v.lookup.first[shownAction{a.Endpoint(), a.Page}]
}

// Actors are the identities that were shown an action of an endpoint, sorted; "" is
// among them if visitors were.
func (v *Sightings) Actors(e finding.Endpoint) []string {
	return slices.Compact(slices.Sorted(slices.Values(v.lookup.actors[e.String()])))
}

// Offered says whether the application offers an endpoint's action to people who are
// not logged in: a contact form, say. What is only seen by asking for an address
// that visitors are not led to is not offered.
func (v *Sightings) Offered(e finding.Endpoint) bool { return v.lookup.visitors[e.String()] }

// ActionsAt are the site's actions of a route, in order.
func (v *Sightings) ActionsAt(route string) []finding.Action { return v.lookup.actions[route] }

// PagesAt are the site's pages of a route, in order.
func (v *Sightings) PagesAt(route string) []*Page { return v.lookup.pages[route] }

// Answer is the first answer that an identity was given at an address, nil if none.
func (v *Sightings) Answer(identity, rawURL string) *Exchange {
	return v.lookup.answers[asking{identity, rawURL}]
}

// readOffers finds what visitors are offered; it needs to know where they are led.
func (v *Sightings) readOffers(s *Site) {
	routes := map[string]string{} // of the first answer at an address, whoever was given it
	for _, x := range s.Exchanges {
		if _, known := routes[x.URL]; !known {
			routes[x.URL] = x.Route
		}
	}
	for i, a := range s.Actions {
		if i >= len(s.Actors) || !slices.Contains(s.Actors[i], "") {
			continue
		}
		if route, seen := routes[a.Page]; !seen || v.LedToRoute("", route) {
			v.lookup.visitors[a.Endpoint().String()] = true
		}
	}
}
