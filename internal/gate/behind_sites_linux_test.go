package gate_test

import (
	"bufio"
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

	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/lab"
)

// R100: the bank opens its chat to any page that a customer visits; behind the guard
// only to its own.
func (l *guardedLab) testSocket(t *testing.T) {
	bank, g := l.before(t, "fastapi", "weak")
	cookie := session(t, bank)
	for _, test := range []struct {
		name, at, origin string
		want             int
	}{
		{"its own page", g.url, g.url, 101},
		{"a foreign page without the guard", bank.URL, "https://evil.example", 101}, // the control
		{"a foreign page", g.url, "https://evil.example", 403},
		{"a page of no origin", g.url, "null", 403},
		{"the application's other address", g.url, bank.URL, 403},
		{"no page", g.url, "", 403},
	} {
		res, first := shakeHands(t, test.at, cookie, test.origin)
		if res.StatusCode != test.want {
			t.Errorf("%s: got %d, want %d", test.name, res.StatusCode, test.want)
			continue
		}
		if test.want == 101 && !strings.Contains(first, "Hello, ") {
			t.Errorf("%s: the chat says %q", test.name, first)
		}
		if test.want == 403 && res.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: refused without our headers: %v", test.name, res.Header)
		}
	}
}

// session logs alice in at the application itself and gives her cookies.
func session(t *testing.T, app *lab.Instance) string {
	t.Helper()
	req, err := http.NewRequest("POST", app.URL+"/login", strings.NewReader(url.Values{
		"username": {app.Identities[0].Username}, "password": {app.Identities[0].Password}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var pairs []string
	for _, c := range res.Cookies() {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	if len(pairs) == 0 {
		t.Fatalf("alice cannot log in: %d", res.StatusCode)
	}
	return strings.Join(pairs, "; ")
}

// shakeHands asks for the chat's socket, and reads what the chat says first.
func shakeHands(t *testing.T, at, cookie, origin string) (res *http.Response, first string) {
	t.Helper()
	host := strings.TrimPrefix(at, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	lines := "GET /chat/socket HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bWFudGxldCBtYW50bGV0IQ==\r\nCookie: " + cookie + "\r\n"
	if origin != "" {
		lines += "Origin: " + origin + "\r\n"
	}
	io.WriteString(conn, lines+"\r\n")
	in := bufio.NewReader(conn)
	if res, err = http.ReadResponse(in, nil); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		return res, ""
	}
	head, err := in.Peek(2) // a short text frame: kind and length
	if err != nil {
		t.Fatal(err)
	}
	frame := make([]byte, 2+int(head[1]&0x7f))
	if _, err := io.ReadFull(in, frame); err != nil {
		t.Fatal(err)
	}
	return res, string(frame[2:])
}

// R81, R89: what people do in a real browser, which sends what no client of a test
// would think of.
func (l *guardedLab) testBrowser(t *testing.T) {
	if _, err := browser.Find(os.Getenv("MANTLET_BROWSER")); err != nil && !required() {
		t.Skip(err)
	}
	b, err := browser.Start(t.Context(), browser.Options{Path: os.Getenv("MANTLET_BROWSER"), Patience: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	t.Run("Django's administration", func(t *testing.T) { l.testAdministration(t, b) })
	t.Run("forms of Flask", func(t *testing.T) { l.testForms(t, b) })
	t.Run("scripts of the bank", func(t *testing.T) { l.testScripts(t, b) })
}

func (l *guardedLab) testAdministration(t *testing.T, b *browser.Browser) {
	for mode, name := range map[string]string{"--inject-tokens=true": "weavers", "--inject-tokens=false": "dyers"} {
		t.Run(mode, func(t *testing.T) {
			clinic, g := l.before(t, "django", "repaired", mode)
			v := visit(t, b, g.url+"/admin/")
			v.submit("#login-form [type=submit]", "Site administration", map[string]string{
				"#id_username": "admin", "#id_password": clinic.Identities[2].Password})
			v.open(g.url + "/admin/auth/group/add/")
			v.submit("[name=_continue]", "You may edit it again below", map[string]string{"#id_name": name})
			v.submit("[name=_save]", "was changed successfully", map[string]string{"#id_name": "former " + name})
			v.submit("#result_list tbody th a", "Change group", nil)
			v.open(g.url + "/admin/auth/group/")
			if list := v.text(); strings.Count(list, name) != 1 || !strings.Contains(list, "former "+name) {
				t.Errorf("the groups are: %s", list)
			}
			var background string
			v.eval("getComputedStyle(document.querySelector('#header')).backgroundColor", &background)
			if background == "" || background == "rgba(0, 0, 0, 0)" {
				t.Errorf("the administration has no style: %q", background)
			}
		})
	}
}

// The tracker's weak form has no token. On a strict path it needs one: the guard's,
// which is in the page if the guard may put it there.
func (l *guardedLab) testForms(t *testing.T, b *browser.Browser) {
	const email = "form[action='/account/email'] "
	for _, inject := range []bool{false, true} {
		t.Run(fmt.Sprintf("tokens put into pages: %v", inject), func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "guard.yaml")
			text := fmt.Sprintf("policy: {strict_paths: [/account]}\ncookies: {session: [tracker_session]}\ntokens: {inject: %v}\n", inject)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			tracker, g := l.before(t, "flask", "weak", "--config", file)
			v := visit(t, b, g.url+"/login")
			v.submit("form[action='/login'] button", "Hello, ", map[string]string{
				"[name=username]": "alice", "[name=password]": tracker.Identities[0].Password})
			v.open(g.url + "/account")
			if !inject {
				v.submit(email+"button", "missing-token", map[string]string{email + "[name=value]": "new@mail.example"})
				v.open(g.url + "/account")
				if strings.Contains(v.text(), "new@mail.example") {
					t.Error("refused and done all the same")
				}
				return
			}
			v.submit(email+"button", "new@mail.example", map[string]string{email + "[name=value]": "new@mail.example"})
			// A form of Flask-WTF with its own token, of which nothing may be lost.
			const language = "form[action='/account/language'] "
			v.submit(language+"button", "Old Norse", map[string]string{language + "[name=value]": "Old Norse"})
		})
	}
}

func (l *guardedLab) testScripts(t *testing.T, b *browser.Browser) {
	bank, g := l.before(t, "fastapi", "weak", "--inject-tokens")
	v := visit(t, b, g.url+"/login")
	v.submit("form[action='/login'] button", "Hello, ", map[string]string{
		"[name=username]": "alice", "[name=password]": bank.Identities[0].Password})
	v.open(g.url + "/preferences")
	const currency = "form[data-endpoint='/api/preferences'] "
	v.submit(currency+"button", "Saved.", map[string]string{currency + "[name=currency]": "florin"})
	v.open(g.url + "/rates")
	v.until("4.2 %")
	v.open(g.url + "/chat")
	v.until("Hello, ")
	v.submit("#say button", "is anybody there", map[string]string{"#say [name=text]": "is anybody there"})
}

// A visitor is one person at one tab.
type visitor struct {
	t    *testing.T
	page *browser.Page
}

func visit(t *testing.T, b *browser.Browser, url string) visitor {
	t.Helper()
	c, err := b.Context(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	p, err := c.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return visitor{t, p}
}

func (v visitor) open(url string) {
	v.t.Helper()
	if err := v.page.Goto(v.t.Context(), url); err != nil {
		v.t.Fatal(err)
	}
}

func (v visitor) eval(script string, out any) {
	v.t.Helper()
	if err := v.page.Eval(v.t.Context(), script, out); err != nil {
		v.t.Fatal(err)
	}
}

// text is what the page shows, "" while it changes to another.
func (v visitor) text() string {
	var text string
	if err := v.page.Eval(v.t.Context(), "document.body.innerText", &text); err != nil {
		return ""
	}
	return text
}

// submit fills fields, presses button and waits until the page shows what is expected.
func (v visitor) submit(button, expected string, fields map[string]string) {
	v.t.Helper()
	v.settle()
	for selector, value := range fields {
		if err := v.page.Fill(v.t.Context(), selector, value); err != nil {
			v.t.Fatal(err)
		}
	}
	if found, err := v.page.ClickOn(v.t.Context(), button); err != nil || !found {
		v.t.Fatalf("press %s: %v, %v", button, found, err)
	}
	v.until(expected)
}

// settle waits until the page is whole and painted: earlier clicks miss.
func (v visitor) settle() {
	v.t.Helper()
	var state string
	for state != "complete" {
		v.eval("document.readyState", &state)
		if err := v.page.Settle(v.t.Context()); err != nil {
			v.t.Fatal(err)
		}
	}
	if _, err := v.page.Screenshot(v.t.Context()); err != nil {
		v.t.Fatal(err)
	}
}

func (v visitor) until(expected string) {
	v.t.Helper()
	for end := time.Now().Add(time.Minute); !strings.Contains(v.text(), expected); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			v.t.Fatalf("the page never shows %q:\n%s", expected, v.text())
		}
	}
}
