package observe

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/markup"
)

// mostScripts is how many script files of a site are read.
const mostScripts = 100

// readScripts fetches the script files that the views load and that are in scope.
func (w *crawl) readScripts(views []*view) {
	var wanted []visit
	for _, v := range views {
		if v.page == nil {
			continue
		}
		files, _ := v.page.Scripts()
		for _, f := range files {
			if _, known := w.c.scripts[f]; known || len(w.c.scripts) == mostScripts || w.c.grant.Allows(f) != nil {
				continue
			}
			w.c.scripts[f] = ""
			wanted = append(wanted, visit{url: f, purpose: "script"})
		}
	}
	if w.c.stopped != nil {
		return
	}
	for _, v := range w.c.fetchAll(w.session, wanted) {
		if v.exchange.Status == http.StatusOK {
			w.c.scripts[v.exchange.URL] = string(v.body)
			v.exchange.Body = v.body
			w.c.site.Scripts = append(w.c.site.Scripts, v.exchange)
		}
	}
}

// callsOf are the requests that a page's scripts spell out, their addresses made
// absolute; calls whose address stands in an attribute keep no address.
func (c *collector) callsOf(v *view) []markup.Call {
	files, inline := v.page.Scripts()
	texts := inline
	for _, f := range files {
		texts = append(texts, c.scripts[f])
	}
	var calls []markup.Call
	added := ""
	for _, t := range texts {
		read := c.spelledBy(t)
		calls = append(calls, read.calls...)
		if header := read.header; hintsToken(header) {
			added = cmp.Or(added, header)
		}
	}
	for i := range calls {
		// One script of a page adds the token to what all of them send.
		calls[i].Header = cmp.Or(calls[i].Header, added)
	}
	for _, t := range v.page.Triggers() {
		calls = append(calls, t.Calls...)
	}
	var resolved []markup.Call
	for _, call := range calls {
		if call.URL == "" {
			resolved = append(resolved, call)
			continue
		}
		if u, ok := v.page.Resolve(call.URL); ok {
			call.URL = u
			resolved = append(resolved, call)
		}
	}
	return resolved
}

func hasPathSuffix(rawURL, suffix string) bool {
	u, err := url.Parse(rawURL)
	return err == nil && strings.HasSuffix(strings.ToLower(u.Path), suffix)
}
