package har

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// WithValues is e with every text that its body holds, in an object at any depth or in
// a form, replaced by what instead makes of it. Bodies of other kinds stay.
func (e Entry) WithValues(instead func(name, value string) string) Entry {
	switch encoding := e.Encoding(); {
	case encoding == "application/json" || strings.HasSuffix(encoding, "+json"):
		e.Body = ObjectWith(e.Body, instead)
	case encoding == "application/x-www-form-urlencoded":
		e.Body = []byte(FormWith(string(e.Body), instead))
	case encoding == "multipart/form-data":
		for _, f := range e.Fields() {
			value, _ := f.Value.(string)
			if other := instead(f.Name, value); !f.File && other != value {
				e.Body = bytes.ReplaceAll(e.Body, []byte("\r\n\r\n"+value+"\r\n"), []byte("\r\n\r\n"+other+"\r\n"))
			}
		}
	}
	return e
}

// ObjectWith is a JSON text with its strings replaced; what is no JSON stays as it is.
func ObjectWith(body []byte, instead func(name, value string) string) []byte {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // long identifiers stay what they are
	var v any
	if !json.Valid(body) || decoder.Decode(&v) != nil {
		return body
	}
	text, err := json.Marshal(valueWith("", v, instead))
	if err != nil {
		return body
	}
	return text
}

func valueWith(name string, v any, instead func(name, value string) string) any {
	switch v := v.(type) {
	case map[string]any:
		for member, inner := range v {
			v[member] = valueWith(member, inner, instead)
		}
	case []any:
		for i, inner := range v {
			v[i] = valueWith(name, inner, instead)
		}
	case string:
		return instead(name, v)
	}
	return v
}

// FormWith is a query, or a form written like one, with its values replaced.
func FormWith(text string, instead func(name, value string) string) string {
	pairs := strings.Split(text, "&")
	for i, pair := range pairs {
		name, value, found := strings.Cut(pair, "=")
		plainName, err := url.QueryUnescape(name)
		plain, errValue := url.QueryUnescape(value)
		if !found || err != nil || errValue != nil {
			continue
		}
		if other := instead(plainName, plain); other != plain {
			pairs[i] = name + "=" + url.QueryEscape(other)
		}
	}
	return strings.Join(pairs, "&")
}

func sortedNames[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
