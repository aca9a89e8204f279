package observe

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/markup"
)

// reads are the addresses of the operations that only read and whose path is known:
// found are values of path parameters that an identity came across.
func (a *api) reads(found map[string]string) []visit {
	var visits []visit
	for _, o := range a.operations {
		if o.method != http.MethodGet || o.changes(a) {
			continue
		}
		raw, _, known := o.address(found)
		if known {
			visits = append(visits, visit{url: raw, purpose: "crawl", documented: true})
		}
	}
	return visits
}

// changes says whether a GET operation is named like a change and no other method
// of its path makes that change.
func (o operation) changes(a *api) bool {
	if isSafe(o.method) && !markup.NamesChange("http://x"+o.path) {
		return false
	}
	return !slices.ContainsFunc(a.operations, func(p operation) bool { return p.path == o.path && !isSafe(p.method) })
}

// address is the operation's URL with its path parameters filled in and the query
// it needs, and the parameters as fields. Known is false if a part of the path had
// to be made up.
func (o operation) address(found map[string]string) (raw string, fields []finding.Field, known bool) {
	known = true
	parts := segments(o.path)
	for i, part := range parts {
		if !isPlaceholder(part) {
			continue
		}
		name := part[strings.Index(part, "{")+1:]
		name, _, _ = strings.Cut(name, "}")
		value, sure := o.pathValue(name, anonymousTemplate(parts[:i+1]), found)
		known = known && sure
		fields = append(fields, finding.Field{Name: name, In: "path", Type: o.typeOf("path", name), Value: value, Required: true})
		before, rest, _ := strings.Cut(part, "{")
		_, after, _ := strings.Cut(rest, "}")
		parts[i] = before + url.PathEscape(value) + after
	}
	base, err := url.Parse(o.source)
	if err != nil {
		return "", nil, false
	}
	path := "/" + strings.Join(parts, "/")
	if strings.HasSuffix(o.path, "/") && path != "/" {
		path += "/"
	}
	raw = base.Scheme + "://" + base.Host + path
	query := url.Values{}
	for _, p := range o.params {
		switch {
		case p.Value.In != "query" || o.method != http.MethodGet:
		case p.Value.Required:
			query.Set(p.Value.Name, asText(parameterSample(p.Value)))
		default:
			if most := longestPage(p.Value); most != "" {
				query.Set(p.Value.Name, most)
			}
		}
	}
	if len(query) > 0 {
		raw += "?" + query.Encode()
	}
	return raw, fields, known
}

// anonymousTemplate is a path with its parameters' names left out.
func anonymousTemplate(parts []string) string {
	var b strings.Builder
	for _, p := range parts {
		if isPlaceholder(p) || looksLikeID(p) {
			p = "{}"
		}
		b.WriteString("/" + p)
	}
	return b.String()
}

// pathValue prefers what was seen in the same place to what the document suggests.
func (o operation) pathValue(name, place string, found map[string]string) (value string, sure bool) {
	if v := found[place]; v != "" {
		return v, true
	}
	p := o.params.GetByInAndName("path", name)
	if p == nil {
		return "1", false
	}
	if v := asText(parameterSample(p)); v != "" {
		return v, hasGiven(p)
	}
	return "1", false
}

func (o operation) typeOf(in, name string) string {
	if p := o.params.GetByInAndName(in, name); p != nil && p.Schema != nil && p.Schema.Value != nil {
		return typeOf(p.Schema.Value)
	}
	return "string"
}

// oldExample is where authors of Swagger 2 write an example of a parameter.
const oldExample = "x-example"

func parameterSample(p *openapi3.Parameter) any {
	if p.Example != nil {
		return p.Example
	}
	for _, name := range sortedKeys(p.Examples) {
		if e := p.Examples[name]; e != nil && e.Value != nil && e.Value.Value != nil {
			return e.Value.Value
		}
	}
	if v := p.Extensions[oldExample]; v != nil {
		return v
	}
	if v := sample(p.Schema); v != nil {
		return v
	}
	return "sample"
}

// hasGiven says whether the document itself names a value, so that it may be one
// that exists.
func hasGiven(p *openapi3.Parameter) bool {
	if p.Example != nil || len(p.Examples) > 0 || p.Extensions[oldExample] != nil {
		return true
	}
	if p.Schema == nil || p.Schema.Value == nil {
		return false
	}
	_, given := givenSample(p.Schema.Value)
	return given
}

// harvest collects what stands in the places of path parameters in addresses that
// were seen, and in JSON lists one level above. The first of each stays.
func (a *api) harvest(views []*view) map[string]string {
	if a.values == nil {
		a.values = map[string]string{}
	}
	if a.own == nil {
		a.own = map[string]string{}
	}
	found := map[string]string{}
	keep := func(place, value string) {
		if value != "" && found[place] == "" {
			found[place] = value
		}
	}
	mine := ownNames(views, a.logins)
	for _, v := range views {
		if v.exchange.Status >= 400 {
			continue
		}
		a.fromAddress(v.exchange.URL, keep)
		if v.page != nil {
			for _, l := range v.page.Links() {
				a.fromAddress(l.URL, keep)
			}
			for _, f := range v.page.Forms() {
				a.fromAddress(f.URL, keep)
			}
		}
		a.fromJSON(v, keep, nil)
	}
	for _, v := range views {
		a.fromJSON(v, func(place, value string) {
			if value != "" && a.own[place] == "" {
				a.own[place], found[place], a.values[place] = value, value, value
			}
		}, mine)
	}
	for place, value := range found {
		if a.values[place] == "" {
			a.values[place] = value
		}
	}
	return found
}

func (a *api) fromAddress(rawURL string, keep func(place, value string)) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return
	}
	parts := segments(u.Path)
	for _, o := range a.operations {
		t := template{parts: segments(o.path)}
		if !t.matches(parts) {
			continue
		}
		for i, p := range t.parts {
			if strings.HasPrefix(p, "{") && strings.HasSuffix(p, "}") {
				keep(anonymousTemplate(t.parts[:i+1]), parts[i])
			}
		}
	}
}

// largestList is the size up to which a JSON answer is searched for identifiers.
const largestList = 256 << 10

// fromJSON keeps what a list calls its items by, of those that name one of mine if mine
// is not nil.
func (a *api) fromJSON(v *view, keep func(place, value string), mine []string) {
	if !isJSON(v.exchange.Type) || len(v.body) > largestList || mine != nil && len(mine) == 0 {
		return
	}
	var doc any
	u, err := url.Parse(v.exchange.URL)
	if err != nil || json.Unmarshal(v.body, &doc) != nil || v.exchange.Status >= 400 {
		return
	}
	if mine != nil {
		doc = itemsOf(doc, mine, 0)
	}
	above := segments(u.Path)
	for _, o := range a.operations {
		parts := segments(o.path)
		n := len(above)
		if len(parts) <= n || !isPlaceholder(parts[n]) || !(template{parts: parts[:n]}).matches(above) {
			continue
		}
		name := strings.Trim(parts[n], "{}")
		keep(anonymousTemplate(parts[:n+1]), identifierIn(doc, name, 0))
	}
}

// identifierIn looks for a member that is called like the parameter, or id.
func identifierIn(doc any, name string, depth int) string {
	if depth > 3 {
		return ""
	}
	switch doc := doc.(type) {
	case []any:
		for _, item := range doc {
			if v := identifierIn(item, name, depth+1); v != "" {
				return v
			}
		}
	case map[string]any:
		for _, key := range []string{name, strings.TrimSuffix(name, "_id"), "id"} {
			switch v := doc[key].(type) {
			case string, float64:
				return asText(v)
			}
		}
		for _, key := range sortedKeys(doc) {
			if list, ok := doc[key].([]any); ok {
				if v := identifierIn(list, name, depth+1); v != "" {
					return v
				}
			}
		}
	}
	return ""
}

func isJSON(mediaType string) bool {
	return mediaType == finding.EncodingJSON || strings.HasSuffix(mediaType, "+json")
}
