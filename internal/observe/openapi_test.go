package observe

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

const petAPI = `{"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, "servers": [{"url": "/api"}],
"paths": {
 "/pets": {"get": {"responses": {}, "parameters": [{"name": "limit", "in": "query", "required": true, "schema": {"type": "integer", "minimum": 5}}]},
  "post": {"responses": {}, "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}}},
 "/pets/{pet_id}": {"parameters": [{"name": "pet_id", "in": "path", "required": true, "schema": {"type": "string"}}],
  "get": {"responses": {}}, "delete": {"responses": {}, "security": [{"key": []}]}},
 "/pets/{pet_id}/delete": {"get": {"responses": {}}, "post": {"responses": {}}},
 "/pets/{pet_id}/remove": {"get": {"responses": {}}},
 "/kinds/{kind}": {"get": {"responses": {}, "parameters": [{"name": "kind", "in": "path", "required": true, "schema": {"enum": ["cat", "dog"]}}]}},
 "/upload": {"post": {"responses": {}, "requestBody": {"content": {"multipart/form-data": {"schema": {"properties": {"file": {"type": "string", "format": "binary"}, "note": {"type": "string", "default": "hi"}}}}}}}},
 "/login": {"post": {"responses": {}, "security": [], "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "required": ["user"], "properties": {"user": {"type": "string", "example": "ann"}, "password": {"type": "string", "format": "password"}}}}}}}},
 "/guarded": {"post": {"responses": {}, "parameters": [{"name": "X-CSRF-Token", "in": "header", "required": true, "schema": {"type": "string"}}]}}
},
"components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}, "sid": {"type": "apiKey", "in": "cookie", "name": "sid"}, "key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
 "schemas": {"Pet": {"type": "object", "required": ["name"], "properties": {"id": {"type": "integer", "readOnly": true}, "name": {"type": ["null", "string"], "minLength": 8},
  "age": {"type": "integer", "exclusiveMinimum": 3}, "born": {"type": "string", "format": "date"}, "parent": {"$ref": "#/components/schemas/Pet"}, "kind": {"anyOf": [{"type": "null"}, {"enum": ["cat"]}]}}}}}, "security": [{"token": []}, {"sid": []}]}`

func petServer(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/openapi.json":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, petAPI)
	case r.URL.Path == "/api/pets" && r.URL.Query().Get("limit") != "":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"items": [{"id": "rex-1", "name": "Rex"}]}`)
	case r.URL.Path == "/":
		html(w, "hello")
	case strings.HasSuffix(r.URL.Path, "/remove"):
		panic("a documented GET that changes something was followed")
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

func TestOpenAPIIsFoundAndItsOperationsAreKnown(t *testing.T) {
	site := look(t, scope.Claim{}, Options{}, petServer)
	for endpoint, want := range map[string]string{
		"POST /api/pets":                 "application/json age=4 born=2026-01-15 kind=cat name=samplexx! parent=",
		"DELETE /api/pets/{pet_id}":      "bearer pet_id=rex-1",
		"POST /api/pets/{pet_id}/delete": "pet_id=rex-1",
		"GET /api/pets/{pet_id}/remove":  "pet_id=rex-1",
		"POST /api/upload":               "multipart/form-data file= note=hi",
		"POST /api/login":                "login application/x-www-form-urlencoded password=Sample-pass-1 user=ann!",
		"POST /api/guarded":              "header-token X-CSRF-Token=sample!",
	} {
		i, a := actionAt(site, endpoint)
		if i < 0 {
			t.Errorf("%s was not found", endpoint)
			continue
		}
		if got := describe(a); got != want && !strings.HasPrefix(got, strings.TrimSuffix(want, " parent=")+" parent={") {
			t.Errorf("%s: got %q, want %q", endpoint, got, want)
		}
	}
	visited := strings.Join(paths(site, ""), " ")
	for _, want := range []string{"/api/pets?limit=5", "/api/pets/rex-1", "/api/kinds/cat", "/api/pets/rex-1/delete"} {
		if !strings.Contains(visited+" ", want+" ") {
			t.Errorf("%s was not visited: %s", want, visited)
		}
	}
}

// describe puts into a line what matters of an action.
func describe(a *finding.Action) string {
	var words []string
	for word, holds := range map[string]bool{"login": a.Login, "bearer": a.Bearer, "header-token": a.HeaderToken != ""} {
		if holds {
			words = append(words, word)
		}
	}
	if a.Encoding != "" {
		words = append(words, a.Encoding)
	}
	for _, f := range a.Fields {
		mark := ""
		if f.Required && f.In != "path" {
			mark = "!"
		}
		words = append(words, f.Name+"="+f.Value+mark)
	}
	return strings.Join(words, " ")
}

func TestSwagger2IsRead(t *testing.T) {
	const old = `{"swagger": "2.0", "info": {"title": "x", "version": "1"}, "basePath": "/v1", "host": "elsewhere.example",
	"paths": {"/things": {"post": {"consumes": ["application/x-www-form-urlencoded"], "parameters": [{"name": "label", "in": "formData", "type": "string", "required": true}], "responses": {"200": {"description": "ok"}}}}}}`
	site := look(t, scope.Claim{}, Options{OpenAPI: []string{"/docs/api.json"}}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/docs/api.json" {
			fmt.Fprint(w, old)
		}
	})
	if i, a := actionAt(site, "POST /v1/things"); i < 0 || a.Encoding != finding.EncodingURL || len(a.Fields) != 1 || a.Fields[0].Name != "label" {
		t.Errorf("got %+v, skips %+v", site.Actions, site.Skips)
	}
}

func TestOpenAPIFromAFileAndFromALink(t *testing.T) {
	file := filepath.Join(t.TempDir(), "api.yaml")
	if err := os.WriteFile(file, []byte("openapi: 3.0.0\ninfo: {title: x, version: '1'}\npaths:\n  /from-file:\n    post: {responses: {}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	site := look(t, scope.Claim{}, Options{OpenAPI: []string{file}}, func(http.ResponseWriter, *http.Request) {})
	if i, _ := actionAt(site, "POST /from-file"); i < 0 {
		t.Errorf("file: got %+v, skips %+v", site.Actions, site.Skips)
	}
	site = look(t, scope.Claim{}, Options{}, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			html(w, "<a href=/docs>API</a>")
		case "/docs":
			html(w, `<script>SwaggerUIBundle({url: "/spec/openapi-v7.json"})</script>`)
		case "/spec/openapi-v7.json":
			fmt.Fprint(w, `{"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {"/linked": {"post": {"responses": {}}}}}`)
		default:
			w.WriteHeader(404)
		}
	})
	if i, _ := actionAt(site, "POST /linked"); i < 0 {
		t.Errorf("link: got %+v, skips %+v", site.Actions, site.Skips)
	}
}

func TestNamedDocumentsThatCannotBeReadAreSaidAloud(t *testing.T) {
	for name, part := range map[string]string{"/missing.json": "could not be fetched", "/broken.json": "read OpenAPI document", "/page": "no OpenAPI", "no-such-file.yaml": "could not be fetched"} {
		site := look(t, scope.Claim{}, Options{OpenAPI: []string{name}}, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/broken.json":
				fmt.Fprint(w, `{"openapi": "3.0.0", "paths": {"/x": []}}`)
			case "/page", "/":
				html(w, "a page")
			default:
				w.WriteHeader(404)
			}
		})
		if !hasSkip(site, part, true) {
			t.Errorf("%s: skips %+v", name, site.Skips)
		}
	}
}

func TestExternalReferencesAreNotFollowed(t *testing.T) {
	for _, ref := range []string{"/etc/hostname", "http://127.0.0.1:1/x.json", "file:///etc/hostname"} {
		_, err := parseOpenAPI([]byte(`{"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {"/x": {"$ref": "`+ref+`"}}}`), "test")
		if err == nil || !strings.Contains(err.Error(), "external references") {
			t.Errorf("%s: got %v", ref, err)
		}
	}
}

func TestAnOptionalFieldHasTheShapeOfItsAlternativeToNull(t *testing.T) {
	doc, err := parseOpenAPI([]byte(`{"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/me": {"patch": {"responses": {"200": {"description": "ok"}},
		"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {
			"mail": {"anyOf": [{"type": "string", "format": "email"}, {"type": "null"}]},
			"age": {"anyOf": [{"type": "null"}, {"type": "integer"}]},
			"tone": {"oneOf": [{"type": "null"}, {"type": "string", "enum": ["loud", "low"]}]}}}}}}}}}}`), "http://site.test/")
	if err != nil {
		t.Fatal(err)
	}
	a := &api{}
	a.add(newRoutes(), doc, "http://site.test/")
	got := map[string]string{}
	for _, f := range a.described()[0].Fields {
		got[f.Name] = fmt.Sprint(f.Type, " ", f.Options)
	}
	if got["mail"] != "email []" || got["age"] != "integer []" || got["tone"] != "string [loud low]" {
		t.Errorf("got %v", got)
	}
}

func TestSamplesOfSchemasThatContainThemselvesEnd(t *testing.T) {
	wide := &openapi3.Schema{Type: &openapi3.Types{"object"}, Properties: openapi3.Schemas{}}
	for i := range 40 {
		wide.Properties[fmt.Sprint("p", i)] = openapi3.NewSchemaRef("", wide)
	}
	start := time.Now()
	sample(openapi3.NewSchemaRef("", wide))
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzOpenAPI(f *testing.F) {
	f.Add([]byte(petAPI))
	f.Add([]byte(`{"swagger": "2.0", "paths": {"/x": {"post": {"parameters": [{"in": "body", "schema": {"$ref": "#/definitions/A"}}]}}}, "definitions": {"A": {"properties": {"a": {"$ref": "#/definitions/A"}}}}}`))
	f.Add([]byte("openapi: 3.0.0\npaths: {/x/{a}: {get: {parameters: [{name: a, in: path, schema: {multipleOf: 0, minimum: 1e300, maximum: -1}}]}}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := parseOpenAPI(data, "http://site.test/openapi.json")
		if err != nil {
			return
		}
		g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{"http://site.test/"}})
		if err != nil {
			t.Fatal(err)
		}
		c := newCollector(t.Context(), g, nil, Options{})
		c.api.add(c.routes, doc, "http://site.test/openapi.json")
		for _, v := range c.api.reads(nil) {
			if !strings.HasPrefix(v.url, "http://site.test/") {
				t.Errorf("it leads to %q", v.url)
			}
		}
		for _, a := range c.api.actions(c) {
			if g.Allows(a.URL) != nil {
				t.Errorf("an action out of scope: %q", a.URL)
			}
		}
		c.api.wrongMethod()
		c.api.wrongType()
	})
}

func TestServersWithoutAnAddressStandAtTheRoot(t *testing.T) {
	for servers, want := range map[string]string{`[{"url": ""}]`: "", `[{"url": "/"}]`: "", `[]`: "", `[{"url": "v1"}]`: "/docs/v1", `[{"url": "/api"}]`: "/api"} {
		doc, err := parseOpenAPI([]byte(`{"openapi": "3.0.1", "info": {"title": "x", "version": "1"}, "servers": `+servers+`, "paths": {"/me": {"get": {"responses": {}}}}}`),
			"http://site.test/docs/openapi.json")
		if err != nil {
			t.Fatal(err)
		}
		if got := serverPath(doc, "http://site.test/docs/openapi.json"); got != want {
			t.Errorf("%s: got %q, want %q", servers, got, want)
		}
	}
}
