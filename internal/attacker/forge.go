package attacker

import (
	"net/http"
	"strings"
)

// A Vehicle is how a page makes the victim's browser send a request.
type Vehicle string

const (
	// Form submits a form into the page's own window: a top-level navigation.
	Form Vehicle = "form"
	// Fetch calls fetch with credentials, and without asking to read the answer as
	// long as method, headers and content type need no preflight.
	Fetch Vehicle = "fetch"
	// Image, Link and Frame send a GET: as a picture, by leading the page itself
	// there, and in a frame.
	Image Vehicle = "image"
	Link  Vehicle = "link"
	Frame Vehicle = "frame"
)

// A Forge is a page that sends one forged request as soon as it is open, and then
// reports back.
type Forge struct {
	Vehicle Vehicle
	Method  string // "" is GET
	URL     string
	// Encoding of the body: one of the media types below, or any other, which makes
	// a Fetch ask permission first. "" sends a Fetch's body with no Content-Type.
	Encoding string
	// Fields are the body of a form. Body is that of text/plain, of no type and of
	// every other type, and wins over Fields in a Fetch.
	Fields []Field
	Body   string
	// Headers are for Fetch only; all but a few make it ask permission first.
	Headers []Field
	// NoReferrer has the browser leave the Referer out.
	NoReferrer bool
	// Sandboxed gives the page an opaque origin, so that Origin is null.
	Sandboxed bool
}

// The encodings that a foreign page can send without asking.
const (
	URLEncoded = "application/x-www-form-urlencoded"
	Multipart  = "multipart/form-data"
	Text       = "text/plain"
)

// A Field is a name and its value. With a FileName it is a file, for Multipart.
type Field struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	FileName string `json:"file,omitempty"`
	Type     string `json:"type,omitempty"` // of the file
}

// Document is the page as the site serves it.
func (f Forge) Document() Document {
	d := Document{HTML: f.html(true)}
	if f.Sandboxed {
		d.Header = http.Header{"Content-Security-Policy": {"sandbox allow-scripts allow-forms"}}
	}
	return d
}

// Proof is the attack as one file that any web server can serve to a browser in
// which the victim is logged in. It waits for a press of a button, because opening
// a file should change nothing, and reports to nobody.
func (f Forge) Proof() string { return f.html(false) }

func (f Forge) html(report bool) string {
	if f.Method == "" {
		f.Method = http.MethodGet
	}
	fields := f.Fields
	if f.Vehicle == Form && f.Encoding == Text && f.Body != "" {
		fields = []Field{textField(f.Body)}
	}
	return render("forge.tmpl", map[string]any{
		"Plan": map[string]any{
			"vehicle": f.Vehicle, "method": f.Method, "url": f.URL, "encoding": f.Encoding, "fields": nonNil(fields),
			"body": f.Body, "headers": nonNil(f.Headers), "simple": f.simple(), "report": report,
			"sandboxed": f.Sandboxed && !report,
		},
		"Standalone": !report, "NoReferrer": f.NoReferrer, "What": f.Method + " " + f.URL,
	})
}

// simple says whether a fetch needs no preflight (Fetch, section 2.2.2), so that it
// may go out without the target's consent.
func (f Forge) simple() bool {
	switch f.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		return false
	}
	switch f.Encoding {
	case "", URLEncoded, Multipart, Text:
		return len(f.Headers) == 0
	}
	return false
}

// textField is a field whose text/plain encoding, "name=value" and a line break, is
// body or, if body holds no equals sign and is a JSON object, that object with one
// member more whose value swallows the sign.
func textField(body string) Field {
	if name, value, ok := strings.Cut(body, "="); ok {
		return Field{Name: name, Value: value}
	}
	object, ok := strings.CutSuffix(strings.TrimRight(body, " \t\r\n"), "}")
	if !ok {
		return Field{Name: body}
	}
	comma := ","
	if strings.TrimSpace(object) == "{" {
		comma = ""
	}
	return Field{Name: object + comma + `"_":"`, Value: `"}`}
}

// nonNil has an empty list written as one, and not as null, in the page's script.
func nonNil(f []Field) []Field {
	if f == nil {
		return []Field{}
	}
	return f
}
