package observe

import (
	"io"
	"net/http"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/scope"
)

// TestGraphQLEndpointsAreNotPassedOverInSilence: what is not tested one by one is
// said, with the mutations' names where the schema is open.
func TestGraphQLEndpointsAreNotPassedOverInSilence(t *testing.T) {
	for schema, part := range map[string]string{
		`{"data": {"__schema": {"mutationType": {"fields": [{"name": "pay"}, {"name": "close"}]}}}}`: "names 2 mutations: close, pay",
		`{"data": {"__schema": {"mutationType": null}}}`:                                             "names 0 mutations: none",
		`{"errors": [{"message": "introspection is off"}]}`:                                          "its operations one by one are not",
		`<html>`: "its operations one by one are not",
	} {
		site := look(t, scope.Claim{}, Options{}, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/":
				html(w, `<script>fetch("/api/graphql", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({query: q})})</script>`)
			case "/api/graphql":
				if r.Method != http.MethodGet || r.URL.Query().Get("query") == "" {
					t.Errorf("%s %s was sent", r.Method, r.URL)
				}
				io.WriteString(w, schema)
			default:
				w.WriteHeader(404)
			}
		})
		if !hasSkip(site, part, false) {
			t.Errorf("%s: skips %+v", schema, site.Skips)
		}
		if i, _ := actionAt(site, "POST /api/graphql"); i < 0 {
			t.Errorf("the request that the page sends is no action: %+v", site.Actions)
		}
	}
	site := look(t, scope.Claim{}, Options{}, func(w http.ResponseWriter, r *http.Request) { html(w, "<a href=/graph>g</a>") })
	if hasSkip(site, "GraphQL", false) {
		t.Errorf("skips %+v", site.Skips)
	}
}

func FuzzMutationNames(f *testing.F) {
	f.Add([]byte(`{"data": {"__schema": {"mutationType": {"fields": [{"name": "pay"}]}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if names, ok := mutationNames(data); !ok && names != nil {
			t.Errorf("got %v", names)
		}
	})
}
