package markup

import (
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Into stands in a selector where it leads from an element into its shadow tree.
const Into = " >>> "

// shadowTree is what the template of a declared shadow tree becomes in a Document: no
// page can write an element of this name.
const shadowTree = "#shadow-root"

// openShadows makes declared shadow trees a part of the page, as browsers do: servers
// send them, and the browser writes down those that scripts made.
func openShadows(root *html.Node) {
	for n := range root.Descendants() {
		if n.DataAtom != atom.Template || n.Parent == nil || n.Parent.Type != html.ElementNode {
			continue
		}
		if mode := attr(n, "shadowrootmode"); mode == "open" || mode == "closed" {
			n.Data, n.DataAtom, n.Attr = shadowTree, 0, nil
		}
	}
}

func isShadow(n *html.Node) bool { return n.Type == html.ElementNode && n.Data == shadowTree }
