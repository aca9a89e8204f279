package observe

import (
	"slices"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

const wrappedDocument = `{"openapi": "3.1.0", "info": {"title": "wrapped", "version": "1"}, "paths": {
 "/articles": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["article"],
  "properties": {"article": {"$ref": "#/components/schemas/Article"}}}}}}, "responses": {"200": {"description": "ok"}}}},
 "/transfers": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {
  "from": {"$ref": "#/components/schemas/Party"}, "to": {"$ref": "#/components/schemas/Party"}}}}}}, "responses": {"200": {"description": "ok"}}}}},
 "components": {"schemas": {
  "Article": {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}, "tagList": {"type": "array", "items": {"type": "string"}},
   "contact": {"type": "object", "properties": {"email": {"type": "string", "format": "email"}}}}},
  "Party": {"type": "object", "properties": {"name": {"type": "string"}}}}}}`

// R46: what an API wraps into an object of the body is told apart, and knows where it
// stands; objects whose members have the same names stay whole.
func TestFieldsWithinObjectsOfABody(t *testing.T) {
	doc, err := Describe([]byte(wrappedDocument), "http://127.0.0.1:8000/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, a := range doc.Actions {
		for _, f := range a.Fields {
			got[a.Route] = append(got[a.Route], f.In+" "+f.Name+" "+f.Type)
		}
	}
	for route, want := range map[string][]string{
		"/articles":  {"body/article/contact email email", "body/article tagList array", "body/article title string"},
		"/transfers": {" from object", " to object"},
	} {
		if !slices.Equal(got[route], want) {
			t.Errorf("%s: %q, want %q", route, got[route], want)
		}
	}
}

// The same of a request that a script was seen to send.
func TestFieldsWithinObjectsThatWereSent(t *testing.T) {
	fields := requestFields(finding.EncodingJSON, []byte(`{"user": {"bio": "x", "image": null, "tags": {}}, "v": 2}`))
	want := []finding.Field{{Name: "bio", In: "body/user", Type: "string", Value: "x"}, {Name: "image", In: "body/user", Type: "null"},
		{Name: "tags", In: "body/user", Type: "object", Value: "{}"}, {Name: "v", Type: "number", Value: "2"}}
	if len(fields) != len(want) {
		t.Fatalf("%+v", fields)
	}
	for i := range want {
		if fields[i].Name != want[i].Name || fields[i].In != want[i].In || fields[i].Type != want[i].Type || fields[i].Value != want[i].Value {
			t.Errorf("%+v, want %+v", fields[i], want[i])
		}
	}
}
