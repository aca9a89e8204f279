package prove_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/prove"
	"github.com/mantlet-dev/mantlet/internal/websocket"
)

// A noteboard keeps a note for each of its users, and takes messages over sockets:
// /live/any takes any number, /live/own the owner's, /live/mine goes by the session
// whatever number is sent, /live/open asks nobody who they are, and /live/drop and
// /live/dropown destroy.
type noteboard struct {
	mu       sync.Mutex
	sessions map[string]string
	notes    map[string]string
	journal  string // shown to everybody
}

var owners = map[string]string{"70010001": "alice", "70010002": "bob"}

func newNoteboard(t *testing.T) (*noteboard, *lab.Instance) {
	l := &noteboard{sessions: map[string]string{}, notes: map[string]string{"70010001": "water the fern", "70010002": "wind the clock"}}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return l, &lab.Instance{URL: server.URL, Identities: []lab.Identity{
		{Name: "alice", Username: "alice", Password: "alice-pass"}, {Name: "bob", Username: "bob", Password: "bob-pass"}}}
}

func (l *noteboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	who := ""
	if cookie, err := r.Cookie("sid"); err == nil {
		who = l.sessions[cookie.Value]
	}
	l.mu.Unlock()
	switch {
	case r.URL.Path == "/login":
		l.login(w, r)
	case strings.HasPrefix(r.URL.Path, "/live/") && (who != "" || r.URL.Path == "/live/open"):
		l.hear(w, r, who)
	case who == "":
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, l.page(who))
	default:
		http.NotFound(w, r)
	}
}

func (l *noteboard) login(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	if name := r.PostFormValue("username"); name != "" && r.PostFormValue("password") == name+"-pass" {
		l.mu.Lock()
		defer l.mu.Unlock()
		id := rand.Text()
		l.sessions[id] = name
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: id, Path: "/"})
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	fmt.Fprint(w, `<form method=post><input name=username><input type=password name=password><button>Log in</button></form>`)
}

// page shows one's own notes, and spells out the messages of its script.
func (l *noteboard) page(who string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := "<title>Notes</title><footer>Last: " + html.EscapeString(l.journal) + "</footer>"
	for number, owner := range owners {
		if owner != who || l.notes[number] == "" {
			continue
		}
		text += fmt.Sprintf("<p>Note %s</p><p>%s</p><script>", number, html.EscapeString(l.notes[number]))
		for _, path := range []string{"any", "own", "mine", "open"} {
			text += fmt.Sprintf("const %s = new WebSocket(\"/live/%[1]s\");\n%[1]s.onopen = () => %[1]s.send(JSON.stringify({ note_id: %[2]q, text: box.value }));\n", path, number)
		}
		for _, path := range []string{"drop", "dropown"} {
			text += fmt.Sprintf("const %s = new WebSocket(\"/live/%[1]s\");\nfunction ask%[1]s() { %[1]s.send(JSON.stringify({ drop: { note_id: %[2]q } })); }\n", path, number)
		}
		text += "</script>"
	}
	return text
}

func (l *noteboard) hear(w http.ResponseWriter, r *http.Request, who string) {
	conn, err := websocket.Serve(w, r)
	if err != nil {
		return
	}
	defer conn.Close()
	for {
		message, err := conn.Read(r.Context())
		var sent struct {
			Note string `json:"note_id"`
			Text string `json:"text"`
			Drop struct {
				Note string `json:"note_id"`
			} `json:"drop"`
		}
		if err != nil || json.Unmarshal([]byte(message), &sent) != nil {
			return
		}
		l.obey(strings.TrimPrefix(r.URL.Path, "/live/"), who, sent.Note, sent.Text, sent.Drop.Note)
		if conn.Write(`{"done":true}`) != nil {
			return
		}
	}
}

func (l *noteboard) obey(path, who, number, text, dropped string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if path == "own" {
		l.journal = text // that it was asked for shows to all, and is no change of the note
	}
	switch {
	case path == "mine":
		for mine, owner := range owners {
			if owner == who {
				l.notes[mine] = text
			}
		}
	case path == "drop", path == "dropown" && owners[dropped] == who:
		delete(l.notes, dropped)
	case l.notes[number] == "" || path == "own" && owners[number] != who:
	case path != "dropown":
		l.notes[number] = text
	}
}

func (l *noteboard) state() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprint(l.notes)
}

// A message that names an object of another's and changes it is proven by its owner's
// page, and what goes by the session or asks nobody is something else; all is put back,
// and nothing is destroyed without consent (R51).
func TestMessagesThatChangeObjectsOfOthers(t *testing.T) {
	l, app := newNoteboard(t)
	before := l.state()
	settled, remaining := intrude(t, app)
	holdAccess(t, []lab.TruthRow{
		{Endpoint: "GET /live/any", Weakness: "bola-write", Truth: lab.Vulnerable},
		{Endpoint: "GET /live/own", Weakness: "bola-write", Truth: lab.Safe},
		{Endpoint: "GET /live/mine", Weakness: "bola-write", Truth: lab.Safe, Note: "by the session"},
		{Endpoint: "GET /live/open", Weakness: "bola-write", Truth: lab.Safe, Note: "whoever asks: no matter of ownership"},
		{Endpoint: "GET /live/drop", Weakness: "bola-write", Truth: lab.Safe, Note: "not tried without consent"},
	}, settled)
	for _, f := range settled {
		if f.State == finding.Proven && f.Endpoint.Route != "/live/any" {
			t.Errorf("%s %s is proven: %s", f.Weakness, f.Endpoint, f.Why)
		}
		if f.State != finding.Proven {
			continue
		}
		for _, name := range []string{"idle", "legitimate", "broken-session"} {
			if !slices.ContainsFunc(f.Proof.Controls, func(c finding.Control) bool { return c.Name == name && c.Passed }) {
				t.Errorf("%s: the control %s is missing: %+v", f.Endpoint, name, f.Proof.Controls)
			}
		}
	}
	if after := l.state(); after != before {
		t.Errorf("the notes were %s and are %s: %+v", before, after, remaining)
	}
}

// With consent, an object that another destroys by a message is gone for its owner, and
// the ledger says so.
func TestMessagesThatDestroyObjectsOfOthers(t *testing.T) {
	l, app := newNoteboard(t)
	settled, remaining := intrudeWith(t, app, func(b *prove.Bench) { b.AllowDeletes = true })
	holdAccess(t, []lab.TruthRow{
		{Endpoint: "GET /live/drop", Weakness: "bola-write", Truth: lab.Vulnerable},
		{Endpoint: "GET /live/dropown", Weakness: "bola-write", Truth: lab.Safe},
	}, settled)
	if strings.Contains(l.state(), "fern") {
		t.Errorf("the notes are %s", l.state())
	}
	if !slices.ContainsFunc(remaining, func(m finding.Mutation) bool { return m.Endpoint.Route == "/live/drop" && len(m.Changes) > 0 }) {
		t.Errorf("nothing is said of what was destroyed: %+v", remaining)
	}
}
