package prove_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// A notebook is an interface that takes nothing but bearer tokens: users list, write and
// delete notes. If it is careless, everybody may delete everybody's.
type notebook struct {
	careless bool
	mu       sync.Mutex
	next     int
	notes    []note
}

type note struct {
	ID    string `json:"id"`
	Owner string `json:"-"`
	Title string `json:"title"`
}

func (n *notebook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	who, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer token-of-")
	switch {
	case r.URL.Path == "/token":
		fmt.Fprintf(w, `{"access_token": "token-of-%s"}`, r.PostFormValue("username"))
	case who != "alice" && who != "bob":
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/notes/" && r.Method == http.MethodPost:
		var sent note
		if json.NewDecoder(r.Body).Decode(&sent) != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		n.add(who, sent.Title)
		json.NewEncoder(w).Encode(n.notes[len(n.notes)-1])
	case r.URL.Path == "/notes/":
		own := []note{}
		for _, one := range n.notes {
			if one.Owner == who {
				own = append(own, one)
			}
		}
		json.NewEncoder(w).Encode(map[string]any{"data": own})
	case r.Method == http.MethodDelete:
		n.remove(w, who, strings.TrimPrefix(r.URL.Path, "/notes/"))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (n *notebook) add(who, title string) {
	n.next++
	n.notes = append(n.notes, note{fmt.Sprint("nb", 7000+n.next), who, title})
}

func (n *notebook) remove(w http.ResponseWriter, who, id string) {
	for i, one := range n.notes {
		if one.ID == id && (n.careless || one.Owner == who) {
			n.notes = append(n.notes[:i], n.notes[i+1:]...)
			fmt.Fprint(w, `{}`)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}

// TestWhatABearerMakesIsThereToBeDestroyed: a session that is a token can make an object
// to lose, so that deletions are put to the test as well, and nothing stays behind (R66).
func TestWhatABearerMakesIsThereToBeDestroyed(t *testing.T) {
	for careless, want := range map[bool]finding.State{true: finding.Proven, false: finding.Refuted} {
		app := &notebook{careless: careless}
		app.add("alice", "the first of alice's")
		app.add("bob", "the first of bob's")
		server := httptest.NewServer(app)
		t.Cleanup(server.Close)
		bearer := func(name string) identity.Spec {
			return identity.Spec{Name: name, JSON: &identity.JSONLogin{URL: "/token", URLEncoded: true, Token: "/access_token",
				Fields: map[string]string{"username": name}, Secrets: map[string]string{"password": name + "-pass"}}}
		}
		r := newRig(t, server.URL, bearer("alice"), bearer("bob"))
		site, err := observe.Collect(t.Context(), r.grant, []*identity.Session{r.visitor, r.alice, r.bob}, observe.Options{Seeds: []string{"/notes/"}})
		if err != nil {
			t.Fatal(err)
		}
		r.bench.Site = site
		create := finding.Action{Method: "POST", URL: server.URL + "/notes/", Route: "/notes/", Encoding: finding.EncodingJSON, Source: "openapi", Bearer: true,
			Fields: []finding.Field{{Name: "title", Type: "string", Required: true}}}
		remove := finding.Action{Method: "DELETE", URL: server.URL + "/notes/nb7001", Route: "/notes/{id}", Source: "openapi", Bearer: true}
		r.bench.Site.Actions = []finding.Action{create, remove}
		got := r.attempt(t, finding.Finding{ID: "x", Weakness: finding.BOLAWrite, Endpoint: remove.Endpoint(),
			Plan: &finding.Plan{Kind: finding.PlanAccess, Victim: "alice", Intruder: "bob", Action: remove}})
		if got.State != want {
			t.Errorf("careless %v: %s, want %s: %s", careless, got.State, want, got.Why)
		}
		r.bench.Restore(t.Context())
		if len(app.notes) != 2 || app.notes[0].Title != "the first of alice's" || app.notes[1].Title != "the first of bob's" {
			t.Errorf("careless %v: the notes are now %v", careless, app.notes)
		}
	}
}
