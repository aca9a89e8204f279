package markup

import (
	"encoding/json"

	"golang.org/x/net/html/atom"
)

// A Binding is an element that gives a script's call its address.
type Binding struct {
	URL     string // absolute
	Headers map[string]string
	// Form is the form whose submission the script takes over, nil if the element is
	// none.
	Form     *Form
	Selector string // of what the user clicks
	Label    string
}

// Bind finds the elements that a call with an Attribute takes its address from.
func (d *Document) Bind(c Call) []Binding {
	if c.Attribute == "" {
		return nil
	}
	forms := map[string]*Form{}
	for _, f := range d.Forms() {
		forms[f.Selector] = &f
	}
	var bindings []Binding
	for _, n := range d.nodes {
		if !has(n, c.Attribute) {
			continue
		}
		u, ok := d.Resolve(attr(n, c.Attribute))
		if !ok {
			continue
		}
		b := Binding{URL: u, Selector: d.selector(n), Label: Label(n)}
		if c.HeadersFrom != "" {
			// What is no object of strings adds no headers.
			_ = json.Unmarshal([]byte(attr(n, c.HeadersFrom)), &b.Headers)
		}
		if n.DataAtom == atom.Form {
			b.takeForm(forms[b.Selector])
		}
		bindings = append(bindings, b)
		if len(bindings) == most {
			break
		}
	}
	return bindings
}

func (b *Binding) takeForm(f *Form) {
	b.Form = f
	if f != nil && len(f.Submits) > 0 {
		b.Selector, b.Label = f.Submits[0].Selector, f.Submits[0].Label
	}
}
