package prove_test

import (
	"crypto/rand"
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
)

// A cabinet keeps a motto and a receipt for each of its users, behind endpoints
// that go by the session, and others that believe what the request says.
type cabinet struct {
	*httptest.Server

	mu       sync.Mutex
	sessions map[string]string
	mottos   map[string]string
	wall     []string
}

var receipts = map[string]struct{ owner, text string }{
	"3001": {"alice", "twelve envelopes, cream"}, "3002": {"bob", "one brass nib, medium"},
}

func newCabinet(t *testing.T) *cabinet {
	c := &cabinet{sessions: map[string]string{}, mottos: map[string]string{"alice": "festina lente", "bob": "per aspera"}, wall: []string{"alice: welcome"}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *cabinet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.Header().Set("Content-Type", "text/html")
	who := ""
	if cookie, err := r.Cookie("sid"); err == nil {
		who = c.sessions[cookie.Value]
	}
	switch {
	case r.URL.Path == "/login":
		c.login(w, r)
	case who == "":
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	case r.Method == http.MethodPost:
		c.post(w, r, who)
	default:
		c.page(w, who)
	}
}

func (c *cabinet) login(w http.ResponseWriter, r *http.Request) {
	if name := r.PostFormValue("username"); name != "" && r.PostFormValue("password") == name+"-pass" {
		id := rand.Text()
		c.sessions[id] = name
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: id, Path: "/"})
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	fmt.Fprint(w, `<form method=post><input name=username><input type=password name=password><button>Log in</button></form>`)
}

func (c *cabinet) post(w http.ResponseWriter, r *http.Request, who string) {
	receipt := receipts[r.PostFormValue("number")]
	switch r.URL.Path {
	case "/motto": // by the session
		c.mottos[who] = r.PostFormValue("motto")
	case "/mottoes": // by what the request says
		if user := r.PostFormValue("user"); c.mottos[user] != "" {
			c.mottos[user] = r.PostFormValue("motto")
		}
	case "/wall": // everybody's, signed by the session
		c.wall = append(c.wall, who+": "+r.PostFormValue("text"))
	case "/wall/remove":
		c.wall = slices.DeleteFunc(c.wall, func(line string) bool { return line == r.PostFormValue("line") })
	case "/receipts/show":
		fmt.Fprintf(w, "<p>%s", receipt.text)
		return
	case "/receipts/view":
		if receipt.owner == who {
			fmt.Fprintf(w, "<p>%s", receipt.text)
		}
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (c *cabinet) page(w http.ResponseWriter, who string) {
	fmt.Fprintf(w, "<title>Cabinet</title><p>Motto: %s</p>", html.EscapeString(c.mottos[who]))
	for _, path := range []string{"/motto", "/mottoes"} {
		fmt.Fprintf(w, "<form method=post action=%s><input type=hidden name=user value=%s><input name=motto value=%q><button>Save</button></form>", path, who, html.EscapeString(c.mottos[who]))
	}
	fmt.Fprintf(w, "<form method=post action=/wall><input type=hidden name=user value=%s><input name=text><button>Say</button></form><ul>", who)
	for _, line := range c.wall {
		line = html.EscapeString(line)
		fmt.Fprintf(w, "<li>%s<form method=post action=/wall/remove><input type=hidden name=line value=%q><button>Remove</button></form>", line, line)
	}
	fmt.Fprint(w, "</ul>")
	for number, r := range receipts {
		for _, path := range []string{"/receipts/show", "/receipts/view"} {
			if r.owner == who {
				fmt.Fprintf(w, "<form method=post action=%s><input type=hidden name=number value=%s><button>Show</button></form>", path, number)
			}
		}
	}
}

func (c *cabinet) state() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.mottos, c.wall)
}

// An identifier in a form's field counts where the application believes it, and
// nowhere else; what was changed of anybody's is put back (R51, R52).
func TestIdentifiersInFields(t *testing.T) {
	c := newCabinet(t)
	before := c.state()
	settled, _ := intrude(t, &lab.Instance{URL: c.URL, Identities: []lab.Identity{
		{Name: "alice", Username: "alice", Password: "alice-pass"}, {Name: "bob", Username: "bob", Password: "bob-pass"}}})
	holdAccess(t, []lab.TruthRow{
		{Endpoint: "POST /receipts/show", Weakness: "bola-read", Truth: lab.Vulnerable},
		{Endpoint: "POST /receipts/view", Weakness: "bola-read", Truth: lab.Safe},
		{Endpoint: "POST /mottoes", Weakness: "bola-write", Truth: lab.Vulnerable},
		{Endpoint: "POST /motto", Weakness: "bola-write", Truth: lab.Safe, Note: "by the session"},
		{Endpoint: "POST /wall", Weakness: "bola-write", Truth: lab.Safe, Note: "a wall is everybody's"},
	}, settled)
	for _, f := range settled {
		if f.State == finding.Proven && !strings.Contains("/receipts/show /mottoes", f.Endpoint.Route) {
			t.Errorf("%s %s is proven: %s", f.Weakness, f.Endpoint, f.Why)
		}
	}
	if after := c.state(); after != before {
		t.Errorf("state was %s and is %s", before, after)
	}
}
