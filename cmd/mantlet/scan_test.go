package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// A terminal is one call of the program in process, without a browser unless told.
type outcome struct {
	code           int
	stdout, stderr string
}

func mantlet(t *testing.T, variables map[string]string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	e := &env{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: func(name string) string {
		if name == "MANTLET_BROWSER" && variables[name] == "" {
			return os.Getenv(name)
		}
		return variables[name]
	}}
	code := run(context.Background(), args, e)
	return outcome{code, stdout.String(), stderr.String()}
}

// look is a scan that needs no browser and leaves no files.
func look(t *testing.T, variables map[string]string, args ...string) outcome {
	t.Helper()
	return mantlet(t, variables, append([]string{"scan", "--no-browser", "--output", "-"}, args...)...)
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mantlet.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// safe is a page that nobody may frame.
func safe(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Security-Policy", "frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html")
	io.WriteString(w, body)
}

func (o outcome) expect(t *testing.T, code int, words ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("exit status %d, want %d", o.code, code)
	}
	for _, word := range words {
		if !strings.Contains(o.stdout+o.stderr, word) {
			t.Errorf("nothing says %q", word)
		}
	}
	if t.Failed() {
		t.Logf("stdout:\n%s\nstderr:\n%s", o.stdout, o.stderr)
	}
}

func TestAWrongURLIsAUsageError(t *testing.T) {
	for _, url := range []string{"127.0.0.1:8000", "ftp://127.0.0.1/", "http://", "http://[::1", "http://127.0.0.1:99999/", "not a url"} {
		o := look(t, nil, url)
		if o.code != exitUsage || !strings.Contains(o.stderr, strings.TrimPrefix(url, "http://")) {
			t.Errorf("%q: exit status %d, stderr %q", url, o.code, o.stderr)
		}
	}
}

func TestNoTargetSaysHowToNameOne(t *testing.T) {
	t.Chdir(t.TempDir())
	look(t, nil).expect(t, exitUsage, "no target", "mantlet init")
}

func TestUnknownFlagsAndWordsAreUsageErrors(t *testing.T) {
	look(t, nil, "--frobnicate", "http://127.0.0.1/").expect(t, exitUsage, "unknown flag")
	look(t, nil, "--fail-on", "terrible", "http://127.0.0.1/").expect(t, exitUsage, `"terrible" is not one of`)
	look(t, nil, "--format", "xml", "http://127.0.0.1/").expect(t, exitUsage, `"xml" is not one of`)
	look(t, nil, "--mode", "wild", "http://127.0.0.1/").expect(t, exitUsage, "wild")
}

func TestAnUnreachableHostIsIncomplete(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	look(t, nil, "http://"+address).expect(t, exitIncomplete, address, "refused")
}

func TestActiveTestingElsewhereIsRefused(t *testing.T) {
	look(t, nil, "--mode", "active", "https://app.example").expect(t, exitRefused, "app.example", "mantlet verify")
}

func TestAMalformedConfigurationNamesItsLine(t *testing.T) {
	path := write(t, "targets: [http://127.0.0.1]\nidentitys: []\n")
	look(t, nil, "--config", path).expect(t, exitUsage, path, "[2:1]", "identitys")
	look(t, nil, "--config", filepath.Join(t.TempDir(), "absent.yaml")).expect(t, exitUsage, "absent.yaml")
}

func TestACleanSiteIsClean(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { safe(w, "<h1>hello</h1>") })
	look(t, nil, "--mode", "passive", url).expect(t, exitClean, "no finding at or above medium")
}

func TestTheThresholdDecidesTheExitStatus(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "0123456789abcdef", Path: "/"})
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, `<form method=post action=/do><button>Do it</button></form>`)
	})
	look(t, nil, "--mode", "passive", "--fail-on", "info", url).expect(t, exitFindings, "at or above info")
	look(t, nil, "--mode", "passive", "--fail-on", "none", url).expect(t, exitClean)
}

const loginConfig = `targets: [%s]
mode: passive
identities:
  - name: alice
    login: {form: {url: /login, fields: {user: alice}, secrets: {password: ALICE}, success: {path: /home}}}
`

func TestALoginThatFailsIsIncompleteAndSaysWhatWasSeen(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		safe(w, `<title>Sign in</title><form method=post action=/login><input name=user><input type=password name=password></form>`)
	})
	path := write(t, fmt.Sprintf(loginConfig, url))
	o := look(t, map[string]string{"ALICE": "sup3r-s3cret-pw"}, "--config", path)
	o.expect(t, exitIncomplete, `login of "alice" failed`, "Sign in")
	if strings.Contains(o.stdout+o.stderr, "sup3r-s3cret-pw") {
		t.Error("the password is printed")
	}
	look(t, nil, "--config", path).expect(t, exitUsage, "ALICE is not set")
}

func TestALoginLostInMidScanIsIncomplete(t *testing.T) {
	var seen atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch c, err := r.Cookie("sid"); {
		case r.URL.Path == "/login" && r.Method == http.MethodPost:
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "abcdef0123456789", Path: "/", HttpOnly: true})
			http.Redirect(w, r, "/home", http.StatusSeeOther)
		case r.URL.Path == "/login":
			safe(w, `<form method=post action=/login><input name=user><input type=password name=password></form>`)
		case err == nil && c.Value == "abcdef0123456789" && seen.Add(1) <= 6:
			safe(w, `<h1>Home of alice</h1><a href=/a>a</a> <a href=/b>b</a> <a href=/c>c</a> <a href=/d>d</a>`)
		default:
			http.Redirect(w, r, "/login", http.StatusFound)
		}
	})
	path := write(t, fmt.Sprintf(loginConfig, url))
	look(t, map[string]string{"ALICE": "sup3r-s3cret-pw"}, "--config", path).expect(t, exitIncomplete, "alice", "lost")
}

func TestAMissingBrowserSaysHowToGetOne(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { safe(w, "hello") })
	o := mantlet(t, map[string]string{"MANTLET_BROWSER": "/no/such/browser"}, "scan", "--output", "-", url)
	o.expect(t, exitIncomplete, "/no/such/browser", "Chromium", "nothing can be proven")
}

func TestAnEndlessPageAndAHugeBodyAreCutAndSaid(t *testing.T) {
	line := bytes.Repeat([]byte("x"), 64<<10)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		limit := 100 << 20
		if r.URL.Path == "/endless" {
			limit = 1 << 40
		}
		if r.URL.Path == "/" {
			safe(w, `<a href=/endless>endless</a> <a href=/huge>huge</a>`)
			return
		}
		safe(w, "")
		for sent := 0; sent < limit; sent += len(line) {
			if _, err := w.Write(line); err != nil {
				return
			}
		}
	})
	look(t, nil, "--mode", "passive", "--fail-on", "none", url).expect(t, exitClean, "/endless", "/huge")
}

func TestARedirectOutOfScopeIsNotFollowed(t *testing.T) {
	var contacted atomic.Int32
	foreign := serve(t, func(w http.ResponseWriter, r *http.Request) { contacted.Add(1) })
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, foreign+"/secret", http.StatusFound)
			return
		}
		safe(w, `<a href=/away>away</a>`)
	})
	look(t, nil, "--mode", "passive", url).expect(t, exitClean)
	if contacted.Load() != 0 {
		t.Errorf("the foreign host was contacted %d times", contacted.Load())
	}
}
