package observe

import (
	"net/http"
	"slices"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/markup"
)

// A bold visit opens a link that is named like a change, to see whether it leads to a
// page that asks first. An application that makes changes on GET loses something by
// it. So bold visits are few, are only made where that was agreed to or the target is
// on this machine, and each that was not answered with a page that asks is looked back
// on and told of, as any other change to the target.

// mayTry says whether one link of a kind may be opened to see whether it asks first.
func (w *crawl) mayTry(rawURL string) bool {
	kind := markup.ChangeKey(rawURL)
	switch {
	case !w.c.grant.Active():
		w.c.skip(finding.Skip{What: rawURL, Why: "the link may change something at once, so a passive scan does not follow it"})
		return false
	case !w.c.grant.Local() && !w.c.o.Deletes:
		w.c.skip(finding.Skip{What: rawURL, Why: "the link may change something at once; it is only followed on this machine or with consent to deletions"})
		return false
	case markup.RemakesStore(rawURL) && !w.c.o.Deletes:
		w.c.skip(finding.Skip{What: rawURL, Why: "by its name the link makes the application's whole store anew; it is only followed with consent to deletions"})
		return false
	case w.c.atOnce[kind], w.changes[kind] && !w.seen[rawURL]:
		return false
	}
	w.changes[kind] = true
	return true
}

// lookBack finds out what bold visits did, from whether the page that had the link
// still has it.
func (w *crawl) lookBack(views []*view) {
	for _, v := range views {
		if v.visit.from == "" || asks(v) {
			continue
		}
		m := finding.Mutation{Purpose: "opened to see whether it asks first", At: time.Now().UTC(),
			Endpoint: finding.Endpoint{Method: http.MethodGet, Route: w.c.routes.of(v.visit.url), URL: w.c.grant.Redactor().Text(v.visit.url)}}
		before := w.c.byURL[viewKey(w.session.Name(), v.visit.from)]
		after := w.c.fetch(w.session, visit{url: v.visit.from, purpose: "crawl"})
		switch {
		case before == nil || !leadsTo(before, v.visit.url) || after.err != nil || after.page == nil:
			m.Note = "the link was followed and did not lead to a page that asks; what it changed could not be re-read"
		case leadsTo(after, v.visit.url):
			continue // it is still there: nothing was taken away
		default:
			w.c.atOnce[markup.ChangeKey(v.visit.url)] = true
			m.Changes = []finding.Change{{Where: "GET " + pathOf(v.visit.from) + " link", Before: w.c.grant.Redactor().Text(pathOf(v.visit.url))}}
			m.Note = "following the link did at once what it is named for; no other of its kind was followed"
		}
		w.c.site.Mutations = append(w.c.site.Mutations, m)
	}
}

// asks says whether a page has a form that makes the change.
func asks(v *view) bool {
	return v.page != nil && v.exchange.Status == http.StatusOK &&
		slices.ContainsFunc(v.page.Forms(), func(f markup.Form) bool { return f.Method == http.MethodPost })
}

func leadsTo(v *view, rawURL string) bool {
	return v.page != nil && slices.ContainsFunc(v.page.Links(), func(l markup.Link) bool { return l.URL == rawURL })
}
