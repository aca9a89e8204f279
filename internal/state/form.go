package state

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// forms keeps what the form fields of a page hold. The fields of a form that
// stands there once have a place of their own; where a form is repeated, once for
// each row of a table, its fields are told apart by what they hold.
func (p page) forms(root *html.Node) {
	type field struct{ where, value string }
	var fields []field
	count := map[string]int{}
	var walk func(n *html.Node, form string)
	walk = func(n *html.Node, form string) {
		if n.DataAtom == atom.Form && n.Type == html.ElementNode {
			form = "form[" + actionOf(n) + "]"
		}
		if name, value, ok := fieldValue(n); ok {
			where := p.source + " " + form + " " + name
			fields = append(fields, field{where, value})
			count[where]++
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, form)
		}
	}
	walk(root, "form")
	for _, f := range fields {
		if count[f.where] == 1 {
			p.facts.set(f.where, f.value)
		} else {
			p.facts.add(f.where, f.value)
		}
	}
}

// tokenName are hidden fields that hold anti-forgery tokens: another one each time, or
// from one second to the next. What they hold says nothing about the state.
var tokenName = regexp.MustCompile(`(?i)csrf|xsrf|nonce|authenticity|verification_?token|^_*token$|^form_(token|build_id)$`)

// fieldValue is the name and present value of a form field; ok is false for
// anything else, and for buttons, passwords and tokens, which hold no state.
func fieldValue(n *html.Node) (name, value string, ok bool) {
	if n.Type != html.ElementNode {
		return "", "", false
	}
	name = attribute(n, "name")
	if name == "" {
		return "", "", false
	}
	switch n.DataAtom {
	case atom.Textarea:
		return name, strings.TrimSpace(innerText(n)), true
	case atom.Select:
		return name, selected(n), true
	case atom.Input:
		switch strings.ToLower(attribute(n, "type")) {
		case "submit", "button", "image", "reset", "password", "file":
			return "", "", false
		case "checkbox", "radio":
			return name + "=" + attribute(n, "value"), checked(n), true
		case "hidden":
			return name, attribute(n, "value"), !tokenName.MatchString(name)
		}
		return name, attribute(n, "value"), true
	}
	return "", "", false
}

func checked(n *html.Node) string {
	for _, a := range n.Attr {
		if a.Key == "checked" {
			return "checked"
		}
	}
	return "unchecked"
}

// selected lists the chosen options, or the first one, which is what a browser
// chooses where the page chose none.
func selected(n *html.Node) string {
	var chosen []string
	first, any := "", false
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.DataAtom == atom.Option && n.Type == html.ElementNode {
			value := optionValue(n)
			if !any {
				first, any = value, true
			}
			for _, a := range n.Attr {
				if a.Key == "selected" {
					chosen = append(chosen, value)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	if len(chosen) == 0 {
		return first
	}
	return strings.Join(chosen, ",")
}

func optionValue(n *html.Node) string {
	for _, a := range n.Attr {
		if a.Key == "value" {
			return a.Val
		}
	}
	return strings.TrimSpace(innerText(n))
}

func innerText(n *html.Node) string {
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		} else {
			b.WriteString(innerText(c))
		}
	}
	return b.String()
}
