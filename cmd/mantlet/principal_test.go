package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/internal/dynamotest"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/policy"
	"github.com/mantlet-dev/mantlet/session"
	"github.com/mantlet-dev/mantlet/session/dynamo"
)

const (
	principalKey = "the-key-of-guard-and-application"
	notebookHost = "notebook.localhost" // the lab's applications answer to names below localhost
)

// A notebook is one of the lab's applications, which has no sessions for it, behind
// mantlet guard, which has.
type notebook struct {
	t          *testing.T
	app, guard string // addresses
	sessions   *session.Manager
	faults     *dynamotest.Faults
}

// R82, R83, R96, R100, R106, R108, R112: a Python application hears from the guard who
// is logged in and from nobody else, and keeps items to their owners.
func TestPythonApplicationsHearWhoIsLoggedIn(t *testing.T) {
	endpoint := dynamotest.Endpoint(t)
	t.Setenv("PRINCIPAL_KEY", principalKey) // for the applications
	t.Setenv("AWS_ACCESS_KEY_ID", "local")  // else the SDK looks for some beyond this machine
	t.Setenv("AWS_SECRET_ACCESS_KEY", "local")
	for _, framework := range lab.Frameworks() {
		t.Run(framework, func(t *testing.T) {
			n := newNotebook(t, framework, endpoint)
			n.testHeaders()
			alice := n.testLogin()
			n.testNotes(alice)
			n.testAround()
			if framework == "fastapi" {
				n.testSocket(alice)
			}
			n.testEnds(alice)
		})
	}
}

func newNotebook(t *testing.T, framework, endpoint string) *notebook {
	t.Helper()
	table := dynamotest.Name("notebook")
	client := dynamotest.Client(endpoint)
	dynamotest.Drop(t, client, table)
	if out, err := tables(t, "create", table, "--endpoint", endpoint, "--region", "us-east-1"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	store, err := dynamo.Open(t.Context(), client, dynamo.Config{Table: table})
	if err != nil {
		t.Fatal(err)
	}
	n := &notebook{t: t, faults: dynamotest.NewFaults(t, endpoint)}
	if n.sessions, err = session.New(session.Options{Store: store}); err != nil {
		t.Fatal(err)
	}
	app, err := lab.Start(t.Context(), framework, lab.Options{
		Dir: "../..", Variant: "repaired", DynamoDB: &lab.DynamoDB{Endpoint: endpoint, Region: "us-east-1"}, Log: t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Stop() })
	file := filepath.Join(t.TempDir(), "guard.yaml")
	text := fmt.Sprintf(`
upstream: %s
listen: 127.0.0.1:0
policy: {hosts: ["http://%s"]}
principal:
  keys: [PRINCIPAL_KEY]
  audience: notebook
  sessions: {table: %s, endpoint: "%s", insecure_http: a test without certificates, logins: true}
`, app.URL, notebookHost, table, n.faults.Endpoint)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	line := guardingWith(t, map[string]string{"PRINCIPAL_KEY": principalKey}, "--config", file)()
	n.app, n.guard = hostOf(t, app.URL), hostOf(t, address(t, line))
	return n
}

func hostOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// said is one answer.
type said struct {
	status int
	header http.Header
	body   map[string]any
}

func (s said) user() any { return s.body["user"] }

// ask sends a request as the application's own page would, header lines as they stand.
func (n *notebook) ask(addr, method, path, cookie, body string, lines ...string) said {
	n.t.Helper()
	conn := n.open(addr)
	defer conn.Close()
	head := []string{method + " /notebook" + path + " HTTP/1.1", "Host: " + notebookHost, "Connection: close", "Content-Type: application/json",
		fmt.Sprintf("Content-Length: %d", len(body))}
	if cookie != "" {
		head = append(head, "Cookie: "+cookie)
	}
	if !strings.Contains(strings.Join(lines, "\n"), "Origin:") {
		head = append(head, "Origin: http://"+notebookHost)
	}
	fmt.Fprintf(conn, "%s\r\n\r\n%s", strings.Join(append(head, lines...), "\r\n"), body)
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		n.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	answer := said{status: res.StatusCode, header: res.Header}
	json.Unmarshal(text, &answer.body) // a page of the guard's is none
	return answer
}

func (n *notebook) open(addr string) net.Conn {
	n.t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		n.t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(60 * time.Second))
	return conn
}

func (n *notebook) me(cookie string, lines ...string) any {
	n.t.Helper()
	answer := n.ask(n.guard, "GET", "/me", cookie, "", lines...)
	if answer.status != http.StatusOK {
		n.t.Fatalf("GET /me: got %d", answer.status)
	}
	return answer.user()
}

func (n *notebook) logIn(user string) (cookie string) {
	n.t.Helper()
	answer := n.ask(n.guard, "POST", "/login", "", fmt.Sprintf(`{"username": %q, "password": "%s-lab-password"}`, user, user))
	if answer.status != http.StatusOK || answer.header.Get("Mantlet-Session") != "" {
		n.t.Fatalf("login: got %d %v", answer.status, answer.header)
	}
	for _, c := range (&http.Response{Header: answer.header}).Cookies() {
		if c.Name == "session" && c.HttpOnly && c.SameSite == http.SameSiteLaxMode {
			return c.Name + "=" + c.Value
		}
	}
	n.t.Fatalf("login: no session cookie in %v", answer.header)
	return ""
}

func (n *notebook) is(what string, got, want any) {
	n.t.Helper()
	if got != want {
		n.t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// testHeaders puts in front of the guard, and of the application itself, what
// clients may claim.
func (n *notebook) testHeaders() {
	now := func(edit func(*guard.PrincipalHeader)) string {
		h := guard.PrincipalHeader{Audience: "notebook", Keys: [][]byte{[]byte(principalKey)}, Life: time.Hour}
		edit(&h)
		return "Mantlet-Principal: " + spoken(n.t, h)
	}
	genuine := now(func(*guard.PrincipalHeader) {})
	n.is("nobody", n.me(""), nil)
	for name, lines := range map[string][]string{
		"bare": {"Mantlet-Principal: admin"}, "lower case": {"mantlet-principal: admin"}, "underscore": {"Mantlet_Principal: admin"},
		"genuine, from outside": {genuine}, "underscore and genuine": {strings.Replace(genuine, "-", "_", 1)}, "twice": {genuine, genuine},
		"hop by hop": {genuine, "Connection: Mantlet-Principal"},
	} {
		n.is("through the guard, "+name, n.me("", lines...), nil)
	}
	n.is("past the guard, genuine", n.ask(n.app, "GET", "/me", "", "", genuine).user(), "mallory")
	for name, line := range map[string]string{
		"forged":          "Mantlet-Principal: admin",
		"wrong signature": genuine[:len(genuine)-2] + "AA",
		"wrong key":       now(func(h *guard.PrincipalHeader) { h.Keys = [][]byte{[]byte(strings.Repeat("x", 32))} }),
		"another's":       now(func(h *guard.PrincipalHeader) { h.Audience = "bank" }),
		"twice":           genuine + "\r\n" + genuine,
		"expired by then": now(func(h *guard.PrincipalHeader) { h.Life = time.Second }),
	} {
		if name == "expired by then" {
			time.Sleep(2100 * time.Millisecond)
		}
		n.is("past the guard, "+name, n.ask(n.app, "GET", "/me", "", "", line).status, http.StatusUnauthorized)
	}
}

// spoken is what a guard with this header says of mallory to an application.
func spoken(t *testing.T, h guard.PrincipalHeader) (line string) {
	t.Helper()
	g, err := guard.New(policy.Rules{}, guard.Options{Principals: guard.Principals{PrincipalHeader: h, Of: func(*http.Request) (string, error) { return "mallory", nil }}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest("GET", "http://"+notebookHost+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	g.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { line = r.Header.Get("Mantlet-Principal") })).ServeHTTP(discard{}, r)
	return line
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func (n *notebook) testLogin() (alice string) {
	n.is("wrong password", n.ask(n.guard, "POST", "/login", "", `{"username": "alice", "password": "x"}`).status, http.StatusUnauthorized)
	forged := n.ask(n.guard, "POST", "/login", "", `{"username": "bob", "password": "bob-lab-password"}`, "Origin: http://evil.example")
	n.is("forged login", forged.status, http.StatusForbidden)
	n.is("its cookie", forged.header.Get("Set-Cookie"), "")
	alice = n.logIn("alice")
	n.is("logged in", n.me(alice), "alice")
	n.is("and claiming more", n.me(alice, "Mantlet-Principal: admin", "Mantlet_Principal: admin"), "alice")
	list, err := n.sessions.List(n.t.Context(), "alice")
	if err != nil || len(list) != 1 {
		n.t.Errorf("the table has %d sessions of alice, %v", len(list), err)
	}
	return alice
}

func (n *notebook) testNotes(alice string) {
	bob := n.logIn("bob")
	made := n.ask(n.guard, "POST", "/notes", alice, `{"text": "one"}`)
	n.is("create", made.status, http.StatusCreated)
	note := fmt.Sprint("/notes/", made.body["note_id"])
	n.is("read", n.ask(n.guard, "GET", note, alice, "").body["text"], "one")
	n.is("read, logged out", n.ask(n.guard, "GET", note, "", "").status, http.StatusUnauthorized)
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		foreign, missing := n.ask(n.guard, method, note, bob, `{"text": "x"}`), n.ask(n.guard, method, "/notes/none", bob, `{"text": "x"}`)
		n.is(method+" of another's", foreign.status, http.StatusNotFound)
		n.is(method+" of another's and of none", fmt.Sprint(foreign.body), fmt.Sprint(missing.body))
	}
	n.is("forged change", n.ask(n.guard, "PUT", note, alice, `{"text": "x"}`, "Origin: http://evil.example").status, http.StatusForbidden)
	n.is("read again", n.ask(n.guard, "GET", note, alice, "").body["text"], "one")
}

// testAround: the application's own pages and sessions work as before.
func (n *notebook) testAround() {
	conn := n.open(n.guard)
	defer conn.Close()
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", notebookHost)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		n.t.Fatal(err)
	}
	defer res.Body.Close()
	n.is("the application's own page", res.StatusCode, http.StatusOK)
}

func (n *notebook) testSocket(alice string) {
	shake := func(addr, origin string, lines ...string) (status int, first string) {
		conn := n.open(addr)
		defer conn.Close()
		fmt.Fprintf(conn, "GET /notebook/socket HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: %s\r\n%s\r\n\r\n", notebookHost, origin, strings.Join(lines, "\r\n"))
		in := bufio.NewReader(conn)
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			n.t.Fatal(err)
		}
		if res.StatusCode != http.StatusSwitchingProtocols {
			return res.StatusCode, ""
		}
		frame := make([]byte, 2)
		if _, err := io.ReadFull(in, frame); err != nil {
			n.t.Fatal(err)
		}
		text := make([]byte, frame[1])
		if _, err := io.ReadFull(in, text); err != nil {
			n.t.Fatal(err)
		}
		return res.StatusCode, string(text)
	}
	own := "http://" + notebookHost
	genuine := "Mantlet-Principal: " + spoken(n.t, guard.PrincipalHeader{Audience: "notebook", Keys: [][]byte{[]byte(principalKey)}, Life: time.Hour})
	for name, test := range map[string]struct {
		addr, origin, line, want string
		status                   int
	}{
		"own page":                 {n.guard, own, "Cookie: " + alice, "hello alice", 101},
		"foreign page":             {n.guard, "http://evil.example", "Cookie: " + alice, "", 403},
		"nobody":                   {n.guard, own, "Mantlet-Principal: admin", "", 403},
		"past the guard, own page": {n.app, own, genuine, "hello mallory", 101},
		"past the guard, foreign":  {n.app, own + ".evil.example", genuine, "", 403},
	} {
		status, first := shake(test.addr, test.origin, test.line)
		n.is(name, status, test.status)
		n.is(name, first, test.want)
	}
}

// testEnds: a table that fails is no logout; a revocation and a logout are.
func (n *notebook) testEnds(alice string) {
	n.faults.Plan(dynamotest.Always(dynamotest.Throttle))
	answer := n.ask(n.guard, "GET", "/me", alice, "")
	n.is("the table fails", answer.status, http.StatusServiceUnavailable)
	n.is("Retry-After is there", answer.header.Get("Retry-After") != "", true)
	n.is("the table fails, nobody's request", n.me(""), nil)
	n.faults.Plan(nil)
	n.is("the table is back", n.me(alice), "alice")
	n.is("logout", n.ask(n.guard, "POST", "/logout", alice, "{}").status, http.StatusOK)
	n.is("logged out", n.me(alice), nil)
	again := n.logIn("alice")
	if err := n.sessions.RevokeUser(n.t.Context(), "alice"); err != nil {
		n.t.Fatal(err)
	}
	n.is("revoked", n.me(again), nil)
}
