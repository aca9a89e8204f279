package gate_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/internal/dynamotest"
	"github.com/mantlet-dev/mantlet/session/dynamo"
)

const keyOfPrincipals = "a-key-for-principals-of-32-bytes"

// A tableSite is an application that checks no session, behind a guard that keeps
// them in a table.
type tableSite struct {
	t       *testing.T
	faults  *dynamotest.Faults
	file    string // guard.yaml
	text    string // of it
	guard   *guardProcess
	reached atomic.Int64 // requests that came to the application
}

func (l *guardedLab) tableSite(t *testing.T) *tableSite {
	t.Helper()
	for name, value := range map[string]string{"PRINCIPAL_KEY": keyOfPrincipals, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"} {
		t.Setenv(name, value)
	}
	s := &tableSite{t: t, faults: dynamotest.NewFaults(t, l.dynamodb.Endpoint), file: filepath.Join(t.TempDir(), "guard.yaml")}
	app := httptest.NewServer(http.HandlerFunc(s.application))
	t.Cleanup(app.Close)
	table := dynamo.Table(dynamotest.Name("sessions"))
	dynamotest.Create(t, dynamotest.Client(l.dynamodb.Endpoint), table)
	s.text = fmt.Sprintf(`upstream: %s
policy: {strict_paths: [/pay]}
tokens: {inject: true}
principal:
  keys: [PRINCIPAL_KEY]
  audience: app
  sessions: {table: %s, endpoint: "%s", cookie: sid, insecure_http: a test on loopback, logins: true}
`, app.URL, aws.ToString(table.TableName), s.faults.Endpoint)
	s.write(s.text)
	s.guard = l.guard(t, "--config", s.file)
	return s
}

func (s *tableSite) write(text string) {
	s.t.Helper()
	if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// application says who logs in, and tells whom it takes the client for.
func (s *tableSite) application(w http.ResponseWriter, r *http.Request) {
	s.reached.Add(1)
	header := guard.PrincipalHeader{Audience: "app", Keys: [][]byte{[]byte(keyOfPrincipals)}}
	if r.URL.Path == "/login" {
		name, value, err := header.Login("alice", r.Method)
		if err != nil {
			s.t.Error(err)
		}
		w.Header().Set(name, value)
	}
	user, err := header.Verify(r)
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, "for %q, %v<form method=post action=/pay>", user, err)
}

// ask sends a request as the site's own page would; a form makes it a POST of that.
func (s *tableSite) ask(path, cookie, origin string, form url.Values) (*http.Response, string) {
	s.t.Helper()
	method, body := "GET", io.Reader(nil)
	if form != nil {
		method, body = "POST", strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, s.guard.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Origin", origin)
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res, string(text)
}

// whenWell asks until the table, which a busy machine may keep from answering in
// time, has.
func (s *tableSite) whenWell(path, cookie string, form url.Values) (*http.Response, string) {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		res, text := s.ask(path, cookie, s.guard.url, form)
		if res.StatusCode == http.StatusOK {
			return res, text
		}
		if res.StatusCode != http.StatusServiceUnavailable || time.Now().After(end) {
			s.t.Fatalf("%s: got %d %s", path, res.StatusCode, text)
		}
	}
}

var fieldInPage = regexp.MustCompile(`name="mantlet_token" value="([^"]+)"`)

// R83, R88, R113: the same as a user has it, by guard.yaml. The application hears of
// no request while nobody can say whose it is, and of a login only that it was asked
// for: its "welcome" is not given to a browser that has no session.
func (l *guardedLab) testTable(t *testing.T) {
	s := l.tableSite(t)
	welcome, page := s.whenWell("/login", "", url.Values{})
	if len(welcome.Cookies()) != 1 {
		t.Fatalf("the login sets %v", welcome.Cookies())
	}
	cookie := welcome.Cookies()[0].Name + "=" + welcome.Cookies()[0].Value
	// The page that answers the login has a form as well: its token is the session's.
	field := fieldInPage.FindStringSubmatch(page)
	if field == nil {
		t.Fatalf("the page is %s", page)
	}
	pay := url.Values{"mantlet_token": {field[1]}}
	if _, page := s.whenWell("/pay", cookie, pay); !strings.Contains(page, `for "alice", <nil>`) {
		t.Fatalf("the page is %s", page)
	}
	for name, fault := range map[string]dynamotest.Fault{
		"throttled": dynamotest.Throttle, "failing": dynamotest.Fail, "cut off": dynamotest.Reset, "slow": dynamotest.Slow, "down": dynamotest.None,
	} {
		if s.faults.Plan(dynamotest.Always(fault)); fault == dynamotest.None {
			s.faults.Down()
		}
		s.mustRefuse(name, cookie, pay)
		if fault == dynamotest.None {
			s.mustKeepItsRules(l, cookie)
			s.faults.Up(t)
		}
		s.faults.Plan(nil)
		for path, form := range map[string]url.Values{"/": nil, "/pay": pay} {
			if _, text := s.whenWell(path, cookie, form); !strings.Contains(text, `for "alice", <nil>`) {
				t.Errorf("when it was no longer %s: %s", name, text)
			}
		}
	}
}

func (s *tableSite) mustRefuse(name, cookie string, pay url.Values) {
	s.t.Helper()
	const evil = "https://evil.example"
	for _, test := range []struct {
		what, path, cookie, origin string
		form                       url.Values
		status                     int
		reached                    int64
	}{
		{"a page", "/", cookie, s.guard.url, nil, 503, 0},
		{"a form with its token", "/pay", cookie, s.guard.url, pay, 503, 0},
		{"a form without a token", "/pay", cookie, s.guard.url, url.Values{}, 403, 0},
		{"a forged form", "/pay", cookie, evil, pay, 403, 0},
		{"a login", "/login", "", s.guard.url, url.Values{}, 503, 1}, // the password is the application's to check
		{"a second login", "/login", cookie, s.guard.url, url.Values{}, 503, 0},
		{"a page for strangers", "/", "", s.guard.url, nil, 200, 1}, // without a cookie there is nothing to ask
	} {
		s.reached.Store(0)
		res, text := s.ask(test.path, test.cookie, test.origin, test.form)
		h := res.Header
		if res.StatusCode != test.status || s.reached.Load() != test.reached {
			s.t.Errorf("%s, %s: got %d and %d requests in the application, want %d and %d: %s", name, test.what, res.StatusCode, s.reached.Load(), test.status, test.reached, text)
		}
		if h.Get("X-Frame-Options") != "DENY" || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			s.t.Errorf("%s, %s: unguarded: %v", name, test.what, h)
		}
		if strings.Contains(h.Get("Set-Cookie"), "sid=") || (h.Get("Retry-After") != "") != (test.status == 503) || test.status == 503 && strings.Contains(text, "alice") {
			s.t.Errorf("%s, %s: %v %s", name, test.what, h, text)
		}
	}
}

// mustKeepItsRules: a change of the file while the table is down takes no effect, and
// a guard that starts then does not.
func (s *tableSite) mustKeepItsRules(l *guardedLab, cookie string) {
	s.t.Helper()
	s.write(strings.Replace(s.text, "[/pay]", "[/other]", 1))
	for end := time.Now().Add(2 * time.Minute); !strings.Contains(s.guard.log.String(), "the old one stays in force"); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("the guard does not tell of a reload:\n%s", s.guard.log.String())
		}
	}
	if res, text := s.ask("/pay", cookie, s.guard.url, url.Values{}); res.StatusCode != 403 || !strings.Contains(text, "missing-token") {
		s.t.Errorf("after a reload without the table: got %d %s", res.StatusCode, text)
	}
	out, err := exec.Command(l.program, "guard", "--config", s.file, "--listen", "127.0.0.1:0").CombinedOutput()
	if err == nil || strings.Contains(string(out), "guarding") || !strings.Contains(string(out), "principal.sessions") {
		s.t.Errorf("a guard starts without its table: %v\n%s", err, out)
	}
	s.write(s.text)
}
