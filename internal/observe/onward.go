package observe

import (
	"net/http"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/markup"
)

// onward lists where a view leads to.
func (w *crawl) onward(v *view) []visit {
	var next []visit
	add := func(rawURL, purpose string) {
		to := visit{url: rawURL, purpose: purpose, depth: v.visit.depth + 1}
		if markup.NamesChange(rawURL) && w.c.api.confirms(rawURL) != yes {
			to.from = v.exchange.URL
		}
		next = append(next, to)
	}
	if l := v.exchange.Location; l != "" && w.mayFollow(l, "") {
		add(l, "crawl")
	}
	if v.page == nil {
		return next
	}
	links := v.page.Links()
	if v.sent != v.page {
		links = append(links, v.sent.Links()...) // a script may have taken some away
	}
	for _, l := range links {
		if w.mayFollow(l.URL, l.Label) {
			add(l.URL, "crawl")
		}
	}
	for _, f := range append(v.page.Frames(), v.page.Refresh()) {
		if f != "" && w.mayFollow(f, "") {
			add(f, "crawl")
		}
	}
	for _, call := range w.c.callsOf(v) {
		mayLook := call.Method == http.MethodGet || isResource(call.Method) && !markup.NamesChange(call.URL)
		if mayLook && w.mayFollow(call.URL, "") {
			add(call.URL, "script")
		}
	}
	if v.rendered != nil {
		for _, r := range v.rendered.Requests {
			if r.Method == http.MethodGet && w.mayFollow(r.URL, "") && !isAsset(r.URL) {
				add(r.URL, "script")
			}
		}
	}
	return next
}

// isResource says whether what a script sends by method names something that can be
// looked at: what is replaced, patched or deleted has an address of its own (RFC 9110,
// sections 9.3.4 and 9.3.5), and often a GET that no page sends.
func isResource(method string) bool {
	switch method {
	case http.MethodPut, http.MethodPatch, http.MethodDelete:
		return true
	}
	return false
}

// mayFollow says whether a link can be followed without changing the target. A
// path that ends in a word such as delete mostly leads to a page that asks first:
// it is followed where an OpenAPI document shows that the change itself is another
// method, or else as mayTry says.
func (w *crawl) mayFollow(rawURL, label string) bool {
	if w.c.grant.Allows(rawURL) != nil || markup.IsLogout(rawURL, label) || markup.SuggestsChange(rawURL, label) {
		return false
	}
	if !markup.NamesChange(rawURL) {
		return true
	}
	switch w.c.api.confirms(rawURL) {
	case yes:
		return true
	case no:
		return false
	}
	return w.mayTry(rawURL)
}

var assets = []string{".js", ".mjs", ".css", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico", ".woff", ".woff2", ".ttf", ".map", ".mp4"}

func isAsset(rawURL string) bool {
	return slices.ContainsFunc(assets, func(end string) bool { return hasPathSuffix(rawURL, end) })
}
