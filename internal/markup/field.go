package markup

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// addField appends what a control contributes to its form.
func addField(f *Form, n *html.Node, kind string) {
	field := finding.Field{Name: attr(n, "name"), Type: kind, Value: attr(n, "value"), Required: has(n, "required")}
	switch kind {
	case "radio":
		addRadio(f, field, has(n, "checked"))
		return
	case "checkbox":
		if !has(n, "value") {
			field.Value = "on"
		}
		field.Options = []string{field.Value}
		if !has(n, "checked") {
			field.Value = ""
		}
	case "select":
		addSelect(f, field, n)
		return
	case "textarea":
		field.Value = strings.TrimPrefix(text(n), "\n")
	case "file":
		field.Value = "" // no page can fill one in
	}
	f.Fields = append(f.Fields, field)
}

// addRadio joins the buttons of a group into one field.
func addRadio(f *Form, field finding.Field, checked bool) {
	value := field.Value
	if value == "" {
		value = "on"
	}
	for i := range f.Fields {
		if g := &f.Fields[i]; g.Type == "radio" && g.Name == field.Name {
			g.Options = append(g.Options, value)
			g.Required = g.Required || field.Required
			if checked {
				g.Value = value // the last one checked wins
			}
			return
		}
	}
	field.Options, field.Value = []string{value}, ""
	if checked {
		field.Value = value
	}
	f.Fields = append(f.Fields, field)
}

// addSelect takes the chosen options; a list of which one must be chosen falls
// back to its first.
func addSelect(f *Form, field finding.Field, n *html.Node) {
	var chosen []string
	multiple := has(n, "multiple")
	for o := range elements(n) {
		if o.DataAtom != atom.Option || disabled(o) {
			continue
		}
		value := attr(o, "value")
		if !has(o, "value") {
			value = collapse(text(o))
		}
		field.Options = append(field.Options, value)
		if has(o, "selected") {
			if !multiple {
				chosen = nil // the last one selected wins
			}
			chosen = append(chosen, value)
		}
	}
	if len(chosen) == 0 && !multiple && len(field.Options) > 0 {
		chosen = field.Options[:1]
	}
	if len(chosen) == 0 {
		chosen = []string{""}
	}
	for _, value := range chosen {
		field.Value = value
		f.Fields = append(f.Fields, field)
	}
}

// Label is what a control says to the user.
func Label(n *html.Node) string {
	candidates := []string{attr(n, "aria-label"), textUpTo(n, 400), attr(n, "value"), attr(n, "title"), attr(n, "alt"), imageText(n), attr(n, "name")}
	if n.DataAtom == atom.Input {
		candidates = []string{attr(n, "value"), attr(n, "aria-label"), attr(n, "alt"), attr(n, "title"), attr(n, "name")}
	}
	for _, c := range candidates {
		if c = collapse(c); c != "" {
			return shorten(c, 80)
		}
	}
	if n.DataAtom == atom.Input {
		return "Submit"
	}
	return n.Data
}

func imageText(n *html.Node) string {
	for c := range elements(n) {
		if c.DataAtom == atom.Img && attr(c, "alt") != "" {
			return attr(c, "alt")
		}
	}
	return ""
}

func shorten(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit-1]) + "…"
}
