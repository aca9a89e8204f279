package observe

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

const (
	// deepest is how far schemas within schemas are followed.
	deepest = 6
	// widest is how many schemas one sample looks at: a few that contain each other
	// many times over would otherwise never end.
	widest = 2000
)

// A sampler makes values that fit schemas.
type sampler struct{ left int }

// sample makes a value that fits a schema: its example, default or first choice if
// it has one, else something of its type, format and bounds. Schemas that contain
// themselves end after a few rounds; nil means that nothing fitting is known.
func sample(ref *openapi3.SchemaRef) any { return (&sampler{left: widest}).at(ref, 0) }

func (m *sampler) at(ref *openapi3.SchemaRef, depth int) any {
	if m.left--; ref == nil || ref.Value == nil || depth > deepest || m.left < 0 {
		return nil
	}
	s := ref.Value
	if given, ok := givenSample(s); ok {
		return given
	}
	for _, choices := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
		for _, choice := range choices {
			if v := m.at(choice, depth+1); v != nil {
				return v
			}
		}
	}
	switch typeOf(s) {
	case "object":
		return m.object(s, depth)
	case "array":
		return m.array(s, depth)
	case "integer", "number":
		return sampleNumber(s)
	case "boolean":
		return true
	case "string":
		return sampleString(s)
	}
	return nil
}

// givenSample is what the document's author wrote down.
func givenSample(s *openapi3.Schema) (any, bool) {
	switch {
	case s.Example != nil:
		return s.Example, true
	case len(s.Examples) > 0 && s.Examples[0] != nil:
		return s.Examples[0], true
	case s.Const != nil:
		return s.Const, true
	case s.Default != nil:
		return s.Default, true
	}
	for _, e := range s.Enum {
		if e != nil {
			return e, true
		}
	}
	return nil, false
}

// typeOf is the schema's type; of several the first that is not null; of none what
// its other keywords suggest.
func typeOf(s *openapi3.Schema) string {
	if s.Type != nil {
		for _, t := range s.Type.Slice() {
			if t != "null" {
				return t
			}
		}
	}
	switch {
	case len(s.Properties) > 0 || len(s.AllOf) > 0:
		return "object"
	case s.Items != nil:
		return "array"
	case s.Format != "" || s.Pattern != "" || s.MaxLength != nil:
		return "string"
	}
	return ""
}

func (m *sampler) object(s *openapi3.Schema, depth int) any {
	object := map[string]any{}
	for _, p := range properties(s) {
		if v := m.at(p.schema, depth+1); v != nil {
			object[p.name] = v
		}
	}
	return object
}

func (m *sampler) array(s *openapi3.Schema, depth int) any {
	item := m.at(s.Items, depth+1)
	if item == nil {
		return []any{}
	}
	n := 1
	if s.MinItems > 1 {
		n = int(min(s.MinItems, 10))
	}
	return slices.Repeat([]any{item}, n)
}

// A property is one member of an object schema.
type property struct {
	name     string
	schema   *openapi3.SchemaRef
	required bool
}

// properties are the members a client may send, those of allOf included, sorted.
func properties(s *openapi3.Schema) []property {
	found := map[string]property{}
	visited := map[*openapi3.Schema]bool{}
	var gather func(s *openapi3.Schema)
	gather = func(s *openapi3.Schema) {
		if s == nil || visited[s] {
			return
		}
		visited[s] = true
		for _, part := range s.AllOf {
			if part != nil {
				gather(part.Value)
			}
		}
		for name, ref := range s.Properties {
			if ref != nil && ref.Value != nil && !ref.Value.ReadOnly {
				found[name] = property{name, ref, found[name].required}
			}
		}
		for _, name := range s.Required {
			if p, ok := found[name]; ok {
				p.required = true
				found[name] = p
			}
		}
	}
	gather(s)
	return slices.SortedFunc(maps.Values(found), func(a, b property) int { return strings.Compare(a.name, b.name) })
}

func sampleNumber(s *openapi3.Schema) any {
	v := 1.0
	if s.Min != nil {
		v = math.Max(v, *s.Min)
	}
	if e := s.ExclusiveMin; e.Value != nil {
		v = math.Max(v, math.Floor(*e.Value)+1)
	} else if e.Bool != nil && *e.Bool && s.Min != nil {
		v = math.Max(v, math.Floor(*s.Min)+1)
	}
	if s.MultipleOf != nil && *s.MultipleOf > 0 {
		v = math.Ceil(v / *s.MultipleOf) * *s.MultipleOf
	}
	if s.Max != nil && v > *s.Max {
		v = *s.Max
	}
	if typeOf(s) == "integer" && v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return int64(v)
	}
	return v
}

var formats = map[string]string{
	"email": "user@example.com", "idn-email": "user@example.com", "uuid": "3f2b8c1e-6a4d-4f7b-9c3e-5d1a2b3c4d5e",
	"date": "2026-01-15", "date-time": "2026-01-15T12:00:00Z", "time": "12:00:00Z", "duration": "PT1H",
	"uri": "https://example.test/", "url": "https://example.test/", "uri-reference": "/example", "hostname": "example.test",
	"ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "byte": "c2FtcGxl", "binary": "sample", "password": "Sample-pass-1",
	"phone": "555-0100",
}

// oneOfWords is a pattern that only words fit, as frameworks write constants.
var oneOfWords = regexp.MustCompile(`^\^?(?:\((?:\?:)?)?([A-Za-z0-9_-]+)(?:\|[A-Za-z0-9_|-]*)?\)?\$?$`)

func sampleString(s *openapi3.Schema) any {
	if m := oneOfWords.FindStringSubmatch(s.Pattern); m != nil {
		return m[1]
	}
	text, known := formats[strings.ToLower(s.Format)]
	if !known {
		text = "sample"
	}
	for uint64(len(text)) < min(s.MinLength, 1000) {
		text += "x"
	}
	if s.MaxLength != nil && uint64(len(text)) > *s.MaxLength {
		text = text[:*s.MaxLength]
	}
	return text
}

// asText is a sample as it stands in a form field, a query or a path.
func asText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return fmt.Sprint(int64(v))
		}
		return fmt.Sprint(v)
	case map[string]any, []any:
		text, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(text)
	}
	return fmt.Sprint(v)
}
