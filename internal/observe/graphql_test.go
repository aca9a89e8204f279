package observe

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/har"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

const smallSchema = `{"data": {"__schema": {"queryType": {"name": "Q"}, "mutationType": {"name": "M"}, "types": [
{"kind": "OBJECT", "name": "Q", "fields": [
  {"name": "orders", "args": [{"name": "first", "type": {"kind": "SCALAR", "name": "Int"}}], "type": {"kind": "LIST", "ofType": {"kind": "OBJECT", "name": "Order"}}},
  {"name": "order", "args": [{"name": "id", "type": {"kind": "NON_NULL", "ofType": {"kind": "SCALAR", "name": "ID"}}}], "type": {"kind": "OBJECT", "name": "Order"}},
  {"name": "logout", "args": [], "type": {"kind": "SCALAR", "name": "Boolean"}}]},
{"kind": "OBJECT", "name": "M", "fields": [
  {"name": "changeOrder", "args": [{"name": "input", "type": {"kind": "NON_NULL", "ofType": {"kind": "INPUT_OBJECT", "name": "OrderInput"}}}], "type": {"kind": "OBJECT", "name": "Order"}},
  {"name": "signIn", "args": [{"name": "password", "type": {"kind": "NON_NULL", "ofType": {"kind": "SCALAR", "name": "String"}}}], "type": {"kind": "SCALAR", "name": "Boolean"}},
  {"name": "payInvoice", "args": [{"name": "invoiceId", "type": {"kind": "NON_NULL", "ofType": {"kind": "SCALAR", "name": "ID"}}}], "type": {"kind": "SCALAR", "name": "Boolean"}}]},
{"kind": "INPUT_OBJECT", "name": "OrderInput", "inputFields": [
  {"name": "orderId", "type": {"kind": "NON_NULL", "ofType": {"kind": "SCALAR", "name": "ID"}}},
  {"name": "note", "type": {"kind": "SCALAR", "name": "String"}},
  {"name": "email", "type": {"kind": "SCALAR", "name": "String"}},
  {"name": "speed", "type": {"kind": "ENUM", "name": "Speed"}},
  {"name": "tags", "type": {"kind": "NON_NULL", "ofType": {"kind": "LIST", "ofType": {"kind": "SCALAR", "name": "String"}}}}]},
{"kind": "ENUM", "name": "Speed", "enumValues": [{"name": "SLOW"}, {"name": "FAST"}]},
{"kind": "OBJECT", "name": "Order", "fields": [
  {"name": "id", "args": [], "type": {"kind": "SCALAR", "name": "ID"}},
  {"name": "note", "args": [], "type": {"kind": "SCALAR", "name": "String"}},
  {"name": "lines", "args": [], "type": {"kind": "LIST", "ofType": {"kind": "OBJECT", "name": "Line"}}}]},
{"kind": "OBJECT", "name": "Line", "fields": [{"name": "text", "args": [], "type": {"kind": "SCALAR", "name": "String"}}, {"name": "order", "args": [], "type": {"kind": "OBJECT", "name": "Order"}}]}
]}}}`

// orders is a GraphQL endpoint that tells its schema, by POST alone, and one's orders.
func orders(t *testing.T, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	var request graphRequest
	if r.Method != http.MethodPost || json.NewDecoder(r.Body).Decode(&request) != nil {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	cookie, _ := r.Cookie("sid")
	switch {
	case strings.Contains(request.Query, "__schema"):
		io.WriteString(w, smallSchema)
	case strings.Contains(request.Query, "mutation"), strings.Contains(request.Query, "logout"):
		t.Errorf("%s was sent", request.Query)
	case cookie == nil:
		io.WriteString(w, `{"data": null, "errors": [{"message": "log in"}]}`)
	case strings.Contains(request.Query, "order("):
		io.WriteString(w, `{"data": {"order": {"id": "7", "note": "ring twice"}}}`)
	default:
		io.WriteString(w, `{"data": {"orders": [{"id": "7", "note": "ring twice", "lines": [{"text": "ink"}]}]}}`)
	}
}

// Operations of an open schema are actions with values that make sense, queries are
// asked, and nothing that changes or logs out is (R20).
func TestGraphQLOperationsBecomeActions(t *testing.T) {
	_, g := serveSite(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			html(w, `<script>fetch("/api/graphql", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({query: q})})</script>`)
		case "/api/graphql":
			orders(t, w, r)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
	alice, err := identity.Login(t.Context(), g, identity.Spec{Name: "alice", Cookie: "sid=4711"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	site, err := Collect(t.Context(), g, []*identity.Session{identity.Anonymous(g), alice}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	i, a := actionAt(site, "POST /api/graphql#changeOrder")
	if i < 0 {
		t.Fatalf("no action; skips %+v", site.Skips)
	}
	want := []finding.Field{
		{Name: "query", Type: "document", Required: true, Value: `mutation ($input: OrderInput!) {changeOrder(input: $input){id note lines{text}}}`},
		{Name: "input.orderId", In: "variables", Type: "string", Value: "7", Required: true},
		{Name: "input.note", In: "variables", Type: "string", Value: "ring twice"},
		{Name: "input.email", In: "variables", Type: "string", Value: formats["email"]},
		{Name: "input.speed", In: "variables", Type: "string", Value: "SLOW", Options: []string{"SLOW", "FAST"}},
		{Name: "input.tags", In: "variables", Type: "array", Value: "[]", Required: true},
	}
	if diff := cmp.Diff(want, a.Fields); diff != "" {
		t.Errorf("fields: want (-), got (+):\n%s", diff)
	}
	body, err := GraphQLBody(a.Fields[1:])
	if got := `{"variables":{"input":{"email":"` + formats["email"] + `","note":"ring twice","orderId":"7","speed":"SLOW","tags":[]}}}`; err != nil || string(body) != got {
		t.Errorf("body %s, %v", body, err)
	}
	if !hasSkip(site, "these need values that were not seen, or log in: signIn, payInvoice", false) || !hasSkip(site, "6 of its operations are known", false) {
		t.Errorf("skips %+v", site.Skips)
	}
	if len(site.Reads) != 2 || !strings.HasSuffix(site.Reads[1].URL, "/api/graphql#order(7)") {
		t.Errorf("reads %+v", site.Reads)
	}
	if owner, ok := site.Sightings().Owner(References(a.Route, a.URL, a.Fields)); !ok || owner != "alice" {
		t.Errorf("the order is %q's", owner)
	}
}

// Without a schema, what a recording and a script show is what is known.
func TestGraphQLWithoutASchema(t *testing.T) {
	site := look(t, scope.Claim{}, Options{Recorded: []har.Entry{}}, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			html(w, "<script>fetch('/graphql', {method: 'POST', body: b}); const rename = `mutation Rename($name: String!, $of: Team!) { rename(name: $name) { id } }`;"+
				"const say = \"mutation ($text: String!, $loud: Boolean) { say(text: $text, loud: $loud) }\";</script>")
		case "/graphql":
			io.WriteString(w, `{"errors": [{"message": "introspection is off"}]}`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
	if !hasSkip(site, "it does not tell its schema", false) {
		t.Errorf("skips %+v", site.Skips)
	}
	if i, _ := actionAt(site, "POST /graphql#rename"); i >= 0 {
		t.Error("nothing tells what a Team is")
	}
}

func TestOperationsInRequests(t *testing.T) {
	for body, want := range map[string]string{
		`{"query": "mutation Pay($id: ID!) { pay(id: $id) { ok } }", "variables": {"id": 7, "in": {"note": "x", "fast": true}}}`: "mutation pay id=7 in.fast=true in.note=x",
		`{"query": "{ me { name } }"}`:                      "query me",
		`{"query": "query { mine: orders { id } }"}`:        "query orders",
		`{"query": "{ __schema { types { name } } }"}`:      "",
		`{"query": "fragment F on T { id } query { a }"}`:   "",
		`{"query": "subscription { ticks }"}`:               "",
		`[{"query": "{ a }"}]`:                              "",
		`{"variables": {"a": 1}}`:                           "",
		`{"query": "# says hello\n query Hello { hello }"}`: "query hello",
	} {
		got := ""
		for _, o := range operationsOf("http://shop.test/graphql", "", "har", []byte(body)) {
			got = o.kind + " " + o.name
			for _, l := range o.leaves {
				got += " " + l.path + "=" + l.value
			}
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

func TestDeclaredVariables(t *testing.T) {
	for text, want := range map[string]string{
		"$id: ID!, $text: String": "id string! text string",
		"$n: Int = 3":             "n integer",
		"$ids: [ID!]!":            "ids array!",
		"$in: OrderInput!":        "unknown",
		"$in: OrderInput":         "",
		"":                        "",
	} {
		leaves, ok := declared(text)
		var got []string
		for _, l := range leaves {
			got = append(got, l.path, l.kind+map[bool]string{true: "!"}[l.required])
		}
		if joined := strings.Join(got, " "); ok && joined != want || !ok && want != "unknown" {
			t.Errorf("%q: got %q, %v", text, joined, ok)
		}
	}
}

func FuzzReadSchema(f *testing.F) {
	f.Add([]byte(smallSchema))
	f.Add([]byte(`{"data": {"__schema": {"queryType": {"name": "Q"}, "types": [{"name": "Q", "fields": [{"name": "a", "type": {"ofType": {"ofType": {}}}}]}]}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		schema, ok := readSchema(data)
		if !ok {
			return
		}
		for _, o := range schema.operations("http://shop.test/graphql") {
			if a, ok := o.action(nil); ok && a.Fields[0].Value == "" {
				t.Errorf("no document: %+v", a)
			}
		}
	})
}

func FuzzOperationsOf(f *testing.F) {
	f.Add(`{"query": "mutation Pay($id: ID!) { pay(id: $id) { ok } }", "variables": {"id": 7}}`)
	f.Add("const q = `query Note($id: ID!) { note(id: $id) { id } }`")
	f.Fuzz(func(t *testing.T, text string) {
		for _, o := range append(operationsOf("http://shop.test/graphql", "", "har", []byte(text)), spelledOperations("http://shop.test/graphql", "", text)...) {
			if o.name == "" || o.kind != "query" && o.kind != "mutation" {
				t.Errorf("%q: %+v", text, o)
			}
		}
	})
}
