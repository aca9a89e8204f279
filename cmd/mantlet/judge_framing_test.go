package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// command runs one command line of Mantlet in process.
func command(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(context.Background(), args, &env{strings.NewReader(stdin), &out, &errs, func(string) string { return "" }})
	return out.String(), errs.String(), code
}

func TestJudgeFramingAnswersEveryCaseInOrder(t *testing.T) {
	tests := []struct{ name, in, verdict, reason string }{
		{"a blocked frame", `"headers":["X-Frame-Options: DENY"],"ancestors":["https://attacker.example"]`, "blocked", "frame-xfo-deny"},
		{"no ancestors", `"headers":["X-Frame-Options: DENY"]`, "framed", "frame-top-level"},
		{"a byte in disguise", `"headers":["X-Frame-Options: DENY\u00a0"],"ancestors":["https://attacker.example"]`, "framed", "frame-xfo-invalid"},
		{"no content", `"headers":["X-Frame-Options: DENY"],"status":204,"ancestors":["null"]`, "none", "frame-no-content"},
		{"a status line", `"status_line":"HTTP/1.1 205 Reset","ancestors":["null"]`, "none", "frame-no-content"},
		{"a download", `"headers":["Content-Disposition: attachment"],"ancestors":["null"]`, "none", "frame-download"},
		{"a redirect's headers do not count", `"hops":[{"origin":"https://victim.test","status":302,"headers":["X-Frame-Options: DENY"]}],"ancestors":["https://attacker.example"]`, "framed", "frame-unrestricted"},
		{"a page that goes on by script must be shown", `"hops":[{"origin":"https://victim.test","headers":["X-Frame-Options: DENY"],"then":"js"}],"ancestors":["https://attacker.example"]`, "blocked", "frame-xfo-deny"},
		{"paths do not matter after a redirect", `"headers":["Content-Security-Policy: frame-ancestors https://attacker.example/x"],"hops":[{"origin":"https://victim.test"}],"ancestors":["https://attacker.example"]`, "framed", "frame-ancestors-match"},
		{"the csp attribute is not told", `"embed":"iframe-csp","ancestors":["https://attacker.example"]`, "none", "embedder-decides"},
		{"the embedder's policy asks for more", `"docs":["page https://attacker.example Cross-Origin-Embedder-Policy: require-corp"],"ancestors":["https://attacker.example"]`, "none", "embedder-decides"},
		{"a response that opts in", `"headers":["Cross-Origin-Resource-Policy: cross-origin","Cross-Origin-Embedder-Policy: require-corp"],"docs":["page https://attacker.example Cross-Origin-Embedder-Policy: require-corp"],"ancestors":["https://attacker.example"]`, "framed", "frame-unrestricted"},
		{"mixed content", `"target":"http://victim.test","ancestors":["https://attacker.example"]`, "blocked", "frame-mixed-content"},
	}
	var in strings.Builder
	for _, tt := range tests {
		target := `"target":"https://victim.test",`
		if strings.Contains(tt.in, `"target"`) {
			target = ""
		}
		in.WriteString(`{"id":"` + tt.name + `",` + target + tt.in + "}\n")
	}
	stdout, stderr, code := command(t, in.String(), "judge", "framing")
	if code != exitClean || stderr != "" {
		t.Fatalf("exit status %d, standard error %q", code, stderr)
	}
	answers := strings.Split(strings.TrimSpace(stdout), "\n")
	if len(answers) != len(tests) {
		t.Fatalf("%d answers to %d cases", len(answers), len(tests))
	}
	for i, tt := range tests {
		want := `{"id":"` + tt.name + `","verdict":"` + tt.verdict + `","reason":"` + tt.reason + `"}`
		if answers[i] != want {
			t.Errorf("got  %s\nwant %s", answers[i], want)
		}
	}
}

func TestJudgeFramingNamesTheLineOfABadCaseAndGoesOn(t *testing.T) {
	in := strings.Join([]string{
		`{"id":"first","target":"https://victim.test"}`,
		`{"id":`,
		`{"id":7,"target":"victim.test"}`,
		`{"id":"wide","target":"https://victim.test","headers":["X: \u20ac"]}`,
		`{"id":"chain","target":"https://victim.test","ancestors":["https://a.example","HTTPS://b.example"]}`,
		`{"id":"hop","target":"https://victim.test","hops":[{"origin":""}]}`,
		`{"id":"last","target":"https://victim.test"}`,
	}, "\n")
	stdout, stderr, code := command(t, in, "judge", "framing", "-")
	if code != exitUsage {
		t.Errorf("exit status %d, want %d", code, exitUsage)
	}
	var verdicts []string
	for line := range strings.Lines(stdout) {
		var answer struct {
			ID      any    `json:"id"`
			Verdict string `json:"verdict"`
		}
		if err := json.Unmarshal([]byte(line), &answer); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		verdicts = append(verdicts, answer.Verdict)
	}
	if got, want := strings.Join(verdicts, " "), "framed error error error error error framed"; got != want {
		t.Errorf("verdicts %q, want %q", got, want)
	}
	for _, complaint := range []string{"line 2:", "line 3: target:", "line 4: headers:", "line 5: ancestor 2:", "line 6: hop 1:"} {
		if !strings.Contains(stderr, complaint) {
			t.Errorf("standard error does not say %q:\n%s", complaint, stderr)
		}
	}
}

func TestJudgeFramingAgreesWithTheRecordedBrowser(t *testing.T) {
	recorded := filepath.Join("..", "..", "policy", "testdata", "corpus", "framing.jsonl")
	rows, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := command(t, "", "judge", "framing", recorded)
	if code != exitClean {
		t.Fatalf("exit status %d: %s", code, stderr)
	}
	type row struct{ ID, Verdict, By, Reason string }
	decode := func(line string) (r row) {
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	answers := strings.Split(strings.TrimSpace(stdout), "\n")
	for i, line := range strings.Split(strings.TrimSpace(string(rows)), "\n") {
		want, got := decode(line), decode(answers[i])
		foreign := strings.HasPrefix(want.By, "embedder:") || strings.HasPrefix(want.By, "corp-")
		if want.ID != got.ID || !foreign && want.Verdict != "none" && want.Verdict != got.Verdict {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestJudgeFramingNeedsAFileThatIsThere(t *testing.T) {
	_, stderr, code := command(t, "", "judge", "framing", "no-such-file.jsonl")
	if code != exitUsage || !strings.Contains(stderr, "no-such-file.jsonl") {
		t.Errorf("exit status %d, standard error %q", code, stderr)
	}
}
