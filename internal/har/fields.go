package har

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"
)

// A Field is one input that a request's body carries. Its Value may be a secret.
type Field struct {
	Name  string
	Value any  // string for forms, what JSON knows for objects
	File  bool // a file was sent; Value is its name
}

// Encoding is the media type of the body, "" if there is none.
func (e Entry) Encoding() string {
	if len(e.Body) == 0 {
		return ""
	}
	return kind(e.Header.Get("Content-Type"))
}

// Fields are the members of a JSON object or the fields of a form; nil for any other
// body.
func (e Entry) Fields() []Field {
	switch encoding := e.Encoding(); {
	case encoding == "application/json" || strings.HasSuffix(encoding, "+json"):
		return members(e.Body)
	case encoding == "application/x-www-form-urlencoded":
		return formFields(e.Body)
	case encoding == "multipart/form-data":
		return partFields(e.Header.Get("Content-Type"), e.Body)
	}
	return nil
}

func members(body []byte) []Field {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil {
		return nil
	}
	var fields []Field
	for _, name := range slices.Sorted(maps.Keys(object)) {
		fields = append(fields, Field{Name: name, Value: object[name]})
	}
	return fields
}

func formFields(body []byte) []Field {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil
	}
	var fields []Field
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fields = append(fields, Field{Name: name, Value: values.Get(name)})
	}
	return fields
}

// mostParts bounds what is read of a body of parts.
const mostParts = 200

func partFields(contentType string, body []byte) []Field {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return nil
	}
	var fields []Field
	r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for len(fields) < mostParts {
		part, err := r.NextPart()
		if err != nil {
			if !errors.Is(err, io.EOF) && len(fields) == 0 {
				return nil
			}
			break
		}
		if part.FileName() != "" {
			fields = append(fields, Field{Name: part.FormName(), Value: part.FileName(), File: true})
			continue
		}
		text, _ := io.ReadAll(part) // what can be read of a torn body is enough
		fields = append(fields, Field{Name: part.FormName(), Value: string(text)})
	}
	return fields
}

// pointers are JSON pointers to the strings of a JSON answer, two levels deep.
func pointers(text string) []string {
	var object map[string]any
	if len(text) > longestBody || json.Unmarshal([]byte(text), &object) != nil {
		return nil
	}
	var found []string
	var walk func(at string, object map[string]any, depth int)
	walk = func(at string, object map[string]any, depth int) {
		for _, name := range slices.Sorted(maps.Keys(object)) {
			here := at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
			switch v := object[name].(type) {
			case string:
				found = append(found, here)
			case map[string]any:
				if depth == 0 {
					walk(here, v, 1)
				}
			}
		}
	}
	walk("", object, 0)
	return found
}
