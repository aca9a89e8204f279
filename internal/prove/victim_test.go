package prove_test

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"

	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// A victim is an application with one endpoint for each way of being weak or
// safe. Its pages carry a clock, a counter and a nonce, as real ones do.
type victim struct {
	*httptest.Server
	cookie http.Cookie // attributes of the session cookie
	field  string      // name of the token

	onPost func() // hears of every request that may change something, nil for none

	mu       sync.Mutex
	sessions map[string]*login
	data     map[string]string // settings of alice
	rows     map[string]string // payees of alice
	log      []string          // what the application says of refused requests
	balance  int
	likes    int
	requests int
	logins   int
}

type login struct{ name, token string }

func newVictim(t testing.TB, cookie http.Cookie) *victim {
	v := &victim{cookie: cookie, field: "csrf", sessions: map[string]*login{}, rows: map[string]string{"p1": "Electric", "p2": "Landlord"}, balance: 5000,
		data: map[string]string{"motto": "festina lente", "light": "off", "colour": "red"}}
	v.Server = httptest.NewServer(http.HandlerFunc(v.serve))
	t.Cleanup(v.Close)
	return v
}

func (v *victim) serve(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.requests++
	if v.onPost != nil && r.Method == "POST" && r.URL.Path != "/login" {
		v.onPost()
	}
	who := v.who(r)
	switch {
	case r.URL.Path == "/login":
		v.login(w, r)
	case r.URL.Path == "/anonymous" && r.Method == "POST":
		v.data["motto"] = r.PostFormValue("motto")
		http.Redirect(w, r, "/", http.StatusSeeOther)
	case r.URL.Path == "/v1/me":
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v.data)
	case who == nil:
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	case r.URL.Path == "/step2":
		v.page(w, who, fmt.Sprintf(`<h1>Sure?</h1><form method=post action=/switch-safe><input type=hidden name=csrf value=%s><button>Yes, turn it</button></form>`, who.token))
	case r.Method == "POST", r.URL.Path == "/set":
		v.act(w, r, who)
	case strings.HasSuffix(r.URL.Path, "/delete"):
		v.page(w, who, v.confirm(who, r.URL.Path))
	case r.URL.Path == "/guarded":
		w.Header().Set("Content-Security-Policy", "frame-ancestors 'none'")
		v.page(w, who, v.home(who))
	case r.URL.Path == "/prefilled":
		v.page(w, who, fmt.Sprintf(`<p>Motto: %s</p><form method=post action=/tokened><input type=hidden name=csrf value=%s><input name=motto value=%q><button id=save>Save</button></form>`,
			html.EscapeString(v.data["motto"]), who.token, html.EscapeString(cmp.Or(r.URL.Query().Get("motto"), v.data["motto"]))))
	case r.URL.Path == "/step1":
		v.page(w, who, fmt.Sprintf(`<p>Light: %s</p><form method=post action=/step2><button id=first>Turn the light</button></form>`, v.data["light"]))
	default:
		v.page(w, who, v.home(who))
	}
}

func (v *victim) who(r *http.Request) *login {
	c, err := r.Cookie("sid")
	if err != nil {
		return nil
	}
	return v.sessions[c.Value]
}

func (v *victim) login(w http.ResponseWriter, r *http.Request) {
	if r.Method == "POST" && r.PostFormValue("password") == r.PostFormValue("username")+"-pass" {
		id := rand.Text()
		v.sessions[id] = &login{r.PostFormValue("username"), rand.Text()}
		v.logins++
		c := v.cookie
		c.Name, c.Value, c.Path, c.HttpOnly = "sid", id, "/", true
		http.SetCookie(w, &c)
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, `<form method=post><input name=username><input type=password name=password><button>Log in</button></form>`)
}

// allowed is what each endpoint asks of a request.
func (v *victim) allowed(r *http.Request, who *login) bool {
	token := r.PostFormValue(v.field)
	switch r.URL.Path {
	case "/tokened", "/polite", "/echo", "/transfer-safe", "/switch-safe":
		return token == who.token
	case "/unbound":
		for _, s := range v.sessions {
			if s.token == token {
				return true
			}
		}
		return false
	case "/origin":
		return r.Header.Get("Origin") == v.URL
	case "/prefix":
		return strings.HasPrefix(r.Header.Get("Origin"), "http://127.0.0.1") && r.Header.Get("Sec-Fetch-Site") != "same-site"
	case "/metadata":
		return r.Header.Get("Sec-Fetch-Site") == "same-origin"
	case "/header":
		return r.Header.Get("X-Token") == who.token
	}
	return true
}

func (v *victim) act(w http.ResponseWriter, r *http.Request, who *login) {
	path := r.URL.Path
	if !v.allowed(r, who) {
		switch path {
		case "/polite":
			v.page(w, who, "<p>Saved!</p>")
			return
		case "/echo":
			v.log = append(v.log, "refused: "+r.PostFormValue("motto"))
		}
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if who.name != "alice" {
		return
	}
	switch path {
	case "/transfer", "/transfer-safe":
		n, err := strconv.Atoi(r.PostFormValue("amount"))
		if err != nil || n <= 0 || n > v.balance {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		v.balance -= n
	case "/switch", "/switch-safe":
		v.data["light"] = map[string]string{"on": "off", "off": "on"}[v.data["light"]]
	case "/like":
		v.likes++
	case "/colour":
		v.data["colour"] = r.PostFormValue("colour")
	case "/set":
		v.data["colour"] = r.FormValue("colour")
	case "/payees":
		v.rows["p"+rand.Text()[:6]] = r.PostFormValue("name")
	case "/slow":
		motto := r.PostFormValue("motto")
		time.AfterFunc(150*time.Millisecond, func() { v.mu.Lock(); v.data["motto"] = motto; v.mu.Unlock() })
	case "/nowhere":
	case "/json":
		var body struct{ Motto string }
		if json.NewDecoder(r.Body).Decode(&body) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		v.data["motto"] = body.Motto
	default:
		if id, ok := strings.CutSuffix(strings.TrimPrefix(path, "/payees/"), "/delete"); ok {
			delete(v.rows, id)
			break
		}
		v.data["motto"] = r.PostFormValue("motto")
	}
	if path == "/late" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (v *victim) page(w http.ResponseWriter, who *login, body string) {
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, `<!doctype html><title>Victim</title><meta name=nonce content=%s><header>Logged in as %s</header><main>%s</main>
<footer><p>It is %s</p><p>Request number %d</p><p>Nonce %s</p></footer>`,
		rand.Text(), who.name, body, time.Now().Format("15:04:05.000"), v.requests, rand.Text())
}

// motto are the endpoints with a form for one text.
var motto = []string{"/open", "/tokened", "/unbound", "/origin", "/metadata", "/late", "/polite", "/echo", "/slow", "/nowhere", "/anonymous", "/prefix"}

func (v *victim) home(who *login) string {
	var b strings.Builder
	for _, path := range motto {
		fmt.Fprintf(&b, `<form method=post action=%s><input type=hidden name=%s value=%s><input name=motto value=%q><button>Save</button></form>`,
			path, v.field, who.token, html.EscapeString(v.data["motto"]))
	}
	for _, path := range []string{"/transfer", "/transfer-safe"} {
		fmt.Fprintf(&b, `<form method=post action=%s><input type=hidden name=csrf value=%s><input type=number name=amount min=1 max=100 required><button>Pay</button></form>`, path, who.token)
	}
	for _, path := range []string{"/switch", "/switch-safe", "/like"} {
		fmt.Fprintf(&b, `<form method=post action=%s><input type=hidden name=csrf value=%s><button id=%s>Do it</button></form>`, path, who.token, path[1:])
	}
	fmt.Fprintf(&b, `<form method=post action=/colour><select name=colour>`)
	for _, c := range []string{"red", "green", "blue"} {
		fmt.Fprintf(&b, `<option%s>%s`, map[bool]string{true: " selected"}[c == v.data["colour"]], c)
	}
	fmt.Fprintf(&b, `</select><button>Paint</button></form><form method=post action=/payees><input name=name required><button>Add</button></form><table>`)
	for id, name := range v.rows {
		fmt.Fprintf(&b, `<tr><td>%s<td><a href=/payees/%s/delete>delete</a>`, html.EscapeString(name), id)
	}
	fmt.Fprintf(&b, `</table><p>Balance: %d EUR</p><p>Light: %s</p><p>%d likes</p><ul class=log>`, v.balance, v.data["light"], v.likes)
	for _, line := range v.log {
		fmt.Fprintf(&b, `<li>%s`, html.EscapeString(line))
	}
	return b.String() + "</ul>"
}

func (v *victim) confirm(who *login, path string) string {
	id := strings.Split(path, "/")[2]
	return fmt.Sprintf(`<h1>Delete %s?</h1><form method=post action=%q><button id=yes>Delete</button></form>`, html.EscapeString(v.rows[id]), path)
}

// form is the action of one of the victim's forms.
func (v *victim) form(path string, fields ...finding.Field) finding.Action {
	return finding.Action{Method: "POST", URL: v.URL + path, Route: path, Encoding: finding.EncodingURL, Fields: fields, Page: v.URL + "/", Source: "form"}
}

var (
	tokenField = finding.Field{Name: "csrf", Type: "hidden", Value: "«token:1»", Token: true}
	mottoField = finding.Field{Name: "motto", Type: "text"}
)

func forge(a finding.Action, variants ...finding.Variant) finding.Finding {
	if len(variants) == 0 {
		variants = []finding.Variant{{Name: "as it is"}}
		for _, f := range a.Fields {
			if f.Token {
				variants = []finding.Variant{{Name: "absent", Token: finding.TokenAbsent}, {Name: "empty", Token: finding.TokenEmpty}, {Name: "wrong", Token: finding.TokenWrong}}
			}
		}
	}
	return finding.Finding{ID: "csrf-1", Weakness: finding.CSRF, Endpoint: a.Endpoint(), State: finding.Suspected,
		Plan: &finding.Plan{Kind: finding.PlanForge, Victim: "alice", Action: a, Variants: variants}}
}

// rig logs alice and bob in, and tells the bench what a crawl would have seen.
func (v *victim) rig(t testing.TB) *rig {
	r := newRig(t, v.URL, person("alice", "alice-pass"), person("bob", "bob-pass"))
	see := func(path, route, kind string) *observe.Exchange {
		return &observe.Exchange{Identity: "alice", Method: "GET", URL: v.URL + path, Route: route, Purpose: "crawl", Status: 200, Type: kind}
	}
	r.bench.Site.Identities = []string{"", "alice", "bob"}
	r.bench.Site.Exchanges = []*observe.Exchange{see("/", "/", "text/html")}
	r.bench.Site.Actions = []finding.Action{v.form("/payees", finding.Field{Name: "name", Type: "text", Required: true}), v.deletion()}
	return r
}

func (v *victim) deletion() finding.Action {
	a := v.form("/payees/p1/delete")
	a.Route, a.Page = "/payees/{id}/delete", v.URL+"/payees/p1/delete"
	return a
}

// state is what must be the same after a test as before.
func (v *victim) state() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return fmt.Sprint(v.data, v.rows)
}

var anywhere = http.Cookie{SameSite: http.SameSiteNoneMode, Secure: true}
