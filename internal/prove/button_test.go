package prove_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// A shelf is one form with a button for each of its things, and one that turns the
// light on and off. What happened last is told once.
type shelf struct {
	mu     sync.Mutex
	things []string
	light  string
	told   string
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "text/html")
	if r.URL.Path == "/login" {
		if name := r.PostFormValue("username"); name != "" {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "session-of-" + name, Path: "/", SameSite: http.SameSiteLaxMode})
			http.Redirect(w, r, "/shelf", http.StatusSeeOther)
			return
		}
		fmt.Fprint(w, `<form method=post><input name=username><input type=password name=password><button>Log in</button></form>`)
		return
	}
	if _, err := r.Cookie("sid"); err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if r.Method == http.MethodPost {
		s.act(w, r)
		return
	}
	fmt.Fprintf(w, `<p id=told>%s</p><form method=post action=/shelf><input type=hidden name=csrf_token value=1f0e9d8c7b6a5948><ul>`, s.told)
	s.told = ""
	for _, thing := range s.things {
		fmt.Fprintf(w, `<li>%s <button name=give value=%s>%s</button></li>`, thing, thing, "Give away")
	}
	fmt.Fprintf(w, `</ul><p class=light>%s</p><button name=light value=turn>Light</button><button name=tidy value=1>Remove all</button></form>`, s.light)
}

func (s *shelf) act(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("csrf_token") != "1f0e9d8c7b6a5948" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	switch given := r.PostFormValue("give"); {
	case given != "":
		s.things = slices.DeleteFunc(s.things, func(t string) bool { return t == given })
		s.told = "given away: " + given
	case r.PostFormValue("tidy") != "":
		s.things = nil
	case r.PostFormValue("light") != "":
		s.light = map[string]string{"on": "off", "off": "on"}[s.light]
	}
	http.Redirect(w, r, "/shelf", http.StatusSeeOther)
}

// TestOnlyTheButtonOfTheActionIsPressed: a form with several buttons is sent with the
// one that the action is about; one that says that it removes is not pressed at all, and
// what a run took away for good is never called undone (R66).
func TestOnlyTheButtonOfTheActionIsPressed(t *testing.T) {
	for _, one := range []struct {
		button, value string
		want          finding.State
		things        int
	}{{"light", "turn", finding.Refuted, 2}, {"tidy", "1", finding.NotTestable, 2}, {"give", "atlas", "", 1}} {
		app := &shelf{things: []string{"atlas", "globe"}, light: "off"}
		server := httptest.NewServer(app)
		t.Cleanup(server.Close)
		r := newRig(t, server.URL, person("alice", "alice-pass"), person("bob", "bob-pass"))
		a := finding.Action{Method: "POST", URL: server.URL + "/shelf", Route: "/shelf", Encoding: finding.EncodingURL, Page: server.URL + "/shelf", Source: "form",
			Fields: []finding.Field{{Name: "csrf_token", Type: "hidden", Token: true}, {Name: one.button, Type: "submit", Value: one.value}}}
		r.bench.Site.Actions = []finding.Action{a}
		got := r.attempt(t, finding.Finding{ID: "x", Weakness: finding.CSRF, Endpoint: a.Endpoint(), Plan: &finding.Plan{Kind: finding.PlanForge, Victim: "alice", Action: a,
			Variants: []finding.Variant{{Name: "token left out", Token: finding.TokenAbsent}}}})
		made := r.bench.Restore(t.Context())
		if one.want != "" && got.State != one.want {
			t.Errorf("%s: %s, want %s: %s", one.button, got.State, one.want, got.Why)
		}
		if len(app.things) != one.things || app.light != "off" {
			t.Errorf("%s: the shelf holds %q, the light is %s", one.button, app.things, app.light)
		}
		for _, m := range made {
			if m.Undone && len(app.things) < 2 && strings.Contains(fmt.Sprint(m.Changes), "atlas") {
				t.Errorf("%s: called undone: %+v", one.button, m)
			}
		}
	}
}

// A drawer keeps notes, and one form has a button to delete each.
type drawer struct {
	mu    sync.Mutex
	next  int
	notes map[int]string
}

func (d *drawer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w.Header().Set("Content-Type", "text/html")
	switch name := r.PostFormValue("username"); {
	case r.URL.Path == "/login" && name != "":
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "session-of-" + name, Path: "/", SameSite: http.SameSiteLaxMode})
		http.Redirect(w, r, "/notes", http.StatusSeeOther)
		return
	case r.URL.Path == "/login":
		fmt.Fprint(w, `<form method=post><input name=username><input type=password name=password><button>Log in</button></form>`)
		return
	}
	if _, err := r.Cookie("sid"); err != nil || r.Method == http.MethodPost && r.PostFormValue("csrf_token") != "1f0e9d8c7b6a5948" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	const token = `<input type=hidden name=csrf_token value=1f0e9d8c7b6a5948>`
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/notes/new":
		d.next++
		d.notes[d.next] = r.PostFormValue("text")
		http.Redirect(w, r, "/notes", http.StatusSeeOther)
	case r.Method == http.MethodPost:
		id, _ := strconv.Atoi(r.PostFormValue("delete_note"))
		delete(d.notes, id)
		http.Redirect(w, r, "/notes", http.StatusSeeOther)
	case r.URL.Path == "/notes/new":
		fmt.Fprintf(w, `<form method=post action=/notes/new>%s<input name=text><button>Save</button></form>`, token)
	default:
		fmt.Fprintf(w, `<form method=post action=/notes>%s<table>`, token)
		for id := range d.next + 1 {
			if text, ok := d.notes[id]; ok {
				fmt.Fprintf(w, `<tr><td>%s<td><button name=delete_note value=%d>Delete</button></tr>`, text, id)
			}
		}
		fmt.Fprint(w, `</table></form><a href=/notes/new>New</a>`)
	}
}

// TestButtonsInRowsAreAimedByTheirRow: where one form has a button for each row, what is
// destroyed is the object that was made for it, and no other (R66).
func TestButtonsInRowsAreAimedByTheirRow(t *testing.T) {
	app := &drawer{next: 2, notes: map[int]string{1: "the first", 2: "the second"}}
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	r := newRig(t, server.URL, person("alice", "alice-pass"), person("bob", "bob-pass"))
	token := finding.Field{Name: "csrf_token", Type: "hidden", Token: true}
	create := finding.Action{Method: "POST", URL: server.URL + "/notes/new", Route: "/notes/new", Encoding: finding.EncodingURL, Page: server.URL + "/notes/new", Source: "form",
		Fields: []finding.Field{token, {Name: "text", Type: "text"}}}
	remove := finding.Action{Method: "POST", URL: server.URL + "/notes", Route: "/notes", Encoding: finding.EncodingURL, Page: server.URL + "/notes", Source: "form",
		Fields: []finding.Field{token, {Name: "delete_note", Type: "submit", Value: "1"}}}
	site, err := observe.Collect(t.Context(), r.grant, []*identity.Session{r.visitor, r.alice, r.bob}, observe.Options{Seeds: []string{"/notes"}})
	if err != nil {
		t.Fatal(err)
	}
	r.bench.Site = site
	r.bench.Site.Actions = []finding.Action{create, remove}
	got := r.attempt(t, finding.Finding{ID: "x", Weakness: finding.CSRF, Endpoint: remove.Endpoint(), Plan: &finding.Plan{Kind: finding.PlanForge, Victim: "alice", Action: remove,
		Variants: []finding.Variant{{Name: "token left out", Token: finding.TokenAbsent}}}})
	r.bench.Restore(t.Context())
	if got.State != finding.Refuted {
		t.Errorf("%s: %s", got.State, got.Why)
	}
	if len(app.notes) != 2 || app.notes[1] != "the first" || app.notes[2] != "the second" {
		t.Errorf("the notes are now %v", app.notes)
	}
}
