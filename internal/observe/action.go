package observe

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/markup"
)

// actions collects what may change state, each thing once however often and in
// however many ways it was seen.
type actions struct {
	list  []*seen
	index map[string]int
}

// seen is an action and who was shown it.
type seen struct {
	finding.Action
	actors []string
}

func newActions() *actions { return &actions{index: map[string]int{}} }

// rank of the ways in which an action is known, best first: a form tells more than
// a script, a script more than a recording, and that more than a document.
var rank = map[string]int{"form": 0, "link": 1, "script": 2, "har": 3, "openapi": 4, "graphql": 4}

// add takes an action in and returns its index. Actor is who was shown it; nil if
// it comes from a document. Actions with the same method and route are one, unless
// both are forms or links with other fields.
func (a *actions) add(x finding.Action, actor *string) int {
	exact := x.Method + " " + x.Route + " " + strings.Join(fieldNames(x), ",")
	place := x.Method + " " + x.Route
	i, known := a.index[exact]
	if !known {
		if j, same := a.index[place]; same && (x.Source != a.list[j].Source || x.Source == "openapi" || wasSent(x)) && mergeable(a.list[j].Action, x) {
			i, known = j, true
		}
	}
	if !known {
		i = len(a.list)
		a.list = append(a.list, &seen{Action: x})
		if _, taken := a.index[place]; !taken {
			a.index[place] = i
		}
	} else {
		a.list[i].merge(x, actor)
	}
	a.index[exact] = i
	if actor != nil && !slices.Contains(a.list[i].actors, *actor) {
		a.list[i].actors = append(a.list[i].actors, *actor)
	}
	return i
}

// mergeable says whether two actions can be the same request: a GET form and a GET
// link to one route are, and otherwise their encodings must not contradict.
func mergeable(a, b finding.Action) bool {
	if a.Method == http.MethodGet {
		return a.Source != "form" && b.Source != "form"
	}
	return a.Encoding == b.Encoding || a.Encoding == "" || b.Encoding == ""
}

// merge keeps the better account of the action and adds what only the other knows.
func (s *seen) merge(x finding.Action, actor *string) {
	login, bearer, header := s.Login || x.Login, s.Bearer, cmp.Or(s.HeaderToken, x.HeaderToken)
	onlyAnonymous := len(s.actors) == 1 && s.actors[0] == ""
	better := rank[x.Source] < rank[s.Source]
	if x.Source == s.Source && onlyAnonymous && actor != nil && *actor != "" && !s.Login {
		better = true // what an identity is shown has its own values filled in
	}
	known, other := s.Action, x
	if better {
		known, other = x, s.Action
	}
	if len(known.Fields) == 0 || wasSent(known) {
		for _, f := range other.Fields {
			if !slices.Contains(fieldNames(known), f.Name) {
				known.Fields = append(slices.Clone(known.Fields), f)
			}
		}
	}
	if wasSent(known) {
		known.Fields = typed(known.Fields, other.Fields)
	}
	known.Encoding = cmp.Or(known.Encoding, other.Encoding)
	// A form needs no bearer token, whatever a document says about its endpoint.
	known.Bearer = bearer || x.Bearer
	if known.Source == "form" {
		known.Bearer = false
	}
	known.Login, known.HeaderToken = login, header
	s.Action = known
}

// wasSent says whether an action is known from requests and not from a description.
func wasSent(a finding.Action) bool { return a.Source == "script" || a.Source == "har" }

// typed gives fields that a script sends the types that a document knows.
func typed(fields, documented []finding.Field) []finding.Field {
	fields = slices.Clone(fields)
	for i, f := range fields {
		for _, d := range documented {
			if d.Name == f.Name && d.In == f.In {
				if f.Type == "string" { // known from the script alone: no page shows a value
					fields[i].Value = cmp.Or(f.Value, d.Value)
				}
				fields[i].Type, fields[i].Options, fields[i].Required = d.Type, d.Options, d.Required
			}
		}
	}
	return fields
}

func fieldNames(a finding.Action) []string {
	var names []string
	for _, f := range a.Fields {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// formAction is what submitting a form with one of its buttons sends.
func (c *collector) formAction(v *view, f markup.Form, s markup.Submit) finding.Action {
	a := finding.Action{Method: s.Method, URL: s.URL, Fields: slices.Clone(f.Fields), Page: v.exchange.URL, Selector: s.Selector, Source: "form"}
	if s.Name != "" {
		a.Fields = append(a.Fields, finding.Field{Name: s.Name, Type: "submit", Value: s.Value})
	}
	a.Login = v.session.IsAnonymous() && a.Method == http.MethodPost && asksWho(f.Fields)
	for i, field := range a.Fields {
		if field.Type == "password" {
			a.Fields[i].Value = ""
		}
		if a.Method == http.MethodGet {
			a.Fields[i].In = "query"
		}
	}
	if a.Method == http.MethodGet {
		a.URL, _, _ = strings.Cut(a.URL, "?") // a browser replaces it by the fields
	} else {
		a.Encoding = s.Encoding
	}
	a.Route = c.routes.of(a.URL)
	return a
}

// linkAction is a link that may change something when it is followed.
func (c *collector) linkAction(v *view, l markup.Link) finding.Action {
	a := finding.Action{Method: http.MethodGet, URL: l.URL, Page: v.exchange.URL, Selector: l.Selector(), Source: "link"}
	queryToFields(&a)
	a.Route = c.routes.of(a.URL)
	return a
}

// scriptAction is a request that a page's script spells out.
func (c *collector) scriptAction(v *view, call markup.Call) finding.Action {
	a := finding.Action{Method: call.Method, URL: call.URL, Page: v.exchange.URL, Source: "script",
		Encoding: call.Encoding, HeaderToken: call.Header, Bearer: call.Bearer, Route: c.routes.of(call.URL)}
	for _, key := range call.Keys {
		a.Fields = append(a.Fields, finding.Field{Name: key, Type: "string"})
	}
	if form, ok := v.page.FormByID(call.Form); ok && len(a.Fields) == 0 {
		a.Fields = slices.Clone(form.Fields)
	}
	a.Fields = append(a.Fields, headerFields(headerOf(call))...)
	return a
}

func headerOf(call markup.Call) http.Header {
	header := http.Header{}
	for name, value := range call.Headers {
		header.Set(name, value)
	}
	return header
}

// boundAction is what a script sends in place of the form it took over.
func (c *collector) boundAction(v *view, call markup.Call, b markup.Binding) finding.Action {
	call.URL = b.URL
	a := c.scriptAction(v, call)
	a.Selector = b.Selector
	if b.Form != nil && len(a.Fields) == 0 {
		a.Fields = slices.Clone(b.Form.Fields)
	}
	for _, name := range sortedKeys(b.Headers) {
		switch {
		case strings.EqualFold(name, "Authorization"):
			a.Bearer = true
		case looksRandom(b.Headers[name]):
			a.HeaderToken = name
			c.grant.Redactor().Learn("token", b.Headers[name])
		}
	}
	return a
}

// requestAction is a request that a page's script really made in the browser.
func (c *collector) requestAction(v *view, r Request) finding.Action {
	return c.sentAction(v.exchange.URL, r)
}

// sentAction is a request that was made from a page, "" if it is not known which.
func (c *collector) sentAction(page string, r Request) finding.Action {
	a := finding.Action{Method: r.Method, URL: r.URL, Page: page, Source: "script", Route: c.routes.of(r.URL),
		Encoding: mediaType(r.Header.Get("Content-Type"))}
	for _, name := range sortedKeys(r.Header) {
		value := r.Header.Get(name)
		switch {
		case strings.EqualFold(name, "Authorization"):
			scheme, credentials, found := strings.Cut(value, " ")
			if !found {
				credentials = scheme
			}
			a.Bearer = !strings.EqualFold(scheme, "basic") && !strings.EqualFold(scheme, "digest")
			c.grant.Redactor().Learn("token", strings.TrimSpace(credentials))
		case !usualHeaders[strings.ToLower(name)] && !strings.HasPrefix(strings.ToLower(name), "sec-") && looksRandom(value):
			a.HeaderToken = name
			c.grant.Redactor().Learn("token", value)
		}
	}
	a.Fields = append(requestFields(a.Encoding, r.Body), headerFields(r.Header)...)
	return a
}

// usualHeaders are those that browsers and libraries send without any secret.
var usualHeaders = map[string]bool{"accept": true, "accept-language": true, "accept-encoding": true, "content-type": true,
	"content-length": true, "user-agent": true, "referer": true, "origin": true, "cookie": true, "x-requested-with": true,
	"cache-control": true, "pragma": true, "connection": true, "host": true, "if-none-match": true, "if-modified-since": true,
	"upgrade-insecure-requests": true, "traceparent": true, "x-request-id": true}

func requestFields(encoding string, body []byte) []finding.Field {
	var fields []finding.Field
	switch encoding {
	case finding.EncodingJSON:
		var object map[string]any
		if json.Unmarshal(body, &object) != nil {
			return nil
		}
		return unlessTwice(func(depth int) []finding.Field { return memberFields(object, "", depth) })
	case finding.EncodingURL:
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return nil
		}
		for _, name := range sortedKeys(values) {
			fields = append(fields, finding.Field{Name: name, Type: "text", Value: values.Get(name)})
		}
	}
	return fields
}

func jsonType(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "null"
}

// queryToFields moves the parameters of an action's URL to its fields.
func queryToFields(a *finding.Action) {
	u, err := url.Parse(a.URL)
	if err != nil {
		return
	}
	query := u.Query()
	for _, name := range sortedKeys(query) {
		for _, value := range query[name] {
			a.Fields = append(a.Fields, finding.Field{Name: name, In: "query", Type: "text", Value: value})
		}
	}
	a.URL, _, _ = strings.Cut(a.URL, "?")
}
