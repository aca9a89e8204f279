package markup

import (
	"net/http"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// most is how many links, and how many triggers, are taken from one document.
const most = 5000

// A Link is an address that the user can go to by a click.
type Link struct {
	URL   string
	Label string

	document *Document
	node     *html.Node
}

// Selector is a CSS selector that finds the link's element and nothing else.
func (l Link) Selector() string { return l.document.selector(l.node) }

// Links are the document's hyperlinks in order, the same address once for each
// element that leads there; of a document with thousands, the first.
func (d *Document) Links() []Link {
	var links []Link
	for _, n := range d.nodes {
		for _, ref := range targets(n) {
			if u, ok := d.Resolve(ref); ok {
				links = append(links, Link{URL: u, Label: Label(n), document: d, node: n})
			}
		}
		if len(links) >= most {
			break
		}
	}
	return links
}

// targets are where clicking an element leads: a link's address, and what a handler in
// the element's own attributes goes to.
func targets(n *html.Node) []string {
	var refs []string
	script := attr(n, "onclick")
	if (n.DataAtom == atom.A || n.DataAtom == atom.Area) && has(n, "href") {
		href := attr(n, "href")
		refs = append(refs, href)
		if code, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(href)), "javascript:"); ok && code != "" {
			script += ";" + href
		}
	}
	for _, m := range goesTo.FindAllStringSubmatch(script, most) {
		if ref := m[1] + m[2]; ref != "" {
			refs = append(refs, ref)
		}
	}
	return refs
}

// goesTo is a handler that leads to an address that it spells out whole.
var goesTo = regexp.MustCompile(`\b(?:location(?:\.href)?\s*=\s*|location\.(?:assign|replace)\(\s*|window\.open\(\s*)(?:"([^"]*)"|'([^']*)')\s*(?:[;,)}]|$)`)

// A Trigger is a control that runs a script instead of submitting a form.
type Trigger struct {
	Selector string
	Label    string
	Script   string // text of its handler, "" if the handler is attached elsewhere
	// Calls are requests that the element's own attributes spell out (htmx and its
	// like).
	Calls []Call
}

// attributeCalls are the attributes of hypermedia libraries that name a request.
var attributeCalls = map[string]string{
	"hx-get": http.MethodGet, "hx-post": http.MethodPost, "hx-put": http.MethodPut,
	"hx-patch": http.MethodPatch, "hx-delete": http.MethodDelete,
}

// Triggers are the buttons and clickable elements that submit no form.
func (d *Document) Triggers() []Trigger {
	owned, _ := d.owners()
	submits := map[*html.Node]bool{}
	for _, controls := range owned {
		for _, c := range controls {
			kind := controlType(c)
			submits[c] = kind == "submit" || kind == "image"
		}
	}
	var triggers []Trigger
	for _, n := range d.nodes {
		calls := d.attributeCalls(n)
		script := attr(n, "onclick")
		if href := strings.TrimSpace(attr(n, "href")); n.DataAtom == atom.A && strings.HasPrefix(strings.ToLower(href), "javascript:") {
			script = href[len("javascript:"):]
		}
		looksClickable := n.DataAtom == atom.Button || strings.EqualFold(attr(n, "role"), "button") ||
			n.DataAtom == atom.Input && controlType(n) == "button"
		if submits[n] || disabled(n) || len(calls) == 0 && script == "" && !looksClickable {
			continue
		}
		if len(triggers) == most {
			break
		}
		triggers = append(triggers, Trigger{Selector: d.selector(n), Label: Label(n), Script: script, Calls: calls})
	}
	return triggers
}

func (d *Document) attributeCalls(n *html.Node) []Call {
	var calls []Call
	for _, a := range n.Attr {
		method := attributeCalls[strings.TrimPrefix(a.Key, "data-")]
		if method == "" {
			continue
		}
		if u, ok := d.Resolve(a.Val); ok {
			calls = append(calls, Call{Method: method, URL: u})
		}
	}
	return calls
}
