package prove

import (
	"cmp"
	"iter"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// A guide leads from an action to what is near it on the site, without going through
// all of it for each action.
type guide struct {
	pages     map[area][]near             // by identity, host and the beginning of the path, in order of their addresses
	removers  map[string][]finding.Action // what destroys, with placeholders, by what it takes from
	makers    map[string][]finding.Action // what adds, by what it adds to
	following map[string]bool             // paths of actions that a link carries out
	fields    map[string][]string         // pages of actions that have a field, by its name
}

// An area is what begins with a path on a host, as an identity sees it. The data in it
// stand apart from the pages.
type area struct {
	who, host, path string
	data            bool
}

type near struct{ url, path string }

// guide is made of what the site was when it is first asked for.
func (b *Bench) guide() *guide {
	b.guided.Do(func() { b.guiding = newGuide(b.Site) })
	return b.guiding
}

func newGuide(site *observe.Site) *guide {
	g := &guide{pages: map[area][]near{}, removers: map[string][]finding.Action{}, makers: map[string][]finding.Action{},
		following: map[string]bool{}, fields: map[string][]string{}}
	g.addPages(site)
	for _, a := range site.Actions {
		switch t := templated(a); {
		case strings.EqualFold(a.Method, "GET"):
			g.following[pathOf(a.URL)] = true
		case destroys(t):
			g.removers[collection(t.Route)] = append(g.removers[collection(t.Route)], t)
		}
		if strings.EqualFold(a.Method, "POST") && !a.Login && !destroys(a) {
			under := addsTo(a.Route)
			g.makers[under] = append(g.makers[under], a)
		}
		for _, field := range a.Fields {
			g.fields[field.Name] = append(g.fields[field.Name], a.Page)
		}
	}
	return g
}

// addsTo is the collection to which an action of a route adds, if it does.
func addsTo(route string) string {
	route = strings.TrimSuffix(route, "/")
	for _, word := range []string{"/new", "/create", "/add"} {
		route = strings.TrimSuffix(route, word)
	}
	return strings.TrimSuffix(route, "/")
}

// addPages keeps of the pages and JSON answers that were seen one for each route.
func (g *guide) addPages(site *observe.Site) {
	type shown struct{ who, host, route string }
	known := map[shown]bool{}
	for _, x := range site.Exchanges {
		if x.Method != "GET" || x.Status != 200 || x.Purpose == "robots" {
			continue
		}
		u, err := url.Parse(x.URL)
		if err != nil || known[shown{x.Identity, u.Host, x.Route}] {
			continue
		}
		data := x.Type == "application/json" && !strings.Contains(x.Purpose, "openapi")
		if !data && x.Type != "text/html" && x.Type != "application/xhtml+xml" {
			continue
		}
		known[shown{x.Identity, u.Host, x.Route}] = true
		for _, path := range beginnings(u.Path) {
			at := area{x.Identity, u.Host, path, data}
			g.pages[at] = append(g.pages[at], near{x.URL, u.Path})
		}
	}
	for _, list := range g.pages {
		slices.SortStableFunc(list, func(a, b near) int { return cmp.Compare(a.url, b.url) })
	}
}

// beginnings are the first segments of a path: none of them, one, two and so on.
func beginnings(path string) []string {
	list := []string{""}
	for segment := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if segment == "" {
			break
		}
		list = append(list, list[len(list)-1]+"/"+segment)
	}
	return list
}

// around are the addresses that an identity was shown on target's host, the nearest
// first: those that share most segments with it, where data count for a segment and a
// half more than a page.
func (g *guide) around(who string, target *url.URL) iter.Seq[string] {
	type ring struct {
		area
		rank, depth int
	}
	var rings []ring
	for depth, path := range beginnings(target.Path) {
		rings = append(rings, ring{area{who, target.Host, path, false}, 2 * depth, depth}, ring{area{who, target.Host, path, true}, 2*depth + 3, depth})
	}
	slices.SortFunc(rings, func(a, b ring) int { return b.rank - a.rank })
	return func(yield func(string) bool) {
		for _, r := range rings {
			for _, page := range g.pages[r.area] {
				if sharedSegments(page.path, target.Path) == r.depth && !yield(page.url) {
					return
				}
			}
		}
	}
}
