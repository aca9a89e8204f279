package observe

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/scope"
)

const oldAPI = `swagger: "2.0"
info: {title: Yard, version: "1"}
basePath: /v1
consumes: [application/json]
securityDefinitions:
  key: {type: apiKey, in: header, name: X-Key}
definitions:
  Crane:
    type: object
    required: [label]
    properties:
      label: {type: string, example: Big blue}
      reach: {type: integer, minimum: 7}
      state: {type: string, enum: [idle, busy]}
      since: {type: string, format: date, default: "2020-02-02"}
      mail: {type: string, format: email}
      id: {type: integer, readOnly: true}
      code: {type: string, pattern: "^(?:alpha|beta)$"}
paths:
  /cranes/{no}:
    parameters:
      - {name: no, in: path, required: true, type: string, x-example: C-7}
    put:
      security: [{key: []}]
      parameters:
        - {in: body, name: crane, schema: {$ref: "#/definitions/Crane"}}
        - {in: query, name: mode, type: string, enum: [fast, slow]}
        - {in: header, name: X-CSRF-Token, type: string, required: true}
      responses: {"200": {description: ok}}
  /photo:
    post:
      consumes: [multipart/form-data]
      parameters:
        - {in: formData, name: image, type: file}
        - {in: formData, name: note, type: string, default: hi}
      responses: {"200": {description: ok}}
`

// TestSwagger2InYAMLHasValuesThatMakeSense is discovery by a document of the older
// kind, with what its author wrote down (R27).
func TestSwagger2InYAMLHasValuesThatMakeSense(t *testing.T) {
	site := look(t, scope.Claim{}, Options{OpenAPI: []string{"/api-docs"}}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api-docs" {
			fmt.Fprint(w, oldAPI)
		}
	})
	if len(site.Documented) != 2 || site.Documented[1].String() != "POST /v1/photo" {
		t.Errorf("documented %v", site.Documented)
	}
	for endpoint, want := range map[string]string{
		"PUT /v1/cranes/{no}": "bearer header-token application/json no=C-7 mode=fast X-CSRF-Token=sample! code=alpha label=Big blue! mail=user@example.com reach=7 since=2020-02-02 state=idle",
		"POST /v1/photo":      "multipart/form-data image= note=hi",
	} {
		i, a := actionAt(site, endpoint)
		if i < 0 {
			t.Errorf("%s was not found: %+v", endpoint, site.Skips)
			continue
		}
		got := strings.Fields(describe(a))
		for _, w := range strings.Fields(want) {
			if !strings.Contains(" "+strings.Join(got, " ")+" ", " "+w+" ") {
				t.Errorf("%s: got %q, which lacks %q", endpoint, got, w)
			}
		}
	}
}

func TestYAMLThatGrowsIsRefused(t *testing.T) {
	_, err := parseOpenAPI([]byte("swagger: '2.0'\npaths: &a {}\nx: [*a, *a]\n"), "test")
	if err == nil || !strings.Contains(err.Error(), "anchors") {
		t.Errorf("got %v", err)
	}
}
