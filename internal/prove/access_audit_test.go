package prove_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/lab"
)

// A counter has two pages called like an administrator's that only its OpenAPI document
// and the administrator's home name: the audit tells of everybody's money, the hours
// tell of nobody. Open, it serves both to everybody who is logged in.
type counter struct {
	open     bool
	mu       sync.Mutex
	sessions map[string]string
}

var savings = map[string]string{"alice": "Alice Archer keeps 1240 crowns", "bob": "Bob Baker keeps 2600 crowns"}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	who := ""
	if cookie, err := r.Cookie("sid"); err == nil {
		who = c.sessions[cookie.Value]
	}
	w.Header().Set("Content-Type", "text/html")
	switch path := r.URL.Path; {
	case path == "/openapi.json":
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"openapi": "3.0.0", "info": {"title": "c", "version": "1"}, "paths": {`+
			`"/admin/audit": {"get": {"responses": {"200": {"description": "ok"}}}}, "/admin/hours": {"get": {"responses": {"200": {"description": "ok"}}}}, `+
			`"/admin/keys": {"get": {"responses": {"200": {"description": "ok"}}}}}}`)
	case path == "/login" && r.PostFormValue("password") != "" && r.PostFormValue("password") == r.PostFormValue("username")+"-pass":
		id := rand.Text()
		c.sessions[id] = r.PostFormValue("username")
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: id, Path: "/"})
		http.Redirect(w, r, "/", http.StatusSeeOther)
	case path == "/login":
		fmt.Fprint(w, `<form method=post><input name=username><input type=password name=password><button>Log in</button></form>`)
	case who == "":
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	case path == "/":
		fmt.Fprintf(w, "<title>Counter</title><p>Good day</p><p>%s</p>", savings[who])
		if who == "root" {
			fmt.Fprint(w, `<a href=/admin/audit>Audit</a> <a href=/admin/hours>Hours</a> <a href=/admin/keys>Keys</a>`)
		}
	case strings.HasPrefix(path, "/admin/") && who != "root" && (!c.open || path == "/admin/keys"):
		w.WriteHeader(http.StatusForbidden)
	case path == "/admin/audit":
		fmt.Fprintf(w, "<title>Audit</title><ul><li>%s, calls often</li><li>%s, owes a favour</li></ul>", savings["alice"], savings["bob"])
	case path == "/admin/hours":
		fmt.Fprint(w, "<title>Hours</title><p>The counter opens at nine and closes at noon</p>")
	case path == "/admin/keys":
		fmt.Fprint(w, "<title>Keys</title><p>The key is under the mat</p>")
	default:
		http.NotFound(w, r)
	}
}

// An administrator's page that nothing but a document names is found where it tells of
// others, and a page for everybody who is logged in is none, whatever it is called (R49).
func TestAdministratorsPagesThatOnlyADocumentNames(t *testing.T) {
	for name, open := range map[string]bool{"weak": true, "repaired": false} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(&counter{open: open, sessions: map[string]string{}})
			t.Cleanup(server.Close)
			var crew []lab.Identity
			for _, who := range []string{"alice", "bob", "root"} {
				crew = append(crew, lab.Identity{Name: who, Username: who, Password: who + "-pass"})
			}
			settled, _ := intrude(t, &lab.Instance{URL: server.URL, Identities: crew})
			truth := map[bool]string{true: lab.Vulnerable, false: lab.Safe}[open]
			holdAccess(t, []lab.TruthRow{
				{Endpoint: "GET /admin/audit", Weakness: "auth-function", Truth: truth},
				{Endpoint: "GET /admin/hours", Weakness: "auth-function", Truth: lab.Safe, Note: "for everybody"},
				{Endpoint: "GET /admin/keys", Weakness: "auth-function", Truth: lab.Safe},
			}, settled)
		})
	}
}
