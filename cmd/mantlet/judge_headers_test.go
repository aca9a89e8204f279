package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestJudgeHeadersExplainsAPastedBlock(t *testing.T) {
	tests := []struct {
		name, in string
		args     []string
		want     []string
	}{
		{
			"a page that trusts X-Frame-Options it has switched off",
			"HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\nContent-Security-Policy: frame-ancestors *\r\n\r\n<p>X-Frame-Options: DENY</p>",
			nil,
			[]string{"https://victim.example\n", "assumed", "200 OK", "Who may frame it: everyone", "cross-site https   https://attacker.example         framed",
				"X-Frame-Options: DENY\n    no effect: an enforced frame-ancestors takes its place", "frame-ancestors *\n    in force: names every page on the web"},
		},
		{
			"a bare list of headers", "x-frame-options: sameorigin", []string{"--target", "https://app.example.com/login"},
			[]string{"Page  https://app.example.com\n", "only pages of the same origin", "sibling subdomain  https://sibling.example.com      blocked  frame-xfo-foreign"},
		},
		{"nothing about framing", "Server: x\n", nil, []string{"everyone", "No header of this response"}},
		{"origins that are listed", "Content-Security-Policy: frame-ancestors 'self' https://*.partner.example", nil,
			[]string{"only pages of the origins it lists: https://*.partner.example"}},
		{"an address has no siblings", "X-A: 1", []string{"--target", "http://127.0.0.1:8000"}, []string{"same origin        http://127.0.0.1:8000"}},
		{"an https page cannot frame a plain one", "X-A: 1", []string{"--target", "http://victim.example"}, []string{"cross-site https   https://attacker.example         blocked  frame-mixed-content"}},
		{"a response without a document", "HTTP/2 204 \nX-A: 1", nil, []string{"204 No Content", "Yet the status code means"}},
		{"the last of several responses", "HTTP/1.1 302 Found\nLocation: /x\nX-Frame-Options: DENY\n\nHTTP/1.1 200 OK\nX-A: 1\n\n", nil, []string{"200 OK", "everyone"}},
		{"the noise of curl -v", "* Connected\n> GET / HTTP/1.1\n> X-Frame-Options: SAMEORIGIN\n<  \n< HTTP/1.1 200 OK\n< X-Frame-Options: DENY\n< \n{ [5 bytes data]\n<html>", nil, []string{"nobody"}},
		{"bytes that would move the cursor", "X-Frame-Options: \x1b[2J\xff", nil, []string{`\x1b[2J\xff`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, code := command(t, tt.in, append([]string{"judge", "headers"}, tt.args...)...)
			if code != exitClean || stderr != "" {
				t.Fatalf("exit status %d, standard error %q", code, stderr)
			}
			for _, want := range tt.want {
				if !strings.Contains(stdout, want) {
					t.Errorf("%q is missing from\n%s", want, stdout)
				}
			}
		})
	}
}

func TestJudgeHeadersAsksAURLAndFollowsRedirects(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("X-Frame-Options", "DENY")
			http.Redirect(w, r, "/page", http.StatusFound)
		case "/page":
			if got := r.UserAgent(); got != "Mantlet/"+version {
				t.Errorf("User-Agent %q", got)
			}
			w.Header().Add("Content-Security-Policy", "frame-ancestors 'self'")
		default:
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}
	}))
	defer site.Close()
	stdout, stderr, code := command(t, "", "judge", "headers", "--json", site.URL+"/")
	if code != exitClean {
		t.Fatalf("exit status %d: %s", code, stderr)
	}
	var report headersReport
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatal(err)
	}
	if report.Target != site.URL || report.Assumed || report.Audience != "same-origin" || len(report.Via) != 2 || report.Status != 200 {
		t.Errorf("got %+v", report)
	}
	if _, stderr, code := command(t, "", "judge", "headers", site.URL+"/endless"); code != exitIncomplete || !strings.Contains(stderr, "redirects") {
		t.Errorf("endless redirects: exit status %d, standard error %q", code, stderr)
	}
	site.Close()
	if _, stderr, code := command(t, "", "judge", "headers", site.URL); code != exitIncomplete || stderr == "" {
		t.Errorf("a server that is gone: exit status %d, standard error %q", code, stderr)
	}
}

func TestJudgeHeadersRefusesWhatIsNoHeaderBlock(t *testing.T) {
	tests := []struct {
		name, in string
		args     []string
		want     string
	}{
		{"empty input", "", nil, "no header line"},
		{"prose", "hello world", nil, "no header line"},
		{"a target that is none", "X-A: 1", []string{"--target", "victim"}, "--target"},
		{"a file that is not there", "", []string{"example.org"}, "a URL starts with"},
		{"a target for a URL", "", []string{"--target", "https://a.example", "https://b.example"}, "--target"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, stderr, code := command(t, tt.in, append([]string{"judge", "headers"}, tt.args...)...)
			if code != exitUsage || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit status %d, standard error %q, want %q", code, stderr, tt.want)
			}
		})
	}
}

// FuzzParseHeaderBlock holds that no paste panics, and that what is found are
// lines of the paste.
func FuzzParseHeaderBlock(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\n\r\nbody")
	f.Add("< HTTP/2 200\n< a: b\n<")
	f.Add("\n\n a\n\x00:")
	f.Fuzz(func(t *testing.T, text string) {
		_, lines, err := parseHeaderBlock(text)
		if err != nil && lines != nil {
			t.Error("lines in spite of an error")
		}
		for _, line := range lines {
			if !strings.Contains(text, line) || strings.Contains(line, "\n") {
				t.Errorf("%q is no line of the paste", line)
			}
		}
		explainPage(headerPage{lines: lines}).text()
	})
}
