package prove_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/check"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// A chart is a small GraphQL application. Weak, it takes operations in every form and
// does not look at whose note it is; guarded, it takes JSON from its own origin and
// does. Closed, it does not tell its schema.
type chart struct {
	guarded, closed bool

	mu       sync.Mutex
	sessions map[string]string
	notes    map[string]map[string]string
	mottos   map[string]string
}

func newChart(t *testing.T, guarded, closed bool) (*chart, *httptest.Server) {
	c := &chart{guarded: guarded, closed: closed, sessions: map[string]string{}, mottos: map[string]string{"alice": "festina lente", "bob": "per aspera"},
		notes: map[string]map[string]string{
			"70010001": {"id": "70010001", "owner": "alice", "text": "the will is in the third drawer", "shade": "PALE"},
			"70010002": {"id": "70010002", "owner": "bob", "text": "the key hangs behind the clock", "shade": "DARK"},
		}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	return c, server
}

const chartPage = `<title>Chart</title><div id=notes></div><script>
const ask = (query, variables) => fetch("/graphql", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({query, variables})});
ask("query { notes { id text } }");
const read = id => ask("query Note($id: ID!) { note(id: $id) { id text } }", {id});
const write = (id, text) => ask("mutation ($id: ID!, $text: String!) { setNote(id: $id, text: $text) { id text } }", {id, text});
const say = motto => ask("mutation ($motto: String!) { setMotto(motto: $motto) { motto } }", {motto});
ask("query { me { motto } }");
</script>`

const chartSchema = `{"data": {"__schema": {"queryType": {"name": "Q"}, "mutationType": {"name": "M"}, "types": [
{"kind": "OBJECT", "name": "Q", "fields": [
  {"name": "me", "args": [], "type": {"kind": "OBJECT", "name": "Me"}},
  {"name": "notes", "args": [], "type": {"kind": "NON_NULL", "ofType": {"kind": "LIST", "ofType": {"kind": "OBJECT", "name": "Note"}}}},
  {"name": "note", "args": [{"name": "id", "type": {"kind": "NON_NULL", "ofType": {"kind": "SCALAR", "name": "ID"}}}], "type": {"kind": "OBJECT", "name": "Note"}}]},
{"kind": "OBJECT", "name": "M", "fields": [
  {"name": "setMotto", "args": [{"name": "motto", "type": {"kind": "SCALAR", "name": "String"}}], "type": {"kind": "OBJECT", "name": "Me"}},
  {"name": "setNote", "args": [{"name": "input", "type": {"kind": "NON_NULL", "ofType": {"kind": "INPUT_OBJECT", "name": "NoteInput"}}}], "type": {"kind": "OBJECT", "name": "Note"}},
  {"name": "deleteNote", "args": [{"name": "id", "type": {"kind": "NON_NULL", "ofType": {"kind": "SCALAR", "name": "ID"}}}], "type": {"kind": "SCALAR", "name": "Boolean"}}]},
{"kind": "INPUT_OBJECT", "name": "NoteInput", "inputFields": [
  {"name": "id", "type": {"kind": "NON_NULL", "ofType": {"kind": "SCALAR", "name": "ID"}}},
  {"name": "text", "type": {"kind": "SCALAR", "name": "String"}},
  {"name": "shade", "type": {"kind": "ENUM", "name": "Shade"}}]},
{"kind": "ENUM", "name": "Shade", "enumValues": [{"name": "PALE"}, {"name": "DARK"}]},
{"kind": "OBJECT", "name": "Me", "fields": [{"name": "motto", "args": [], "type": {"kind": "SCALAR", "name": "String"}}]},
{"kind": "OBJECT", "name": "Note", "fields": [
  {"name": "id", "args": [], "type": {"kind": "SCALAR", "name": "ID"}},
  {"name": "text", "args": [], "type": {"kind": "SCALAR", "name": "String"}},
  {"name": "shade", "args": [], "type": {"kind": "ENUM", "name": "Shade"}}]}]}}}`

func (c *chart) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	who := ""
	if cookie, err := r.Cookie("sid"); err == nil {
		who = c.sessions[cookie.Value]
	}
	switch {
	case r.URL.Path == "/graphql":
		w.Header().Set("Content-Type", "application/json")
		c.graphql(w, r, who)
	case r.URL.Path == "/login" && r.PostFormValue("password") != "" && r.PostFormValue("password") == r.PostFormValue("username")+"-pass":
		id := rand.Text()
		c.sessions[id] = r.PostFormValue("username")
		w.Header().Set("Set-Cookie", "sid="+id+"; Path=/; HttpOnly; SameSite=None; Secure")
		http.Redirect(w, r, "/", http.StatusSeeOther)
	case r.URL.Path == "/login":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<form method=post><input name=username><input type=password name=password><button>Log in</button></form>`)
	case r.URL.Path != "/":
		http.NotFound(w, r)
	case who == "":
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	default:
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, chartPage)
	}
}

var rootField = regexp.MustCompile(`^[^{]*\{\s*(\w+)`)

func (c *chart) graphql(w http.ResponseWriter, r *http.Request, who string) {
	var request struct {
		Query     string
		Variables map[string]any
	}
	isJSON := strings.HasPrefix(r.Header.Get("Content-Type"), "application/json")
	switch origin := r.Header.Get("Origin"); {
	case c.guarded && (r.Method != http.MethodPost || !isJSON || origin != "" && origin != "http://"+r.Host):
		w.WriteHeader(http.StatusForbidden)
		return
	case r.Method == http.MethodPost && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www"):
		_ = json.NewDecoder(r.Body).Decode(&request) // what cannot be read asks for nothing
	default:
		request.Query = r.FormValue("query")
		_ = json.Unmarshal([]byte(r.FormValue("variables")), &request.Variables) // the same
	}
	if strings.Contains(request.Query, "__schema") && !c.closed {
		fmt.Fprint(w, chartSchema)
		return
	}
	field := rootField.FindStringSubmatch(request.Query)
	if field == nil || who == "" {
		fmt.Fprint(w, `{"errors": [{"message": "no"}]}`)
		return
	}
	arguments := request.Variables
	if input, ok := arguments["input"].(map[string]any); ok {
		arguments = input
	}
	answer := c.resolve(field[1], arguments, who)
	_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{field[1]: answer}})
}

func (c *chart) resolve(field string, arguments map[string]any, who string) any {
	id, _ := arguments["id"].(string)
	note := c.notes[id]
	if note != nil && c.guarded && note["owner"] != who {
		note = nil
	}
	switch field {
	case "me":
		return map[string]string{"motto": c.mottos[who]}
	case "notes":
		var own []map[string]string
		for _, id := range slices.Sorted(maps.Keys(c.notes)) {
			if c.notes[id]["owner"] == who {
				own = append(own, maps.Clone(c.notes[id]))
			}
		}
		return own
	case "setMotto":
		c.mottos[who] = fmt.Sprint(arguments["motto"])
		return map[string]string{"motto": c.mottos[who]}
	case "setNote":
		if note == nil {
			return nil
		}
		for _, name := range []string{"text", "shade"} {
			if text, ok := arguments[name].(string); ok {
				note[name] = text
			}
		}
	case "deleteNote":
		delete(c.notes, id)
		return true
	case "note":
	default:
		return nil
	}
	if note == nil {
		return nil
	}
	return maps.Clone(note)
}

func (c *chart) state() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.mottos, c.notes)
}

// Every operation of a GraphQL endpoint is put to the test on its own: a mutation as a
// foreign page can send it, in a browser, and what names an object as another identity.
// Where the schema is closed, what scripts spell out is. A guarded endpoint gives no
// alarm, and what was changed is put back (R20, R51, R52).
func TestGraphQLOperations(t *testing.T) {
	for name, c := range map[string]struct {
		guarded, closed bool
		want            []string
	}{
		"open":          {want: []string{"bola-read POST /graphql#note", "bola-write POST /graphql#setNote", "csrf-json POST /graphql#setMotto", "csrf-json POST /graphql#setNote"}},
		"closed":        {closed: true, want: []string{"bola-read POST /graphql#note", "bola-write POST /graphql#setNote", "csrf-json POST /graphql#setMotto", "csrf-json POST /graphql#setNote"}},
		"guarded":       {guarded: true},
		"guarded, shut": {guarded: true, closed: true},
	} {
		t.Run(name, func(t *testing.T) {
			app, server := newChart(t, c.guarded, c.closed)
			before := app.state()
			r := newRig(t, server.URL, person("alice", "alice-pass"), person("bob", "bob-pass")).withBrowser(t, server.URL)
			site, err := observe.Collect(t.Context(), r.grant, []*identity.Session{r.visitor, r.alice, r.bob}, observe.Options{})
			if err != nil {
				t.Fatal(err)
			}
			r.bench.Site = site
			var proven, tried []string
			check.Run(site, policy.Rules{}, func(f finding.Finding) {
				if f.Plan == nil || !strings.Contains(f.Endpoint.Route, "#") {
					return
				}
				got := r.attempt(t, f)
				tried = append(tried, string(f.Weakness)+" "+f.Endpoint.String())
				if got.State == finding.Proven {
					proven = append(proven, string(f.Weakness)+" "+f.Endpoint.String())
					accepted := slices.ContainsFunc(got.Proof.Attempts, func(a finding.Attempt) bool { return a.Accepted })
					if !accepted || got.Proof.Marker == "" {
						t.Errorf("%s %s: no attempt, or nothing that was re-read: %+v", f.Weakness, f.Endpoint, got.Proof)
					}
				}
			})
			if slices.Sort(proven); !slices.Equal(slices.Compact(proven), c.want) {
				t.Errorf("proven %q, want %q; tried %q", proven, c.want, tried)
			}
			if len(tried) == 0 {
				t.Errorf("nothing was tried: actions %+v, skips %+v", site.Actions, site.Skips)
			}
			r.bench.Restore(t.Context())
			if after := app.state(); after != before {
				t.Errorf("the state was %s and is %s", before, after)
			}
		})
	}
}
