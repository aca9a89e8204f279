package lab

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

//go:embed pages/*.html
var pageFiles embed.FS

var pageTemplate = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// A page is what one address shows: its parts stand below each other, those
// that are empty left out.
type page struct {
	Title      string
	Paragraphs []string
	Facts      []fact
	Rows       []row
	Links      []link
	Forms      []form
	Search     *string // what was searched for

	Customer bool // whose menu is shown
	Meta     bool // framing refused in the document itself
	Scripted bool // forms marked so are sent by the page's script
	Posted   bool // likewise

	Script template.JS // the page's own
}

type fact struct{ Name, Value string }

type row struct {
	Text  string
	Links []link
}

type link struct{ Text, To string }

// A form changes something. Its endpoint decides what it has to carry.
type form struct {
	Endpoint string
	Title    string
	Button   string
	Action   string // the endpoint's path, where that has no parameter
	Fields   []field
	Scripted bool
	ByScript bool // the page's own script sends it
	Posted   bool // the page's script sends it as it would be sent without
	Danger   bool

	Hidden  []fact
	Headers string // a JSON object, for the page's script
}

type field struct{ Name, Label, Value, Kind string }

// show writes a page for that session.
func (a *App) show(w http.ResponseWriter, status int, s *session, p page) {
	p.Customer = s != nil && s.user != ""
	for i := range p.Forms {
		p.Forms[i] = a.armed(p.Forms[i], s)
		p.Scripted = p.Scripted || p.Forms[i].Scripted
		p.Posted = p.Posted || p.Forms[i].Posted
	}
	var body bytes.Buffer
	if err := pageTemplate.ExecuteTemplate(&body, "page.html", p); err != nil {
		http.Error(w, "the page could not be made: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	body.WriteTo(w)
}

// armed gives a form what its endpoint's defence asks of it.
func (a *App) armed(f form, s *session) form {
	d := a.variant.defence(f.Endpoint)
	if f.Action == "" {
		_, f.Action, _ = strings.Cut(f.Endpoint, " ")
	}
	if d.query != nil {
		values := url.Values{}
		for name, value := range d.query(s) {
			values.Set(name, value)
		}
		f.Action += "?" + values.Encode()
	}
	if d.fields != nil && !f.ByScript {
		fields := d.fields(s)
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			f.Hidden = append(f.Hidden, fact{name, fields[name]})
		}
	}
	f.Posted = a.variant.byScript && !f.Scripted && !f.ByScript && d.headers != nil
	f.Headers = "{}"
	if d.headers != nil {
		encoded, _ := json.Marshal(d.headers(s)) // a map of strings always encodes
		f.Headers = string(encoded)
	}
	return f
}
