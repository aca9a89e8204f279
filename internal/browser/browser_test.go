package browser

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// start starts a browser for the test, or skips it where there is none; a
// continuous-integration run must have one.
func start(t *testing.T, o Options) *Browser {
	t.Helper()
	o.Path = os.Getenv("MANTLET_BROWSER")
	b, err := Start(t.Context(), o)
	var missing *MissingError
	if errors.As(err, &missing) && os.Getenv("CI") != "true" {
		t.Skip("needs a browser: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return b
}

func openContext(t *testing.T, b *Browser, cookies ...Cookie) *Context {
	t.Helper()
	c, err := b.Context(t.Context(), cookies)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func open(t *testing.T, c *Context, url string) *Page {
	t.Helper()
	p, err := c.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// site serves h over http, or https if secure, and returns its port.
func site(t *testing.T, secure bool, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		h(w, r)
	}))
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s.URL[strings.LastIndex(s.URL, ":")+1:]
}

func TestBrowserLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	b := start(t, Options{})
	if !strings.HasPrefix(b.Version(), "Chromium ") {
		t.Errorf("version is %q", b.Version())
	}
	c := openContext(t, b)
	for range 2 {
		open(t, c, "data:text/html,<iframe src='https://localhost:1/'></iframe><iframe sandbox srcdoc=x></iframe>")
	}
	c.Close()
	const kept = 2 // the browser's own and the tab of the context made ahead
	for end := time.Now().Add(20 * time.Second); b.wire.open() > kept; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d sessions are remembered after their context", b.wire.open())
		}
	}
	pid := b.process.cmd.Process.Pid
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if alive(pid) {
		t.Errorf("process %d still runs", pid)
	}
	if left := using(t, b.profile); left > 0 {
		t.Errorf("%d processes still use the profile", left)
	}
	if _, err := os.Stat(b.profile); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the profile is still there: %v", err)
	}
	for end := time.Now().Add(2 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}

// open counts the sessions, that of the browser itself included.
func (w *wire) open() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sessions)
}

// using counts the processes that name the directory in their command line.
func using(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range all {
		if text, err := os.ReadFile(f); err == nil && strings.Contains(string(text), dir) {
			n++
		}
	}
	return n
}

func TestBrowserEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := start(t, Options{})
	other, err := Start(ctx, Options{Path: os.Getenv("MANTLET_BROWSER")})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case <-other.process.ended:
	case <-time.After(10 * time.Second):
		t.Error("still running")
	}
	_ = other.Close() // waits for the one under way
	if _, err := b.Context(t.Context(), nil); err != nil {
		t.Error("the other browser was hit too:", err)
	}
}

func TestMissingBrowserSaysHowToGetOne(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Start(t.Context(), Options{})
	var missing *MissingError
	if !errors.As(err, &missing) {
		t.Skip("a browser outside PATH")
	}
	if runtime.GOOS == "linux" && !strings.Contains(err.Error(), "apt-get install chromium") {
		t.Errorf("no help in %q", err)
	}
	if _, err := Find("/nonexistent/chromium"); !errors.As(err, &missing) || !strings.Contains(err.Error(), "/nonexistent/chromium") {
		t.Errorf("got %v", err)
	}
}

func TestProgramThatIsNoBrowserIsAnError(t *testing.T) {
	_, err := Start(t.Context(), Options{Path: "false"})
	if err == nil || !strings.Contains(err.Error(), "start the browser") {
		t.Errorf("got %v", err)
	}
}

func TestSweepRemovesProfilesOfTheDeadOnly(t *testing.T) {
	dir := t.TempDir()
	const neverUsed = 1 << 30 // above the highest process id a kernel gives
	dead := filepath.Join(dir, profilePrefix+strconv.Itoa(neverUsed)+"-1")
	living := filepath.Join(dir, profilePrefix+strconv.Itoa(os.Getppid())+"-1")
	other := filepath.Join(dir, profilePrefix+"x")
	for _, d := range []string{dead, living, other} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	sweep(dir)
	if _, err := os.Stat(dead); err == nil {
		t.Error("the dead one's profile is still there")
	}
	for _, d := range []string{living, other} {
		if _, err := os.Stat(d); err != nil {
			t.Error("gone:", d)
		}
	}
}

func TestSecretsOfTheEnvironmentStayWithUs(t *testing.T) {
	got := environment([]string{"PATH=/bin", "ALICE_PASSWORD=x", "LC_ALL=C"})
	if fmt.Sprint(got) != "[PATH=/bin LC_ALL=C]" {
		t.Errorf("the browser gets %v", got)
	}
}

// The setting must hold inside contexts, which are off the record, and not only
// in the profile's own windows.
func TestThirdPartySettingHoldsInContexts(t *testing.T) {
	for _, setting := range []finding.ThirdParty{finding.ThirdPartyAllowed, finding.ThirdPartyBlocked} {
		t.Run(string(setting), func(t *testing.T) {
			var victim string
			port := site(t, true, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.Host, "attacker.example") {
					fmt.Fprintf(w, `<iframe src="%s/framed"></iframe>`, victim)
				}
			})
			victim = "https://victim.test:" + port
			b := start(t, Options{ThirdParty: setting, Resolve: map[string]string{
				"victim.test": "127.0.0.1", "attacker.example": "127.0.0.1"}})
			c := openContext(t, b, Cookie{Line: "sid=1; SameSite=None; Secure; HttpOnly", URL: victim})
			p := open(t, c, "https://attacker.example:"+port)
			framed, err := p.WaitRequest(t.Context(), func(r Request) bool { return r.URL == victim+"/framed" && r.Sent && r.Done })
			if err != nil {
				t.Fatal(err)
			}
			sent := framed.Header("Cookie") == "sid=1"
			if sent != (setting == finding.ThirdPartyAllowed) {
				t.Errorf("cookie sent: %v; withheld: %v", sent, framed.Withheld)
			}
			if !sent && len(framed.Withheld) == 0 {
				t.Error("nothing says why the cookie was withheld")
			}
		})
	}
}

func TestEverythingGoesThroughTheProxyAndNothingElseDoes(t *testing.T) {
	asked := make(chan string, 64)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.RequestURI, "/favicon.ico") { // a browser asks every site for its icon
			asked <- r.Method + " " + r.RequestURI
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "through the proxy")
	}))
	defer proxy.Close()
	b := start(t, Options{Proxy: strings.TrimPrefix(proxy.URL, "http://")})
	c := openContext(t, b)
	for _, url := range []string{"http://127.0.0.1:8099/", "http://localhost:8099/", "http://app.localhost/", "http://nowhere.test/"} {
		p := open(t, c, url)
		if html, err := p.HTML(t.Context()); err != nil || !strings.Contains(html, "through the proxy") {
			t.Errorf("%s: %q %v", url, html, err)
		}
		if got := <-asked; got != "GET "+url {
			t.Errorf("%s: the proxy was asked for %s", url, got)
		}
	}
	// The browser's own services would have spoken up by now.
	for len(asked) > 0 {
		t.Errorf("the proxy was also asked for %s", <-asked)
	}
}

// A cookie without SameSite rides on a cross-site POST while it is young. The time
// that is waited here is the browser's own.
func TestShortLaxAgesCookiesInTenSeconds(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for eleven seconds")
	}
	t.Parallel()
	sent := make(chan string, 2)
	port := ""
	port = site(t, true, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			sent <- r.Header.Get("Cookie")
			return
		}
		fmt.Fprintf(w, `<form method=post action="https://victim.test:%s/"></form><script>document.forms[0].submit()</script>`, port)
	})
	b := start(t, Options{ShortLax: true, Resolve: map[string]string{"victim.test": "127.0.0.1", "attacker.example": "127.0.0.1"}})
	c := openContext(t, b, Cookie{Line: "sid=1; Secure", URL: "https://victim.test:" + port})
	old := time.After(11 * time.Second)
	open(t, c, "https://attacker.example:"+port)
	if got := <-sent; got != "sid=1" {
		t.Errorf("young cookie: sent %q", got)
	}
	<-old
	open(t, c, "https://attacker.example:"+port)
	if got := <-sent; got != "" {
		t.Errorf("aged cookie: sent %q", got)
	}
}
