package markup

import (
	"fmt"
	"slices"
	"strings"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// selector is a CSS selector that finds n and nothing else in d: its id if no
// other element has it, else the way down to it from the nearest ancestor that has
// one, else from the root. Where the way leads into a shadow tree stands " >>> ".
func (d *Document) selector(n *html.Node) string {
	var steps []string
	named := false
	for ; n != nil && n.Type == html.ElementNode && !isShadow(n); n = n.Parent {
		if named {
			continue // only on the way to the host
		}
		if id := attr(n, "id"); id != "" && d.ids[id] == 1 {
			steps, named = append(steps, idSelector(id)), true
			continue
		}
		steps = append(steps, d.step(n))
	}
	slices.Reverse(steps)
	way := strings.Join(steps, " > ")
	if n != nil && isShadow(n) {
		return d.selector(n.Parent) + Into + way
	}
	return way
}

// step tells n from its siblings of the same type.
func (d *Document) step(n *html.Node) string {
	name := escapeIdent(n.Data)
	if n.DataAtom == atom.Html || n.DataAtom == atom.Body || d.kin[kinship{n.Parent, n.Data}] == 1 {
		return name
	}
	return fmt.Sprintf("%s:nth-of-type(%d)", name, d.place[n])
}

func idSelector(id string) string {
	if escaped := escapeIdent(id); escaped == id {
		return "#" + id
	}
	var b strings.Builder
	for _, r := range id {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, "\\%x ", r)
		default:
			b.WriteRune(r)
		}
	}
	return `[id="` + b.String() + `"]`
}

// escapeIdent writes s as a CSS identifier (CSS Syntax Level 3, section 4.3.11;
// CSSOM, "serialize an identifier").
func escapeIdent(s string) string {
	var b strings.Builder
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r >= 0x80
		digit := r >= '0' && r <= '9'
		startsWithDigit := digit && (i == 0 || i == 1 && s[0] == '-')
		switch {
		case startsWithDigit, r < 0x20, r == 0x7f:
			fmt.Fprintf(&b, "\\%x ", r)
		case letter || digit || r == '-' && len(s) > 1:
			b.WriteRune(r)
		default:
			b.WriteByte('\\')
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Find gives the selectors of the elements that a CSS selector of the user's finds,
// in the form that Forms and Links use.
func (d *Document) Find(css string) ([]string, error) {
	compiled, err := cascadia.Parse(css)
	if err != nil {
		return nil, fmt.Errorf("selector %q: %w", css, err)
	}
	var found []string
	for _, n := range cascadia.QueryAll(d.root, compiled) {
		found = append(found, d.selector(n))
	}
	return found, nil
}
