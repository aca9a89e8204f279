package observe

import (
	"errors"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
)

// mostEnding is how many pages may end the session before the walk is given up: a
// site has a logout, a set-up page or the like, and not many of them. Where no page of
// a level leaves the session, it is not the page that ends it.
const mostEnding = 3

// singly fetches a level page by page and leaves out those that end the session of
// whoever opens them, whatever they are called. They are never opened again.
func (w *crawl) singly(batch []visit) []*view {
	var views []*view
	for _, v := range batch {
		if w.c.stopped != nil {
			break
		}
		fetched := w.c.fetchAll(w.session, []visit{v})
		if !errors.Is(w.session.Alive(w.c.ctx), identity.ErrLost) {
			views = append(views, fetched...)
			continue
		}
		w.c.ending[v.url] = true
		w.c.skip(finding.Skip{What: v.url, Why: "it ends the session of whoever opens it, so it was left out"})
		if len(w.c.ending) > mostEnding {
			w.loseSession("its session is lost again and again")
			break
		}
		if err := w.session.Renew(w.c.ctx); err != nil {
			w.loseSession("its session was lost and could not be renewed: " + err.Error())
			break
		}
	}
	if len(views) == 0 && !w.lost {
		w.loseSession("its session is lost again and again")
	}
	return views
}
