package observe

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/markup"
)

// perTemplate is how many addresses of one route and set of parameters an identity
// fetches: enough to see what it is, too few for a calendar to go on for ever.
// perRoute bounds the sets of parameters.
const (
	perTemplate = 12
	perRoute    = 40
)

// A crawl is one identity's walk through the site, level by level.
type crawl struct {
	c       *collector
	session *identity.Session
	seen    map[string]bool
	counts  map[string]int // by route, and by route and parameters
	changes map[string]bool
	held    map[string][]visit // more of the same, by route
	fetched int
	lost    bool // the session was lost and could not be renewed
	views   []*view
}

// crawlAs walks as one identity from the seeds, and then to what only values found
// on the way make reachable.
func (c *collector) crawlAs(s *identity.Session) {
	w := &crawl{c: c, session: s, seen: map[string]bool{}, counts: map[string]int{}, changes: map[string]bool{}, held: map[string][]visit{}}
	frontier := append(slices.Clone(c.seeds), c.api.reads(nil)...)
	if s.IsAnonymous() {
		for _, v := range c.views { // the starts are there already
			w.adopt(v)
		}
		w.render(w.views)
		w.readScripts(w.views)
		for _, v := range w.views {
			frontier = append(frontier, w.onward(v)...)
		}
	}
	w.walk(frontier)
	if s.IsAnonymous() && len(c.api.operations) == 0 {
		c.readLinkedAPI(w.views)
	}
	c.api.logins[w.session.Name()] = w.session.Accounts()
	w.walk(c.api.reads(c.api.harvest(w.views)))
	for _, route := range sortedKeys(w.held) {
		c.skip(finding.Skip{What: route, Why: fmt.Sprintf("more of the same: %s saw %d addresses of it", nameOf(s), w.counts[route])})
	}
}

// adopt takes what was fetched before as a part of the walk.
func (w *crawl) adopt(v *view) {
	w.seen[v.exchange.URL] = true
	w.fetched++
	w.views = append(w.views, v)
}

func (w *crawl) walk(frontier []visit) {
	for depth := 0; len(frontier) > 0 && w.c.stopped == nil && !w.lost; depth++ {
		batch := w.admit(frontier)
		if depth > w.c.o.MaxDepth {
			if len(batch) > 0 {
				w.skip(fmt.Sprintf("%d addresses more than %d clicks away", len(batch), w.c.o.MaxDepth))
			}
			return
		}
		views := w.look(batch)
		frontier = nil
		for _, v := range views {
			w.c.keep(v)
			w.views = append(w.views, v)
		}
		w.lookBack(views)
		w.render(views)
		w.readScripts(views)
		w.c.routes.learnAlike(w.views)
		for _, v := range views {
			frontier = append(frontier, w.onward(v)...)
		}
		frontier = append(frontier, w.release()...)
		w.c.progress("%s: %d pages", nameOf(w.session), w.fetched)
	}
}

func nameOf(s *identity.Session) string {
	if s.IsAnonymous() {
		return "anonymous"
	}
	return s.Name()
}

func (w *crawl) skip(why string) {
	w.c.skip(finding.Skip{What: "pages of " + nameOf(w.session), Why: why})
}

// admit sorts a level and takes what is new and within the bounds.
func (w *crawl) admit(frontier []visit) []visit {
	slices.SortStableFunc(frontier, func(a, b visit) int { return strings.Compare(a.url, b.url) })
	var batch []visit
	for _, v := range frontier {
		if w.seen[v.url] || w.c.grant.Allows(v.url) != nil || markup.IsLogout(v.url, "") || w.c.ending[v.url] {
			continue
		}
		w.seen[v.url] = true
		if w.fetched >= w.c.o.MaxPages {
			w.skip(fmt.Sprintf("the limit of %d pages was reached", w.c.o.MaxPages))
			break
		}
		route, params := w.c.routes.shape(v.url), parameters(v.url)
		if w.counts[route] >= perRoute || w.counts[route+params] >= perTemplate && !w.differ(route) {
			w.held[route] = append(w.held[route], v)
			continue
		}
		if w.moreOfTheSame(v.url) {
			continue
		}
		w.counts[route]++
		if params != "" {
			w.counts[route+params]++
		}
		w.fetched++
		batch = append(batch, v)
	}
	return batch
}

// release gives what was held back for more of the same and turned out to be none.
func (w *crawl) release() []visit {
	var free []visit
	for _, route := range sortedKeys(w.held) {
		if w.counts[route] < perRoute && w.differ(route) {
			for _, v := range w.held[route] {
				w.seen[v.url] = false
			}
			free = append(free, w.held[route]...)
			delete(w.held, route)
		}
	}
	return free
}

// differ says whether the pages of a route lead to different things, most of them to
// something that no other of them leads to: then what stands in the route's
// placeholder is a chapter and not an object.
func (w *crawl) differ(route string) bool {
	leads := map[string]int{}
	var pages []map[string]bool
	for _, v := range w.views {
		if v.page == nil || v.exchange.Status >= 400 || w.c.routes.shape(v.exchange.URL) != route {
			continue
		}
		to := map[string]bool{}
		for _, l := range v.page.Links() {
			to[w.c.routes.shape(l.URL)] = true
		}
		for _, f := range v.page.Forms() {
			to[w.c.routes.shape(f.URL)] = true
		}
		for r := range to {
			leads[r]++
		}
		pages = append(pages, to)
	}
	own := 0
	for _, to := range pages {
		for r := range to {
			if leads[r] == 1 {
				own++
				break
			}
		}
	}
	return 2*own > len(pages)
}

// moreOfTheSame leaves out further siblings where the ones seen were all alike.
func (w *crawl) moreOfTheSame(rawURL string) bool {
	u, err := url.Parse(rawURL)
	if err != nil {
		return true
	}
	parts := segments(u.Path)
	if len(parts) < 2 || !w.c.routes.alike[parentOf(parts)] || w.c.routes.isDocumented(parts) {
		return false
	}
	w.c.skip(finding.Skip{What: parentOf(parts) + "{id}", Why: "more of the same: the pages below it are alike"})
	return true
}

func (r *routes) isDocumented(parts []string) bool {
	return slices.ContainsFunc(r.documented, func(t template) bool { return t.matches(parts) })
}

// parameters are the names in a URL's query.
func parameters(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.RawQuery == "" {
		return ""
	}
	var names []string
	for name := range u.Query() {
		names = append(names, name)
	}
	slices.Sort(names)
	return "?" + strings.Join(names, "&")
}

// look fetches a level and makes sure that the session was still there at the end
// of it; if not, it logs in again and looks once more, and then page by page.
func (w *crawl) look(batch []visit) []*view {
	views := w.c.fetchAll(w.session, batch)
	if len(batch) == 0 || w.c.stopped != nil {
		return views
	}
	err := w.session.Alive(w.c.ctx)
	if !errors.Is(err, identity.ErrLost) {
		return views
	}
	if err := w.session.Renew(w.c.ctx); err != nil {
		w.loseSession("its session was lost and could not be renewed: " + err.Error())
		return nil
	}
	views = w.c.fetchAll(w.session, batch)
	if !errors.Is(w.session.Alive(w.c.ctx), identity.ErrLost) {
		return views
	}
	if err := w.session.Renew(w.c.ctx); err != nil {
		w.loseSession("its session was lost and could not be renewed: " + err.Error())
		return nil
	}
	return w.singly(batch)
}

func (w *crawl) loseSession(why string) {
	w.lost = true
	w.c.skip(finding.Skip{What: "identity " + w.session.Name(), Why: why, Incomplete: true})
}

// rendersAtOnce is how many pages a browser opens at the same time.
const rendersAtOnce = 2

// render opens the first page of each route that has scripts, unless they were seen to
// add nothing for another identity.
func (w *crawl) render(views []*view) {
	if w.c.o.Renderer == nil {
		return
	}
	var chosen []*view
	for _, v := range views {
		if v.page == nil || v.exchange.Status >= 400 || v.exchange.Location != "" || !hasScripts(v.page) {
			continue
		}
		key := "rendered " + w.c.routes.shape(v.exchange.URL)
		if w.counts[key]++; w.counts[key] == 1 && !w.c.inert[w.c.inertKey(v)] {
			chosen = append(chosen, v)
		}
	}
	errs, inert := make([]error, len(chosen)), make([]string, len(chosen))
	parallel(len(chosen), rendersAtOnce, func(i int) {
		v := chosen[i]
		r, err := w.c.o.Renderer.Render(w.c.ctx, w.session, v.exchange.URL)
		if errs[i] = err; err != nil {
			return
		}
		u, _ := url.Parse(v.exchange.URL) // was fetched, so it parses
		if page, err := markup.Parse([]byte(r.HTML), u); err == nil && r.HTML != "" {
			if !w.session.IsAnonymous() && isInert(v, r, page) { // scripts may wait for a login
				inert[i] = w.c.inertKey(v)
			}
			v.page = page
		}
		v.rendered = &r
	})
	for i, err := range errs {
		if inert[i] != "" {
			w.c.inert[inert[i]] = true
		}
		if err != nil && w.c.ctx.Err() == nil {
			w.c.skip(finding.Skip{What: chosen[i].exchange.URL, Why: "the browser could not open it: " + err.Error()})
		}
	}
}

func hasScripts(d *markup.Document) bool {
	files, inline := d.Scripts()
	return len(files)+len(inline) > 0
}
