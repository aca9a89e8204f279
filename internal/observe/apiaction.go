package observe

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// actions are the operations in scope that may change state.
func (a *api) actions(c *collector) []finding.Action {
	var list []finding.Action
	for _, x := range a.described() {
		if x = c.site.aimAtAccount(c.asItStands(x)); c.grant.Allows(x.URL) == nil {
			list = append(list, x)
		}
	}
	return list
}

// described are the operations that may change state.
func (a *api) described() []finding.Action {
	var list []finding.Action
	for _, o := range a.operations {
		if isSafe(o.method) && (o.method != http.MethodGet || !o.changes(a)) {
			continue
		}
		if action, ok := o.action(a.values); ok {
			list = append(list, action)
		}
	}
	return list
}

// action is the request that the operation describes; found are values of path
// parameters.
func (o operation) action(found map[string]string) (finding.Action, bool) {
	raw, fields, _ := o.address(found)
	if raw == "" {
		return finding.Action{}, false
	}
	action := finding.Action{Method: o.method, URL: raw, Route: o.path, Source: "openapi", Bearer: o.bearer, Fields: fields}
	o.addParameters(&action)
	o.addBody(&action)
	action.Login = logsIn(action)
	return action, true
}

func (o operation) addParameters(action *finding.Action) {
	for _, p := range o.params {
		if p.Value.In != "query" && p.Value.In != "header" {
			continue
		}
		f := finding.Field{Name: p.Value.Name, In: p.Value.In, Type: cmp.Or(o.typeOf(p.Value.In, p.Value.Name), "string"), Required: p.Value.Required,
			Value: asText(parameterSample(p.Value))}
		if p.Value.Schema != nil && p.Value.Schema.Value != nil {
			f.Options = options(p.Value.Schema.Value)
		}
		action.Fields = append(action.Fields, f)
		if p.Value.In != "header" {
			continue
		}
		switch {
		case strings.EqualFold(p.Value.Name, "Authorization"):
			action.Bearer = action.Bearer || p.Value.Required
		case hintsToken(p.Value.Name):
			action.HeaderToken = p.Value.Name
		}
	}
}

// encodings in the order in which they are the easiest to forge, which is the order
// to try an endpoint that takes several.
var encodings = []string{finding.EncodingURL, finding.EncodingMultipart, finding.EncodingJSON, finding.EncodingText}

func (o operation) addBody(action *finding.Action) {
	if o.op.RequestBody == nil || o.op.RequestBody.Value == nil {
		return
	}
	content := o.op.RequestBody.Value.Content
	for _, encoding := range encodings {
		for _, name := range sortedKeys(content) {
			kind := mediaType(name)
			same := kind == encoding || encoding == finding.EncodingJSON && (isJSON(kind) || kind == "*/*")
			if same && content[name] != nil {
				action.Encoding = encoding
				action.Fields = append(action.Fields, bodyFields(content[name])...)
				return
			}
		}
	}
}

func bodyFields(m *openapi3.MediaType) []finding.Field {
	if m.Schema == nil || m.Schema.Value == nil {
		return nil
	}
	whole, _ := firstExample(m).(map[string]any)
	return unlessTwice(func(depth int) []finding.Field { return schemaFields(objectOf(m.Schema.Value), whole, "", depth) })
}

// schemaFields are what an object's schema describes, which stands at place; objects
// within it are looked into as many deep as depth says.
func schemaFields(object *openapi3.Schema, example map[string]any, place string, depth int) []finding.Field {
	var fields []finding.Field
	for _, p := range properties(object) {
		s := notNull(p.schema.Value)
		if inner := objectOf(s); depth > 0 && len(properties(inner)) > 0 {
			within, _ := example[p.name].(map[string]any)
			fields = append(fields, schemaFields(inner, within, finding.Within(place, p.name), depth-1)...)
			continue
		}
		f := finding.Field{Name: p.name, In: place, Type: cmp.Or(typeOf(s), "string"), Required: p.required, Options: options(s)}
		if v, ok := example[p.name]; ok {
			f.Value = asText(v)
		} else {
			f.Value = asText(sample(p.schema))
		}
		switch {
		case s.Format == "binary" || strings.HasPrefix(s.ContentMediaType, "application/octet"):
			f.Type, f.Value = "file", ""
		case s.Format == "password" || f.Type == "string" && strings.Contains(strings.ToLower(p.name), "password"):
			f.Type = "password"
		case s.Format == "email" || s.Format == "date":
			f.Type = s.Format
		case f.Type == "string" && (s.Format == "uri" || s.Format == "url"):
			f.Type = "url"
		}
		fields = append(fields, f)
	}
	return fields
}

// notNull is the schema, or where it is one of alternatives and null, as optional
// fields are written, the first alternative that is not null.
func notNull(s *openapi3.Schema) *openapi3.Schema {
	if typeOf(s) != "" || len(s.Enum) > 0 {
		return s
	}
	for _, choice := range append(slices.Clone(s.AnyOf), s.OneOf...) {
		if choice != nil && choice.Value != nil && (typeOf(choice.Value) != "" || len(choice.Value.Enum) > 0) {
			return choice.Value
		}
	}
	return s
}

// objectOf is the schema, or of alternatives the first that is an object.
func objectOf(s *openapi3.Schema) *openapi3.Schema {
	if len(s.Properties) > 0 || len(s.AllOf) > 0 {
		return s
	}
	for _, choice := range append(slices.Clone(s.OneOf), s.AnyOf...) {
		if choice != nil && choice.Value != nil && (len(choice.Value.Properties) > 0 || len(choice.Value.AllOf) > 0) {
			return choice.Value
		}
	}
	return s
}

func firstExample(m *openapi3.MediaType) any {
	if m.Example != nil {
		return m.Example
	}
	for _, name := range sortedKeys(m.Examples) {
		if e := m.Examples[name]; e != nil && e.Value != nil {
			return e.Value.Value
		}
	}
	return nil
}

func options(s *openapi3.Schema) []string {
	var list []string
	for _, e := range s.Enum {
		list = append(list, asText(e))
	}
	return list
}

var loginWords = []string{"login", "signin", "sign-in", "log-in", "session", "token", "auth", "register", "signup", "sign-up"}

// logsIn says whether a documented operation takes a password from somebody who has
// no session yet.
func logsIn(a finding.Action) bool {
	password := slices.ContainsFunc(a.Fields, func(f finding.Field) bool { return f.Type == "password" })
	named := slices.ContainsFunc(loginWords, func(w string) bool { return strings.Contains(strings.ToLower(a.Route), w) })
	return password && named && !a.Bearer
}

// hintsToken says whether a name is one that people give to anti-forgery tokens. It
// is a hint and never decides alone.
func hintsToken(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"csrf", "xsrf", "token", "nonce", "authenticity", "antiforgery", "anti-forgery"},
		func(w string) bool { return strings.Contains(name, w) })
}
