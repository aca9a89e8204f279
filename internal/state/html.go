package state

import (
	"bytes"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// FlattenHTML gives the facts of a page that a person would see: what its form
// fields hold ("GET /settings form[POST /settings] email"), the text of rows,
// list items and paragraphs under the path of their element ("GET /payees
// ul.payees>li"), and where its links lead. Scripts, styles and what is hidden
// by attribute are left out. Any input is a page; nothing is an error.
func FlattenHTML(source string, body []byte) Snapshot {
	facts := Snapshot{}
	// The parser reads anything; its error is only the reader's, and a byte slice has none.
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return facts
	}
	p := page{source: source, facts: facts}
	p.forms(root)
	p.text(root, nil)
	return facts
}

type page struct {
	source string
	facts  Snapshot
}

// text walks n and keeps its visible text line by line; path names the enclosing
// elements.
func (p page) text(n *html.Node, path []string) {
	if n.Type == html.ElementNode {
		if isHidden(n) {
			return
		}
		if n.DataAtom == atom.A {
			p.link(n)
		}
		path = append(path[:len(path):len(path)], elementName(n))
		if isBlock(n) {
			p.line(n, path)
			if n.DataAtom == atom.Li || n.DataAtom == atom.Tr || n.DataAtom == atom.Button {
				p.links(n)
				return
			}
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.text(c, path)
	}
}

func (p page) line(n *html.Node, path []string) {
	if len(path) > 3 {
		path = path[len(path)-3:]
	}
	lines := []string{lineText(n)}
	if n.DataAtom == atom.Pre {
		lines = strings.Split(lines[0], "\n") // its lines stand as they are written
	}
	for _, line := range lines {
		if words := strings.Trim(strings.Join(strings.Fields(line), " "), "| "); words != "" {
			p.facts.add(p.source+" "+strings.Join(path, ">"), words)
		}
	}
}

func (p page) links(n *html.Node) {
	if n.DataAtom == atom.A {
		p.link(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.links(c)
	}
}

func (p page) link(n *html.Node) {
	if href := attribute(n, "href"); href != "" && !strings.HasPrefix(href, "#") {
		p.facts.add(p.source+" link", href)
	}
}

// lineText is the text of n without that of the blocks within, which are lines
// of their own; the cells of a row and whatever a list item holds belong to its line.
func lineText(n *html.Node) string {
	var b strings.Builder
	whole := n.DataAtom == atom.Tr || n.DataAtom == atom.Li
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch {
			case c.Type == html.TextNode:
				b.WriteString(c.Data)
			case c.Type != html.ElementNode || isHidden(c) || isField(c):
			case isBlock(c) && !whole, whole && (c.DataAtom == atom.Ul || c.DataAtom == atom.Ol):
			default:
				walk(c)
				if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
					b.WriteString(" | ")
				} else if c.DataAtom == atom.Br || isBlock(c) {
					b.WriteByte(' ')
				}
			}
		}
	}
	walk(n)
	return b.String()
}

func isBlock(n *html.Node) bool {
	switch n.DataAtom {
	case atom.A, atom.B, atom.I, atom.Em, atom.Strong, atom.Span, atom.Small, atom.Code, atom.Td, atom.Th,
		atom.Label, atom.U, atom.S, atom.Sub, atom.Sup, atom.Abbr, atom.Time, atom.Br, atom.Mark, atom.Kbd,
		atom.Option, atom.Select, atom.Input, atom.Textarea, atom.Html, atom.Head:
		return false
	}
	return n.Type == html.ElementNode
}

func isField(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Select, atom.Textarea, atom.Input, atom.Datalist:
		return true
	}
	return false
}

func isHidden(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Iframe, atom.Svg, atom.Meta, atom.Link:
		return true
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "style":
			style := strings.ReplaceAll(strings.ToLower(a.Val), " ", "")
			if strings.Contains(style, "display:none") {
				return true
			}
		}
	}
	return false
}

// elementName is tag, id and classes, without the parts that carry numbers:
// those name an object and not a place.
func elementName(n *html.Node) string {
	name := n.Data
	if id := attribute(n, "id"); id != "" && !hasDigit(id) {
		name += "#" + id
	}
	for _, class := range strings.Fields(attribute(n, "class")) {
		if !hasDigit(class) {
			name += "." + class
		}
	}
	return name
}

func hasDigit(s string) bool { return strings.IndexFunc(s, unicode.IsDigit) >= 0 }

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// actionOf is where a form leads, without its query: "POST /settings".
func actionOf(form *html.Node) string {
	method := strings.ToUpper(attribute(form, "method"))
	if method == "" {
		method = "GET"
	}
	action := attribute(form, "action")
	if u, err := url.Parse(action); err == nil {
		action = u.Path
	}
	return method + " " + action
}
