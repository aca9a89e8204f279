package markup

import (
	"net/http"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A Form is a form as a browser would submit it if the user changed nothing.
type Form struct {
	Selector string
	Method   string // GET or POST
	URL      string // absolute, without fragment
	Encoding string // finding.EncodingURL, EncodingMultipart or EncodingText
	// Fields are what is or may be sent, in order, submit buttons left out. An
	// unticked checkbox and an unchosen radio group have their values in Options and
	// no Value.
	Fields  []finding.Field
	Submits []Submit // empty: the form is submitted by Enter or by script
}

// A Submit is a control that submits a form, and what it changes about it.
type Submit struct {
	Selector            string
	Label               string
	Name, Value         string // sent along if Name is not empty
	Method              string // the form's, or formmethod
	URL                 string
	Encoding            string
	Disabled, Validated bool // Validated is false with formnovalidate
}

// Forms are the document's forms in order. Forms that only close a dialog, and
// those that lead to no web address, are left out.
func (d *Document) Forms() []Form {
	owned, order := d.owners()
	var forms []Form
	for _, n := range order {
		f := Form{Selector: d.selector(n), Method: method(attr(n, "method")), Encoding: encoding(attr(n, "enctype"))}
		var ok bool
		if f.URL, ok = d.actionURL(attr(n, "action")); !ok || f.Method == "" {
			continue
		}
		for _, c := range owned[n] {
			d.addControl(&f, c)
		}
		forms = append(forms, f)
	}
	return forms
}

// owners gives each form's controls (HTML, section 4.10.18.3, "form owner").
func (d *Document) owners() (map[*html.Node][]*html.Node, []*html.Node) {
	byID := map[string]*html.Node{}
	var order []*html.Node
	for _, n := range d.nodes {
		if n.DataAtom == atom.Form {
			order = append(order, n)
			if id := attr(n, "id"); id != "" && byID[id] == nil {
				byID[id] = n
			}
		}
	}
	owned := map[*html.Node][]*html.Node{}
	var misplaced *html.Node
	for _, n := range d.nodes {
		if n.DataAtom == atom.Form {
			misplaced = n
		}
		if !isControl(n) {
			continue
		}
		owner := ancestor(n, atom.Form)
		if has(n, "form") {
			owner = byID[attr(n, "form")]
		} else if owner == nil && inSameTable(misplaced, n) {
			owner = misplaced
		}
		if owner != nil {
			owned[owner] = append(owned[owner], n)
		}
	}
	return owned, order
}

func isControl(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Input, atom.Select, atom.Textarea, atom.Button:
		return true
	}
	return false
}

// inSameTable is for a form that stands between the rows of a table: a parser
// leaves it empty and still makes it the owner of the controls that follow.
func inSameTable(form, control *html.Node) bool {
	if form == nil || form.FirstChild != nil {
		return false
	}
	switch form.Parent.DataAtom {
	case atom.Table, atom.Tbody, atom.Thead, atom.Tfoot, atom.Tr:
		table := ancestor(form, atom.Table)
		return table != nil && ancestor(control, atom.Table) == table
	}
	return false
}

func ancestor(n *html.Node, a atom.Atom) *html.Node {
	for n = n.Parent; n != nil; n = n.Parent {
		if n.DataAtom == a && n.Type == html.ElementNode {
			return n
		}
	}
	return nil
}

// actionURL resolves an action; an empty one is the document itself, whatever its
// base element says (HTML, section 4.10.22.3, step 9).
func (d *Document) actionURL(action string) (string, bool) {
	if strings.TrimSpace(action) == "" {
		return resolve(d.URL, d.URL.String())
	}
	return d.Resolve(action)
}

// method is "" for dialog, which sends nothing. Unknown words mean GET.
func method(word string) string {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "post":
		return http.MethodPost
	case "dialog":
		return ""
	}
	return http.MethodGet
}

func encoding(word string) string {
	switch word = strings.ToLower(strings.TrimSpace(word)); word {
	case finding.EncodingMultipart, finding.EncodingText:
		return word
	}
	return finding.EncodingURL
}

func (d *Document) addControl(f *Form, n *html.Node) {
	switch kind := controlType(n); kind {
	case "button", "reset":
	case "submit", "image":
		if s, ok := d.submit(f, n, kind); ok {
			f.Submits = append(f.Submits, s)
		}
	default:
		if attr(n, "name") != "" && !disabled(n) {
			addField(f, n, kind)
		}
	}
}

// controlType is the input type, or the element where it is none.
func controlType(n *html.Node) string {
	switch n.DataAtom {
	case atom.Select:
		return "select"
	case atom.Textarea:
		return "textarea"
	case atom.Button:
		switch t := strings.ToLower(attr(n, "type")); t {
		case "button", "reset":
			return t
		}
		return "submit"
	}
	t := strings.ToLower(strings.TrimSpace(attr(n, "type")))
	if t == "" {
		return "text"
	}
	return t
}

func (d *Document) submit(f *Form, n *html.Node, kind string) (Submit, bool) {
	s := Submit{Selector: d.selector(n), Label: Label(n), Method: f.Method, URL: f.URL, Encoding: f.Encoding,
		Disabled: disabled(n), Validated: !has(n, "formnovalidate")}
	if kind == "submit" {
		s.Name, s.Value = attr(n, "name"), attr(n, "value")
	}
	ok := true
	if has(n, "formaction") {
		s.URL, ok = d.actionURL(attr(n, "formaction"))
	}
	if has(n, "formmethod") {
		s.Method = method(attr(n, "formmethod"))
	}
	if has(n, "formenctype") {
		s.Encoding = encoding(attr(n, "formenctype"))
	}
	return s, ok && s.Method != ""
}

// disabled says whether a control is switched off, by itself or by a fieldset; the
// fieldset's first legend stays usable (HTML, section 4.10.18.5).
func disabled(n *html.Node) bool {
	if has(n, "disabled") {
		return true
	}
	below := n
	for p := n.Parent; p != nil; below, p = p, p.Parent {
		if p.DataAtom == atom.Fieldset && has(p, "disabled") && !isFirstLegend(below) {
			return true
		}
	}
	return false
}

func isFirstLegend(n *html.Node) bool {
	if n.DataAtom != atom.Legend {
		return false
	}
	for s := n.PrevSibling; s != nil; s = s.PrevSibling {
		if s.DataAtom == atom.Legend {
			return false
		}
	}
	return true
}
