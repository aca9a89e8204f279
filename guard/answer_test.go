package guard

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/policy"
)

func TestRefusalsAreProblemsOrPages(t *testing.T) {
	s := serve(t, true, policy.Rules{Hosts: []string{"app.example"}}, Options{}, nil)
	evil := []string{"POST / HTTP/1.1", appHost, "Origin: https://evil.example"}
	for _, test := range []struct {
		name   string
		lines  []string
		status int
		kind   string
	}{
		{"a program", evil, 403, "application/problem+json"},
		{"a script", append(evil, "Accept: text/html", "Sec-Fetch-Dest: empty"), 403, "application/problem+json"},
		{"a navigation", append(evil, "Accept: text/html,*/*;q=0.8"), 403, "text/html; charset=utf-8"},
		{"another host", []string{get, "Host: evil.example"}, 421, "application/problem+json"},
		{"TRACE", []string{"TRACE / HTTP/1.1", appHost}, 405, "application/problem+json"},
	} {
		res := s.send(t, test.lines...)
		body := text(t, res)
		if res.StatusCode != test.status || res.Header.Get("Content-Type") != test.kind ||
			res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Vary") != "Sec-Fetch-Site, Origin" {
			t.Errorf("%s: got %d %v", test.name, res.StatusCode, res.Header)
		}
		mustBeGuarded(t, test.name, res.Header)
		if strings.Contains(body, "evil") {
			t.Errorf("%s: the answer echoes the request: %s", test.name, body)
		}
		if test.kind == "application/problem+json" {
			var problem struct {
				Type, Title, Detail string
				Status              int
			}
			if err := json.Unmarshal([]byte(body), &problem); err != nil || problem.Status != test.status || !strings.HasPrefix(problem.Type, urn) || problem.Detail == "" {
				t.Errorf("%s: %s (%v)", test.name, body, err)
			}
		}
		if s.served.Load() != 0 {
			t.Errorf("%s: reached the application", test.name)
		}
	}
	if res := s.send(t, "TRACE / HTTP/1.1", appHost); res.Header.Get("Allow") == "" {
		t.Error("405 without Allow")
	}
}

func TestRefusedHeadHasNoBody(t *testing.T) {
	s := serve(t, true, policy.Rules{Sensitive: []string{"/"}}, Options{}, nil)
	conn := s.dial(t)
	io.WriteString(conn, "HEAD / HTTP/1.1\r\nHost: app.example\r\nOrigin: https://evil.example\r\nConnection: close\r\n\r\n")
	all, _ := io.ReadAll(conn)
	if head, body, _ := strings.Cut(string(all), "\r\n\r\n"); body != "" || !strings.HasPrefix(head, "HTTP/1.1 403") {
		t.Errorf("got %s", all)
	}
}

func TestForeignFramesAreRefusedOrForwardedAsStrangers(t *testing.T) {
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "sid=new")
		io.WriteString(w, r.Header.Get("Cookie")+r.Header.Get("Authorization"))
	})
	rules := policy.Rules{IsolateFrames: true}
	framed := []string{get, appHost, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe", "Cookie: sid=1", "Authorization: Basic eA=="}
	s := serve(t, true, rules, Options{}, app)
	if res := s.send(t, framed...); res.StatusCode != 403 {
		t.Errorf("got %d", res.StatusCode)
	}
	clicked := []string{"POST / HTTP/1.1", appHost, "Origin: https://app.example", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe", "Cookie: sid=1"}
	if got := reasonOf(t, s.send(t, clicked...)); got != policy.FramedSubmission {
		t.Errorf("a click inside a frame: %q", got)
	}
	s = serve(t, true, rules, Options{StripFrames: true}, app)
	res := s.send(t, framed...)
	if body := text(t, res); res.StatusCode != 200 || body != "" || res.Header.Get("Set-Cookie") != "" {
		t.Errorf("stripped: got %d %q %v", res.StatusCode, body, res.Header)
	}
	mustBeGuarded(t, "stripped", res.Header)
	if got := reasonOf(t, s.send(t, clicked...)); got != policy.FramedSubmission {
		t.Errorf("a click inside a frame, stripped: %q", got)
	}
}

func TestJSONPathsTakeJSONOnly(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{JSONPaths: []string{"/api"}}, nil)
	for _, test := range []struct {
		line, kind string
		want       int
	}{
		{"POST /api/pay", "application/json", 200}, {"POST /api", "Application/JSON; charset=utf-8", 200}, {"POST /api/", "application/merge-patch+json", 200},
		{"POST /api/pay", "text/plain", 415}, {"POST /api/pay", "application/x-www-form-urlencoded", 415}, {"POST /api/pay", "", 415},
		{"POST /api/pay", "application/json, text/plain", 415}, {"POST /%61pi/pay", "text/plain", 415}, {"POST //api/pay", "text/plain", 415},
		{"POST /apis", "text/plain", 200}, {"GET /api/pay", "", 200}, {"DELETE /api/1", "", 200},
	} {
		lines := []string{test.line + " HTTP/1.1", appHost, "Origin: https://app.example"}
		if test.kind != "" {
			lines = append(lines, "Content-Type: "+test.kind)
		}
		if got := s.send(t, lines...).StatusCode; got != test.want {
			t.Errorf("%s as %q: %d", test.line, test.kind, got)
		}
	}
}

func TestSharingFollowsTheList(t *testing.T) {
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	})
	s := serve(t, true, policy.Rules{}, Options{CORS: &CORS{Origins: []string{"https://spa.example"}, Methods: []string{"PUT"},
		Headers: []string{"X-CSRF-Token"}, Expose: []string{"X-Page"}, Credentials: true, MaxAge: 600e9}}, app)
	preflight := func(origin, method, headers string) []string {
		return []string{"OPTIONS / HTTP/1.1", appHost, "Origin: " + origin, "Access-Control-Request-Method: " + method, "Access-Control-Request-Headers: " + headers}
	}
	for _, test := range []struct {
		name   string
		lines  []string
		status int
		acao   string
	}{
		{"preflight", preflight("https://spa.example", "PUT", "x-csrf-token"), 204, "https://spa.example"},
		{"preflight of a stranger", preflight("https://evil.example", "PUT", ""), 403, ""},
		{"preflight of null", preflight("null", "PUT", ""), 403, ""},
		{"preflight for another method", preflight("https://spa.example", "DELETE", ""), 403, "https://spa.example"},
		{"preflight for another header", preflight("https://spa.example", "PUT", "x-other"), 403, "https://spa.example"},
		{"preflight with endless headers", preflight("https://spa.example", "PUT", strings.Repeat("x-csrf-token,", 1000)), 403, "https://spa.example"},
		{"read", []string{get, appHost, "Origin: https://spa.example"}, 200, "https://spa.example"},
		{"read by a stranger", []string{get, appHost, "Origin: https://evil.example"}, 200, ""},
		{"read without Origin", []string{get, appHost}, 200, ""},
		{"on the list is not trusted", []string{"POST / HTTP/1.1", appHost, "Origin: https://spa.example", "Cookie: a=1"}, 403, "https://spa.example"},
	} {
		res := s.send(t, test.lines...)
		if res.StatusCode != test.status || res.Header.Get("Access-Control-Allow-Origin") != test.acao || !strings.Contains(strings.Join(res.Header["Vary"], ","), "Origin") {
			t.Errorf("%s: got %d %v", test.name, res.StatusCode, res.Header)
		}
		mustBeGuarded(t, test.name, res.Header)
	}
}

func TestPreflightsAreTheApplicationsWhereSharingOnlyReports(t *testing.T) {
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Access-Control-Allow-Origin", "theirs") })
	s := serve(t, true, policy.Rules{}, Options{CORS: &CORS{Origins: []string{"https://spa.example"}}, ReportOnly: []Rule{RuleCORS}}, app)
	for _, origin := range []string{"https://spa.example", "https://evil.example"} {
		res := s.send(t, "OPTIONS / HTTP/1.1", appHost, "Origin: "+origin, "Access-Control-Request-Method: PUT")
		if res.StatusCode != 200 || res.Header.Get("Access-Control-Allow-Origin") != "theirs" {
			t.Errorf("%s: got %d %v", origin, res.StatusCode, res.Header)
		}
	}
	if s.guard.metrics.Count(policy.PreflightRefused, Report) != 2 { // PUT is on no list
		t.Error("not counted")
	}
}
