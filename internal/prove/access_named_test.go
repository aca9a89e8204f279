package prove_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/websocket"
)

// A reading room hands out papers by a number in a header or in a message, to whoever
// asks at /api/paper and /live/paper, and only to their owner at /api/own and /live/own.
type readingRoom struct {
	mu       sync.Mutex
	sessions map[string]string
}

var papers = map[string]struct{ owner, text string }{
	"50010001": {"alice", "the will is in the third drawer"}, "50010002": {"bob", "the key hangs behind the clock"},
}

func (l *readingRoom) who(r *http.Request) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if cookie, err := r.Cookie("sid"); err == nil {
		return l.sessions[cookie.Value]
	}
	return ""
}

func (l *readingRoom) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who := l.who(r)
	switch {
	case r.URL.Path == "/login":
		l.login(w, r)
	case who == "":
		w.WriteHeader(http.StatusUnauthorized)
	case strings.HasPrefix(r.URL.Path, "/live/"):
		talkOfPapers(w, r, who, r.URL.Path == "/live/own")
	case strings.HasPrefix(r.URL.Path, "/api/"):
		w.Header().Set("Content-Type", "application/json")
		answerPaper(w, r.Header.Get("X-Paper"), who, r.URL.Path == "/api/own")
	case r.URL.Path == "/":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<title>Papers</title>", scriptOf(who))
	default:
		http.NotFound(w, r)
	}
}

func (l *readingRoom) login(w http.ResponseWriter, r *http.Request) {
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

func scriptOf(who string) string {
	script := ""
	for number, p := range papers {
		if p.owner != who {
			continue
		}
		for _, end := range []string{"paper", "own"} {
			script += fmt.Sprintf(`fetch("/api/%s", { headers: { "X-Paper": "%s" } });
const %[1]s = new WebSocket(location.origin.replace("http", "ws") + "/live/%[1]s");
%[1]s.onopen = () => %[1]s.send(JSON.stringify({ read: { paper_id: "%[2]s" } }));
`, end, number)
		}
	}
	return "<script>" + script + "</script>"
}

// paperFor is what who may read.
func paperFor(number, who string, ownOnly bool) map[string]string {
	p, there := papers[number]
	if !there || ownOnly && p.owner != who {
		return map[string]string{"error": "There is no such paper."}
	}
	return map[string]string{"number": number, "text": p.text}
}

func answerPaper(w http.ResponseWriter, number, who string, ownOnly bool) {
	_ = json.NewEncoder(w).Encode(paperFor(number, who, ownOnly))
}

func talkOfPapers(w http.ResponseWriter, r *http.Request, who string, ownOnly bool) {
	conn, err := websocket.Serve(w, r)
	if err != nil {
		return
	}
	defer conn.Close()
	for {
		message, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		var asked struct {
			Read struct {
				Paper string `json:"paper_id"`
			}
		}
		if json.Unmarshal([]byte(message), &asked) != nil {
			return
		}
		answer, _ := json.Marshal(paperFor(asked.Read.Paper, who, ownOnly)) // strings always encode
		if conn.Write(string(answer)) != nil {
			return
		}
	}
}

// Identifiers in headers and in messages are tried as another identity, and what goes
// by the session is left in peace (R51).
func TestIdentifiersInHeadersAndMessages(t *testing.T) {
	server := httptest.NewServer(&readingRoom{sessions: map[string]string{}})
	t.Cleanup(server.Close)
	settled, _ := intrude(t, &lab.Instance{URL: server.URL, Identities: []lab.Identity{
		{Name: "alice", Username: "alice", Password: "alice-pass"}, {Name: "bob", Username: "bob", Password: "bob-pass"}}})
	holdAccess(t, []lab.TruthRow{
		{Endpoint: "GET /api/paper", Weakness: "bola-read", Truth: lab.Vulnerable},
		{Endpoint: "GET /api/own", Weakness: "bola-read", Truth: lab.Safe},
		{Endpoint: "GET /live/paper", Weakness: "bola-read", Truth: lab.Vulnerable},
		{Endpoint: "GET /live/own", Weakness: "bola-read", Truth: lab.Safe},
	}, settled)
	for _, f := range settled {
		if f.State != finding.Proven {
			continue
		}
		if !strings.HasSuffix(f.Endpoint.Route, "/paper") {
			t.Errorf("%s %s is proven: %s", f.Weakness, f.Endpoint, f.Why)
		}
		if !slices.ContainsFunc(f.Proof.Steps, func(s finding.Step) bool { return strings.Contains(s.Request, "50010001") }) {
			t.Errorf("%s: no step shows the number: %+v", f.Endpoint, f.Proof.Steps)
		}
	}
}
