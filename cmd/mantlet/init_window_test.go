package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/websocket"

	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/config"
	"github.com/mantlet-dev/mantlet/internal/lab"
)

// A seat is where a test sits in front of the window that Mantlet opens: it looks at it
// and clicks through the protocol of developer tools, on a screen of its own.
type seat struct {
	program string // the browser, with a way in
	port    int
}

// takeSeat gives a screen: a virtual one where there is Xvfb, else none, with a browser
// that shows its windows to nobody.
func takeSeat(t *testing.T) seat {
	t.Helper()
	needsBrowser(t)
	path, err := browser.Find(os.Getenv("MANTLET_BROWSER"))
	if err != nil {
		t.Fatal(err)
	}
	s := seat{program: filepath.Join(t.TempDir(), "browser"), port: freePort(t)}
	hidden := ""
	if screen := virtualScreen(t); screen != "" {
		t.Setenv("DISPLAY", screen)
	} else {
		t.Setenv("DISPLAY", ":none")
		hidden = "--headless=new "
	}
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' %s--remote-allow-origins=http://127.0.0.1 --remote-debugging-port=%d \"$@\"\n", path, hidden, s.port)
	if err := os.WriteFile(s.program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return s
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// virtualScreen starts one, "" where that cannot be done.
func virtualScreen(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("Xvfb")
	if err != nil {
		return ""
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	x := exec.Command(path, "-displayfd", "3", "-screen", "0", "1400x900x24", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{write}
	if err := x.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Process.Kill(); x.Wait() })
	write.Close()
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatalf("no screen: %v", err)
	}
	return ":" + strings.TrimSpace(number)
}

// A user sits at the seat, in front of one tab.
type user struct {
	t         *testing.T
	conn      *websocket.Conn
	next      int
	interrupt func() // Ctrl-C in the terminal
}

// sit connects to the first tab of the window as soon as it shows something of url.
func (s seat) sit(t *testing.T, url string) *user {
	t.Helper()
	for range 300 {
		for _, tab := range s.tabs(t) {
			if tab.Type != "page" || !strings.HasPrefix(tab.URL, url) {
				continue
			}
			conn, err := websocket.Dial(tab.Socket, "", "http://127.0.0.1")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			u := &user{t: t, conn: conn}
			// A screen without a window manager gives nobody the keyboard.
			u.do("Emulation.setFocusEmulationEnabled", map[string]any{"enabled": true})
			return u
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatal("the window does not show the application")
	return nil
}

type tab struct {
	Type   string `json:"type"`
	URL    string `json:"url"`
	Socket string `json:"webSocketDebuggerUrl"`
}

// tabs are those of the window, none while it is not there.
func (s seat) tabs(t *testing.T) []tab {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/json/list", s.port))
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	var all []tab
	if err := json.NewDecoder(response.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// do sends a command and gives what it results in.
func (u *user) do(method string, params map[string]any) json.RawMessage {
	u.t.Helper()
	u.next++
	if err := websocket.JSON.Send(u.conn, map[string]any{"id": u.next, "method": method, "params": params}); err != nil {
		u.t.Fatal(err)
	}
	u.conn.SetReadDeadline(time.Now().Add(time.Minute))
	for {
		var answer struct {
			ID     int             `json:"id"`
			Result json.RawMessage `json:"result"`
			Error  json.RawMessage `json:"error"`
		}
		if err := websocket.JSON.Receive(u.conn, &answer); err != nil {
			u.t.Fatalf("%s: %v", method, err)
		}
		if answer.ID == u.next {
			if answer.Error != nil {
				u.t.Fatalf("%s: %s", method, answer.Error)
			}
			return answer.Result
		}
	}
}

// find waits for what selector selects, and gives its middle.
func (u *user) find(selector string) (x, y float64) {
	u.t.Helper()
	script := fmt.Sprintf(`(() => { const e = document.querySelector(%q); if (!e || document.readyState !== 'complete') return null;
		e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect(); return r.width ? {x: r.x + r.width / 2, y: r.y + r.height / 2} : null })()`, selector)
	for range 150 {
		var found struct {
			Result struct {
				Value *struct{ X, Y float64 } `json:"value"`
			} `json:"result"`
		}
		if err := json.Unmarshal(u.do("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true}), &found); err != nil {
			u.t.Fatal(err)
		}
		if at := found.Result.Value; at != nil {
			return at.X, at.Y
		}
		time.Sleep(200 * time.Millisecond)
	}
	u.t.Fatalf("nothing to click at %s in %s", selector, u.do("Runtime.evaluate", map[string]any{"expression": "location.href + document.body.innerText + [...document.querySelectorAll('input')].map(e => e.value)", "returnByValue": true}))
	return 0, 0
}

func (u *user) click(selector string) {
	u.t.Helper()
	x, y := u.find(selector)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		u.do("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1})
	}
}

func (u *user) write(selector, text string) {
	u.t.Helper()
	// A browser drops what is typed before it has painted the page.
	for range 50 {
		u.click(selector)
		u.do("Input.insertText", map[string]any{"text": text})
		if strings.Contains(string(u.do("Runtime.evaluate", map[string]any{"expression": fmt.Sprintf("document.querySelector(%q).value", selector)})), text) {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	u.t.Fatalf("nothing can be typed into %s", selector)
}

// open types an address, and waits until the page shows what selector selects.
func (u *user) open(url, selector string) {
	u.t.Helper()
	u.do("Page.navigate", map[string]any{"url": url})
	u.find(selector)
}

func (u *user) logIn(url, name, password string) {
	u.t.Helper()
	u.open(url+"/login", "[name=password]")
	u.write("[name=username]", name)
	u.write("[name=password]", password)
	u.click("form:has([name=password]) button")
	u.find("body:not(:has([name=password]))")
}

// sees waits for a text in the page.
func (u *user) sees(text string) {
	u.t.Helper()
	for range 150 {
		if strings.Contains(string(u.do("Runtime.evaluate", map[string]any{"expression": "document.body.innerText", "returnByValue": true})), text) {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	u.t.Fatalf("the page does not show %q", text)
}

// leave closes the tab, and with it the window.
func (u *user) leave() { u.do("Page.close", nil) }

// recording runs init with a window in which use does what a user would.
func recording(t *testing.T, url string, use func(u *user), args ...string) outcome {
	t.Helper()
	s := takeSeat(t)
	ctx, stop := context.WithTimeout(t.Context(), 4*time.Minute)
	var stdout, stderr bytes.Buffer
	e := &env{stdin: strings.NewReader(""), stdout: &stdout, stderr: io.MultiWriter(&stderr, t.Output()), getenv: os.Getenv}
	var code int
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		code = run(ctx, append([]string{"init", "--browser", s.program, "--record", url}, args...), e)
	}()
	t.Cleanup(func() { stop(); <-ended }) // before the folder it writes to is left
	u := s.sit(t, url)
	u.interrupt = stop
	use(u)
	<-ended
	return outcome{code, stdout.String(), stderr.String()}
}

// TestAWindowIsRecordedIntoAFileThatLogsIn is init --record URL from the first click to
// a scan with the file that came out (R27, R42).
func TestAWindowIsRecordedIntoAFileThatLogsIn(t *testing.T) {
	shop, err := lab.StartEmbedded("weak")
	if err != nil {
		t.Fatal(err)
	}
	defer shop.Stop()
	t.Chdir(t.TempDir())
	alice, bob := shop.Identities[0], shop.Identities[1]
	o := recording(t, shop.URL, func(u *user) {
		u.logIn(shop.URL, alice.Username, alice.Password)
		u.open(shop.URL+"/notes", "[name=text]")
		u.write("[name=text]", "buy the blue one")
		u.click("form[action='/notes'] button")
		u.sees("buy the blue one")
		u.open(shop.URL+"/orders", "h1")
		u.open(shop.URL+"/live", "h1")
		u.logIn(shop.URL, bob.Username, bob.Password)
		u.leave()
	}, "--save-har", "session.har")
	o.expect(t, exitClean, "Wrote mantlet.yaml", "export ALICE_PASSWORD=...", "export BOB_PASSWORD=...")
	text, _ := os.ReadFile(config.Name)
	saved, _ := os.ReadFile("session.har")
	t.Logf("%s", text)
	for _, secret := range []string{alice.Password, bob.Password} {
		if bytes.Contains(text, []byte(secret)) || bytes.Contains(saved, []byte(secret)) {
			t.Errorf("the password %s was written down", secret)
		}
	}
	file, err := config.Parse(text)
	if err != nil || len(file.Identities) != 2 || file.Identities[1].Login.Form.Fields["username"] != "bob" || file.HAR[0] != "session.har" || len(file.Sockets) == 0 {
		t.Errorf("got %+v, %v", file, err)
	}
	passwords := map[string]string{"ALICE_PASSWORD": alice.Password, "BOB_PASSWORD": bob.Password}
	look(t, passwords, "--dry-run").expect(t, exitClean, "POST /notes", "alice", "bob")
	look(t, map[string]string{"ALICE_PASSWORD": "wrong", "BOB_PASSWORD": "wrong"}, "--no-proofs", "--fail-on", "none").expect(t, exitIncomplete, `login of "alice" failed`)
}

// TestAWindowOnThePythonBank is the same on an application with tokens in its forms, and
// without the recording kept; the window is left by Ctrl-C.
func TestAWindowOnThePythonBank(t *testing.T) {
	root := filepath.Join("..", "..")
	if _, err := os.Stat(filepath.Join(root, ".lab")); err != nil && os.Getenv("CI") == "" && os.Getenv("MANTLET_REQUIRE_LAB") == "" {
		t.Skip("the lab is not set up: run scripts/setup")
	}
	bank, err := lab.Start(t.Context(), "fastapi", lab.Options{Dir: root, Variant: "repaired"})
	if err != nil {
		t.Fatal(err)
	}
	defer bank.Stop()
	t.Chdir(t.TempDir())
	alice := bank.Identities[0]
	o := recording(t, bank.URL, func(u *user) {
		u.logIn(bank.URL, alice.Username, alice.Password)
		u.open(bank.URL+"/", "h1")
		u.interrupt()
	})
	o.expect(t, exitClean, "Wrote mantlet.yaml", "export ALICE_PASSWORD=...")
	text, _ := os.ReadFile(config.Name)
	t.Logf("%s", text)
	file, err := config.Parse(text)
	if err != nil || len(file.Identities) != 1 || len(file.HAR) != 0 || len(file.Seeds) == 0 || !strings.Contains(string(text), "#   - name: bob") {
		t.Errorf("got %+v, %v", file, err)
	}
	look(t, map[string]string{"ALICE_PASSWORD": alice.Password}, "--dry-run").expect(t, exitClean, "alice")
}

// TestAWindowThatCannotBeOpenedSaysWhatElseToDo is about machines without a screen.
func TestAWindowThatCannotBeOpenedSaysWhatElseToDo(t *testing.T) {
	needsBrowser(t)
	t.Chdir(t.TempDir())
	t.Setenv("WAYLAND_DISPLAY", "")
	t.Setenv("DISPLAY", "")
	mantlet(t, nil, "init", "--record", "http://127.0.0.1:8000").expect(t, exitUsage, "no display", "--record FILE.har", "ssh -X")
	t.Setenv("DISPLAY", ":4711")
	mantlet(t, nil, "init", "--record", "http://127.0.0.1:8000").expect(t, exitUsage, ":4711", "--record FILE.har")
	if err := os.WriteFile(config.Name, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	mantlet(t, nil, "init", "--record", "http://127.0.0.1:8000").expect(t, exitUsage, "is there already", "--force")
	mantlet(t, nil, "init", "--save-har", "x.har", "--record", "y.har").expect(t, exitUsage, "--record a URL")
}
