package prove_test

import (
	"crypto/rand"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/lab"
)

// A till takes coupons for credit: /checked looks first and marks afterwards, /marked
// does both in one step, /always knows no limit, /valued marks in one step coupons
// whose worth doubles from one to the next, and /counted marks in one step and counts
// every request, refused ones too.
type till struct {
	mu       sync.Mutex
	sessions map[string]string
	coupons  map[string][]*coupon // by kind
	credit   int
	asked    int
}

type coupon struct {
	text  string
	worth int
	used  bool
}

var tillKinds = []string{"checked", "marked", "always", "valued", "counted"}

func newTill(t *testing.T) *lab.Instance {
	l := &till{sessions: map[string]string{}, coupons: map[string][]*coupon{}}
	for _, kind := range tillKinds {
		l.add(kind, "the first of "+kind)
	}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return &lab.Instance{URL: server.URL, Identities: []lab.Identity{{Name: "alice", Username: "alice", Password: "alice-pass"}}}
}

func (l *till) add(kind, text string) {
	worth := 5
	if kind == "valued" {
		worth = 5 << len(l.coupons[kind])
	}
	l.coupons[kind] = append(l.coupons[kind], &coupon{text: text, worth: worth})
}

func (l *till) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	l.mu.Lock()
	who := ""
	if cookie, err := r.Cookie("sid"); err == nil {
		who = l.sessions[cookie.Value]
	}
	l.mu.Unlock()
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Path == "/login":
		l.login(w, r)
	case who == "":
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	case r.URL.Path == "/":
		l.page(w)
	case r.Method != http.MethodPost || !slices.Contains(tillKinds, parts[0]):
		http.NotFound(w, r)
	case len(parts) == 1:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.add(parts[0], r.PostFormValue("text"))
		http.Redirect(w, r, "/", http.StatusSeeOther)
	default:
		l.redeem(w, r, parts[0], parts[1])
	}
}

func (l *till) login(w http.ResponseWriter, r *http.Request) {
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

func (l *till) page(w http.ResponseWriter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(w, "<title>Till</title><h2>Credit: %d EUR</h2><p>Asked: %d</p>", l.credit, l.asked)
	for _, kind := range tillKinds {
		fmt.Fprintf(w, "<form method=post action=/%s><input name=text><button>Keep</button></form><ul>", kind)
		for i, c := range l.coupons[kind] {
			fmt.Fprintf(w, "<li>%s<form method=post action=/%s/%d/redeem><button>Redeem</button></form></li>", html.EscapeString(c.text), kind, 1000+i)
		}
		fmt.Fprint(w, "</ul>")
	}
}

func (l *till) redeem(w http.ResponseWriter, r *http.Request, kind, number string) {
	n, err := strconv.Atoi(number)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil || n < 1000 || n-1000 >= len(l.coupons[kind]) {
		http.NotFound(w, r)
		return
	}
	c := l.coupons[kind][n-1000]
	if kind == "counted" {
		l.asked++
	}
	if c.used && kind != "always" {
		w.WriteHeader(http.StatusConflict)
		return
	}
	if kind == "checked" {
		l.mu.Unlock()
		time.Sleep(100 * time.Millisecond) // somebody else is asked
		l.mu.Lock()
	}
	c.used = true
	l.credit += c.worth
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// What is checked first and done afterwards is proven by the state, and neither what is
// done in one step, nor what has no limit, nor coupons of different worth, nor a
// counter of requests passes for it (R51: the race of issue 4).
func TestLimitsThatAreCheckedFirst(t *testing.T) {
	settled, remaining := intrude(t, newTill(t))
	var rows []lab.TruthRow
	for _, kind := range tillKinds {
		row := lab.TruthRow{Endpoint: "POST /" + kind + "/{id}/redeem", Weakness: "race-condition", Truth: lab.Safe}
		if kind == "checked" {
			row.Truth = lab.Vulnerable
		}
		rows = append(rows, row)
	}
	holdAccess(t, rows, settled)
	for _, f := range settled {
		if f.Weakness != finding.RaceCondition || f.State != finding.Proven {
			continue
		}
		if len(f.Proof.Controls) < 4 || slices.ContainsFunc(f.Proof.Controls, func(c finding.Control) bool { return !c.Passed }) || len(f.Proof.Changes) == 0 {
			t.Errorf("the proof is %+v", f.Proof)
		}
		if f.Severity != finding.Medium {
			t.Errorf("it is rated %s", f.Severity)
		}
	}
	if !slices.ContainsFunc(remaining, func(m finding.Mutation) bool { return m.Endpoint.Route == "/checked/{id}/redeem" }) {
		t.Errorf("the ledger does not say what stands: %+v", remaining)
	}
}
