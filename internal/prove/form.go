package prove

import (
	"bytes"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// An input is one field of a form as it stands in the page right now.
type input struct {
	name, kind, value string
	options           []string
	checked           bool
	required          bool
	min, max, step    string
	maxLength         string
}

// A form is what a page offers to submit.
type form struct {
	method  string
	url     *url.URL // with the query of the action attribute
	enctype string
	inputs  []input
	buttons []button
	around  string // the text of the row or item that holds it
	label   string // what its submit button says
	page    string // the whole page's source
	alone   bool   // no other form of the page is sent to the same place
}

func (f *form) input(name string) *input {
	if f == nil {
		return nil
	}
	for i := range f.inputs {
		if f.inputs[i].name == name {
			return &f.inputs[i]
		}
	}
	return nil
}

// A document is a fetched page, parsed when it is HTML.
type document struct {
	url  *url.URL
	root *html.Node
	body []byte
}

func parseDocument(address, contentType string, body []byte) document {
	d := document{body: body}
	if u, err := url.Parse(address); err == nil {
		d.url = u
	} else {
		d.url = &url.URL{}
	}
	media, _, _ := mime.ParseMediaType(contentType)
	if media == "" || strings.Contains(media, "html") {
		if root, err := html.Parse(bytes.NewReader(body)); err == nil {
			d.root = root
		}
	}
	return d
}

// forms lists the forms of the page in document order.
func (d document) forms() []*form {
	var found []*form
	each(d.root, func(n *html.Node) {
		if n.DataAtom == atom.Form {
			found = append(found, d.form(n))
		}
	})
	count := map[string]int{}
	for _, f := range found {
		count[f.method+" "+f.url.Path]++
	}
	for _, f := range found {
		f.page, f.alone = string(d.body), count[f.method+" "+f.url.Path] == 1
	}
	return found
}

func (d document) form(n *html.Node) *form {
	f := &form{method: strings.ToUpper(attribute(n, "method")), enctype: strings.ToLower(attribute(n, "enctype")), url: d.url}
	if f.method != "POST" {
		f.method = "GET"
	}
	if f.enctype == "" {
		f.enctype = finding.EncodingURL
	}
	if action := strings.TrimSpace(attribute(n, "action")); action != "" {
		if u, err := d.url.Parse(action); err == nil {
			f.url = u
		}
	}
	each(n, func(c *html.Node) {
		if in, ok := readInput(c); ok {
			f.inputs = append(f.inputs, in)
		}
		if b, ok := readButton(c); ok && !hasAttribute(c, "disabled") {
			f.buttons = append(f.buttons, b)
		}
		if c.DataAtom == atom.Button || c.DataAtom == atom.Input && attribute(c, "type") == "submit" {
			f.label += " " + strings.TrimSpace(textOf(c)+attribute(c, "value"))
		}
	})
	f.around = textOf(rowOf(n))
	return f
}

// rowOf is the row, item or block a form stands in: where a list repeats a form,
// this tells which is which.
func rowOf(n *html.Node) *html.Node {
	for up := n; up != nil; up = up.Parent {
		switch up.DataAtom {
		case atom.Tr, atom.Li, atom.Article, atom.Dd:
			return up
		case atom.Body:
			return n
		}
	}
	return n
}

func readInput(n *html.Node) (input, bool) {
	name := attribute(n, "name")
	if name == "" || hasAttribute(n, "disabled") {
		return input{}, false
	}
	in := input{name: name, kind: strings.ToLower(attribute(n, "type")), value: attribute(n, "value"),
		checked: hasAttribute(n, "checked"), required: hasAttribute(n, "required"),
		min: attribute(n, "min"), max: attribute(n, "max"), step: attribute(n, "step"), maxLength: attribute(n, "maxlength")}
	switch n.DataAtom {
	case atom.Input:
		if in.kind == "" {
			in.kind = "text"
		}
		if (in.kind == "checkbox" || in.kind == "radio") && !hasAttribute(n, "value") {
			in.value = "on"
		}
	case atom.Textarea:
		in.kind, in.value = "textarea", strings.TrimPrefix(textOf(n), "\n")
	case atom.Select:
		in.kind = "select"
		readOptions(n, &in)
	case atom.Button:
		if in.kind != "" && in.kind != "submit" {
			return input{}, false
		}
		in.kind = "submit"
	default:
		return input{}, false
	}
	return in, true
}

func readOptions(n *html.Node, in *input) {
	chosen := false
	each(n, func(o *html.Node) {
		if o.DataAtom != atom.Option {
			return
		}
		value := strings.TrimSpace(textOf(o))
		if hasAttribute(o, "value") {
			value = attribute(o, "value")
		}
		in.options = append(in.options, value)
		if hasAttribute(o, "selected") || !chosen && len(in.options) == 1 {
			in.value, chosen = value, hasAttribute(o, "selected")
		}
	})
}

// match finds the form that an action was read from: same method and path, most
// fields in common, and, where several are alike, the one next to the text near.
func match(forms []*form, a finding.Action, near string) *form {
	target, err := url.Parse(a.URL)
	if err != nil {
		return nil
	}
	var best *form
	bestScore := -1
	for _, f := range forms {
		if f.method != strings.ToUpper(a.Method) || f.url.Path != target.Path {
			continue
		}
		score := 0
		for _, field := range a.Fields {
			if f.input(field.Name) != nil {
				score++
			}
		}
		if near != "" && strings.Contains(strings.ToLower(f.around), strings.ToLower(near)) {
			score += 100
		}
		if score > bestScore {
			best, bestScore = f, score
		}
	}
	return best
}

// meta is the content of the first meta element whose name suggests a token.
func (d document) meta(suggests func(string) bool) string {
	content := ""
	each(d.root, func(n *html.Node) {
		if n.DataAtom == atom.Meta && content == "" && suggests(attribute(n, "name")) {
			content = attribute(n, "content")
		}
	})
	return content
}

var spelledConstant = regexp.MustCompile(`["']?\b([A-Za-z_$][\w$]*)["']?\s*[:=]\s*["']([^"'\s]{10,512})["']`)

// constant is the first value that nobody could guess which a script in the page gives
// to a name that suggests a token.
func (d document) constant(suggests func(string) bool) string {
	found := ""
	each(d.root, func(n *html.Node) {
		if n.DataAtom != atom.Script || found != "" {
			return
		}
		for _, m := range spelledConstant.FindAllStringSubmatch(textOf(n), 200) {
			if suggests(m[1]) && looksRandom(m[2]) {
				found = m[2]
				return
			}
		}
	})
	return found
}

var spelledHeader = regexp.MustCompile(`["']([Xx]-[\w-]+)["']\s*[:,]\s*["']([^"'\s]+)["']`)

// spelledOut are headers of the application's own that the page gives its scripts
// with their values: in a script, or as a JSON object in an attribute.
func (d document) spelledOut() map[string]string {
	found := map[string]string{}
	add := func(text string) {
		for _, m := range spelledHeader.FindAllStringSubmatch(text, 20) {
			if name := http.CanonicalHeaderKey(m[1]); found[name] == "" {
				found[name] = m[2]
			}
		}
	}
	each(d.root, func(n *html.Node) {
		if n.DataAtom == atom.Script {
			add(textOf(n))
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "data-") && strings.HasPrefix(a.Val, "{") {
				add(a.Val)
			}
		}
	})
	return found
}

func each(n *html.Node, visit func(*html.Node)) {
	if n == nil {
		return
	}
	if n.Type == html.ElementNode {
		visit(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		each(c, visit)
	}
}

func textOf(n *html.Node) string {
	if n == nil {
		return ""
	}
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(textOf(c))
	}
	return b.String()
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttribute(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}
