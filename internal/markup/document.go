// Package markup reads what an HTML document offers: its links and frames, its
// forms as a browser would submit them, the controls a user can click with CSS
// selectors that find exactly them, and the requests its scripts spell out.
//
// It reads the document as it was sent. What a script adds later is seen only if
// the caller gives the document after the script has run. Nothing here judges or
// touches the network.
package markup

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/mantlet-dev/mantlet/policy"
)

// A Document is a parsed page. It is not changed after Parse.
type Document struct {
	URL   *url.URL // where it came from
	base  *url.URL // what relative references are relative to
	root  *html.Node
	nodes []*html.Node   // all elements that a browser would show, in document order
	ids   map[string]int // how often each id occurs
	place map[*html.Node]int
	kin   map[kinship]int
}

// kinship is what siblings of the same type share.
type kinship struct {
	parent *html.Node
	name   string
}

// Parse reads a page that came from at. It fails on documents nested deeper than
// any browser would build them.
func Parse(body []byte, at *url.URL) (*Document, error) {
	// As decoders do: what is no character becomes the replacement character.
	root, err := html.Parse(bytes.NewReader(bytes.ToValidUTF8(body, []byte("\uFFFD"))))
	if err != nil {
		return nil, fmt.Errorf("read the page at %s: %w", at.Redacted(), err)
	}
	openShadows(root)
	d := &Document{URL: at, base: at, root: root, ids: map[string]int{}, place: map[*html.Node]int{}, kin: map[kinship]int{}}
	for n := range elements(root) {
		d.nodes = append(d.nodes, n)
		d.kin[kinship{n.Parent, n.Data}]++
		d.place[n] = d.kin[kinship{n.Parent, n.Data}]
	}
	for n := range root.Descendants() { // those in templates too, to be on the safe side
		if id := attr(n, "id"); id != "" && n.Type == html.ElementNode {
			d.ids[id]++
		}
	}
	for _, n := range d.nodes {
		if n.DataAtom == atom.Base && has(n, "href") { // the first one counts
			if u, err := at.Parse(strings.TrimSpace(attr(n, "href"))); err == nil {
				d.base = u
			}
			break
		}
	}
	return d, nil
}

// elements walks in document order and leaves out what templates hold, which is no
// part of the page. It keeps no stack of its own, so depth costs nothing.
func elements(root *html.Node) iter.Seq[*html.Node] {
	return func(yield func(*html.Node) bool) {
		for n := root; n != nil; {
			if n.Type == html.ElementNode && !yield(n) {
				return
			}
			if n.FirstChild != nil && n.DataAtom != atom.Template {
				n = n.FirstChild
				continue
			}
			for n != root && n.NextSibling == nil {
				n = n.Parent
			}
			if n == root {
				return
			}
			n = n.NextSibling
		}
	}
}

// Title is the text of the title element, its white space collapsed.
func (d *Document) Title() string {
	for _, n := range d.nodes {
		if n.DataAtom == atom.Title && n.Namespace == "" {
			return collapse(text(n))
		}
	}
	return ""
}

// Text is the page's visible text, its white space collapsed.
func (d *Document) Text() string {
	var b strings.Builder
	for _, n := range d.nodes {
		switch n.DataAtom {
		case atom.Script, atom.Style, atom.Title, atom.Noscript:
			continue
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type == html.TextNode {
				b.WriteString(c.Data)
				b.WriteByte(' ')
			}
		}
	}
	return collapse(b.String())
}

// Resolve makes a reference absolute, without its fragment; false if it leads to
// no web page (javascript:, mailto:, data:, unreadable).
func (d *Document) Resolve(ref string) (string, bool) { return resolve(d.base, ref) }

func resolve(base *url.URL, ref string) (string, bool) {
	u, err := base.Parse(strings.Map(dropBreaks, strings.TrimSpace(ref)))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", false
	}
	u.Fragment, u.RawFragment = "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String(), true
}

// dropBreaks removes what browsers remove from URLs (URL Standard, section 4.4).
func dropBreaks(r rune) rune {
	if r == '\t' || r == '\n' || r == '\r' {
		return -1
	}
	return r
}

// Frames are the addresses of documents this one contains.
func (d *Document) Frames() []string {
	attribute := map[atom.Atom]string{atom.Iframe: "src", atom.Frame: "src", atom.Embed: "src", atom.Object: "data"}
	var urls []string
	for _, n := range d.nodes {
		if name := attribute[n.DataAtom]; name != "" && has(n, name) {
			if u, ok := d.Resolve(attr(n, name)); ok {
				urls = append(urls, u)
			}
		}
	}
	return urls
}

// Refresh is where a meta element sends the visitor, "" if there is none.
func (d *Document) Refresh() string {
	for _, n := range d.nodes {
		if n.DataAtom != atom.Meta || !strings.EqualFold(attr(n, "http-equiv"), "refresh") {
			continue
		}
		_, rest, found := strings.Cut(attr(n, "content"), "=")
		if !found {
			continue
		}
		if u, ok := d.Resolve(strings.Trim(strings.TrimSpace(rest), `"'`)); ok {
			return u
		}
	}
	return ""
}

// Policies are the meta elements that try to set a framing rule, as
// "name: content".
func (d *Document) Policies() []string {
	var found []string
	for _, n := range d.nodes {
		if n.DataAtom != atom.Meta {
			continue
		}
		name, content := attr(n, "http-equiv"), attr(n, "content")
		framing := strings.EqualFold(name, policy.HeaderXFO) ||
			(strings.EqualFold(name, policy.HeaderCSP) || strings.EqualFold(name, policy.HeaderCSPReportOnly)) &&
				strings.Contains(strings.ToLower(content), "frame-ancestors")
		if framing {
			found = append(found, name+": "+content)
		}
	}
	return found
}

// ContentPolicies are the contents of the meta elements in which the page sets an
// enforced Content-Security-Policy. They count for what the page loads; what frames it
// has to be said in a header.
func (d *Document) ContentPolicies() []string {
	var found []string
	for _, n := range d.nodes {
		if n.DataAtom == atom.Meta && strings.EqualFold(attr(n, "http-equiv"), policy.HeaderCSP) && attr(n, "content") != "" {
			found = append(found, attr(n, "content"))
		}
	}
	return found
}

// Metas are the name and content of meta elements that have both.
func (d *Document) Metas() map[string]string {
	found := map[string]string{}
	for _, n := range d.nodes {
		if n.DataAtom == atom.Meta && attr(n, "name") != "" && has(n, "content") {
			found[attr(n, "name")] = attr(n, "content")
		}
	}
	return found
}

// Scripts are the addresses of script files, and the text of inline scripts and of
// handlers in attributes.
func (d *Document) Scripts() (files, inline []string) {
	for _, n := range d.nodes {
		if n.DataAtom == atom.Script {
			if u, ok := d.Resolve(attr(n, "src")); ok && has(n, "src") {
				files = append(files, u)
			} else if s := text(n); strings.TrimSpace(s) != "" {
				inline = append(inline, s)
			}
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") && a.Namespace == "" {
				inline = append(inline, a.Val)
			}
		}
	}
	return files, inline
}

// Hooks are what scripts find elements by: the names of elements, attributes and classes
// that occur, sorted, each once.
func (d *Document) Hooks() []string {
	found := map[string]bool{}
	for _, n := range d.nodes {
		found[n.Data] = true
		for _, a := range n.Attr {
			found[n.Data+"["+a.Key+"]"] = true
		}
		for _, class := range strings.Fields(attr(n, "class")) {
			found["."+class] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return true
		}
	}
	return false
}

// text is all text below n.
func text(n *html.Node) string { return textUpTo(n, 1<<30) }

// textUpTo is the first limit bytes of text: what nested elements say would
// otherwise be read once for each level.
func textUpTo(n *html.Node, limit int) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data[:min(len(c.Data), limit-b.Len())])
		}
		if b.Len() >= limit {
			break
		}
	}
	return strings.ToValidUTF8(b.String(), "")
}

func collapse(s string) string { return strings.Join(strings.Fields(s), " ") }
