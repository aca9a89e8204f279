package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// guarding runs the command until the test ends and gives the lines it prints.
func guarding(t *testing.T, args ...string) func() string {
	t.Helper()
	return guardingWith(t, nil, args...)
}

// guardingWith has these environment variables and no others.
func guardingWith(t *testing.T, variables map[string]string, args ...string) func() string {
	t.Helper()
	out, in := io.Pipe()
	e := &env{stdin: strings.NewReader(""), stdout: in, stderr: io.Discard, getenv: func(name string) string { return variables[name] }}
	cmd := newGuardCommand(e)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetArgs(args)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.ExecuteContext(ctx)
		in.Close()
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("ended with %v", err)
		}
	})
	lines := bufio.NewReader(out)
	return func() string {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("the guard does not start: %v", err)
		}
		return line
	}
}

func address(t *testing.T, line string) string {
	t.Helper()
	url := regexp.MustCompile(`at (http://\S+)`).FindStringSubmatch(line)
	if url == nil {
		t.Fatalf("no address in %q", line)
	}
	return url[1]
}

func answered(t *testing.T, method, url string, header ...string) (int, http.Header) {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode, res.Header
}

func TestGuardNeedsNoFile(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer app.Close()
	next := guarding(t, "--upstream", app.URL, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	site, admin := address(t, next()), address(t, next())
	if code, h := answered(t, "GET", site); code != 200 || h.Get("X-Frame-Options") != "DENY" {
		t.Errorf("got %d %v", code, h)
	}
	if code, h := answered(t, "POST", site, "Origin", "https://evil.example"); code != 403 || h.Get("X-Frame-Options") != "DENY" {
		t.Errorf("forged: got %d %v", code, h)
	}
	res, err := http.Get(admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); !strings.Contains(string(text), `reason="foreign-origin",mode="enforce",outcome="refused"} 1`) {
		t.Errorf("got %s", text)
	}
}

func TestGuardTakesNewRulesAndKeepsOldOnesFromWrongFiles(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer app.Close()
	file := filepath.Join(t.TempDir(), "guard.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte("upstream: "+app.URL+"\nlisten: 127.0.0.1:0\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("policy: {trusted_origins: [https://one.example]}\n")
	site := address(t, guarding(t, "--config", file)())
	post := func(origin string) int {
		code, _ := answered(t, "POST", site, "Origin", origin)
		return code
	}
	if one, two := post("https://one.example"), post("https://two.example"); one != 200 || two != 403 {
		t.Fatalf("at first %d and %d", one, two)
	}
	write("policy: {trusted_origins: [two.example]}\n")
	time.Sleep(2*reloadEvery + 500*time.Millisecond)
	if one, two := post("https://one.example"), post("https://two.example"); one != 200 || two != 403 {
		t.Errorf("with a wrong file %d and %d", one, two)
	}
	write("policy: {trusted_origins: [https://two.example]}\n")
	for end := time.Now().Add(20 * time.Second); post("https://two.example") != 200; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the new rules do not come into force")
		}
	}
	if one := post("https://one.example"); one != 403 {
		t.Errorf("the old rules are still in force: %d", one)
	}
}

func TestGuardLendsThePolicyOfAScan(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer app.Close()
	file := filepath.Join(t.TempDir(), "mantlet.yaml")
	if err := os.WriteFile(file, []byte("targets: [http://127.0.0.1:1]\npolicy: {embedders: {/: [https://partner.example]}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	site := address(t, guarding(t, "--config", file, "--upstream", app.URL, "--listen", "127.0.0.1:0")())
	if _, h := answered(t, "GET", site); h.Get("Content-Security-Policy") != "frame-ancestors https://partner.example" {
		t.Errorf("got %v", h)
	}
}

func TestGuardReportsWithoutRefusing(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer app.Close()
	site := address(t, guarding(t, "--upstream", app.URL, "--listen", "127.0.0.1:0", "--report")())
	if code, h := answered(t, "POST", site, "Origin", "https://evil.example"); code != 200 || h.Get("X-Frame-Options") != "" || h.Get("Content-Security-Policy-Report-Only") == "" {
		t.Errorf("got %d %v", code, h)
	}
}

func TestGuardRefusesToStartWithoutSense(t *testing.T) {
	for name, args := range map[string][]string{
		"no upstream":       nil,
		"no address":        {"--upstream", "app"},
		"a path":            {"--upstream", "http://127.0.0.1:1/app"},
		"half of TLS":       {"--upstream", "http://127.0.0.1:1", "--tls-cert", "x"},
		"no such file":      {"--config", "testdata/none.yaml"},
		"no certificate":    {"--upstream", "http://127.0.0.1:1", "--tls-cert", "x", "--tls-key", "y"},
		"no such interface": {"--upstream", "http://127.0.0.1:1", "--listen", "192.0.2.1:1"},
	} {
		cmd := newGuardCommand(&env{stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }})
		cmd.SilenceUsage, cmd.SilenceErrors = true, true
		cmd.SetArgs(args)
		var exit exitError
		if err := cmd.ExecuteContext(context.Background()); !errors.As(err, &exit) || exit.code != exitUsage {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
