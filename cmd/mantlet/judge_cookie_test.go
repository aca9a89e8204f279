package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/corpus"
)

// judged runs one judge command on input and gives its answers, complaints and
// exit status.
func judged(t *testing.T, newCommand string, input string, args ...string) (answers []map[string]any, complaints string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	e := &env{stdin: strings.NewReader(input), stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }}
	cmd := newJudgeCookieCommand(e)
	if newCommand == "request" {
		cmd = newJudgeRequestCommand(e)
	}
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if args == nil {
		args = []string{}
	}
	cmd.SetArgs(args)
	if err := cmd.Execute(); err != nil {
		var exit exitError
		if !errors.As(err, &exit) {
			t.Fatalf("not an exit status: %v", err)
		}
		code = exit.code
	}
	lines := bufio.NewScanner(&stdout)
	for lines.Scan() {
		var answer map[string]any
		if err := json.Unmarshal(lines.Bytes(), &answer); err != nil {
			t.Fatalf("answer %q: %v", lines.Text(), err)
		}
		answers = append(answers, answer)
	}
	return answers, stderr.String(), code
}

func TestJudgeCookieAgreesWithTheRecordedBrowser(t *testing.T) {
	rows, err := os.ReadFile("../../policy/testdata/corpus/cookies.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	answers, complaints, code := judged(t, "cookie", string(rows), "-")
	if code != exitClean || complaints != "" {
		t.Fatalf("exit status %d, complaints %q", code, complaints)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(rows)), "\n") {
		var row corpus.CookieRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"id": row.ID, "stored": row.Stored, "sent": row.Sent,
			"sent_3pc_blocked": row.SentBlocked, "stored_3pc_blocked": row.StoredBlocked(),
		}
		for key, w := range want {
			if answers[i][key] != w {
				t.Errorf("%s: %s = %v, want %v (%v)", row.ID, key, answers[i][key], w, answers[i]["reason"])
			}
		}
	}
}

func TestJudgeCookieKeepsBadLinesInStep(t *testing.T) {
	answers, complaints, code := judged(t, "cookie", strings.Join([]string{
		`{"id":7,"set":"k=1","ctx":"cross-site-link"}`,
		``,
		`{"id":"b","set":"k=1","ctx":"nowhere"}`,
		`not JSON`,
		`{"id":"d","ctx":"cross-site-link"}`,
		`{"id":"e","set":"k=1; SameSite=Strict","ctx":"cross-site-favicon"}`,
		`{"id":"f","set":"k=ü€","ctx":"cross-site-link"}`,
	}, "\n"))
	if code != exitUsage {
		t.Errorf("exit status %d, want %d", code, exitUsage)
	}
	verdicts := []any{"sent", "error", "error", "error", "stored", "error"}
	if len(answers) != len(verdicts) {
		t.Fatalf("%d answers, want %d: %v", len(answers), len(verdicts), answers)
	}
	for i, want := range verdicts {
		if answers[i]["verdict"] != want {
			t.Errorf("answer %d is %v, want verdict %v", i+1, answers[i], want)
		}
	}
	if answers[0]["id"] != float64(7) || answers[1]["id"] != "b" {
		t.Errorf("ids are not given back as they came: %v", answers[:2])
	}
	for _, want := range []string{"line 3: no context", "line 4:", `line 5: a cookie case needs "set"`, "line 7:"} {
		if !strings.Contains(complaints, want) {
			t.Errorf("complaints lack %q:\n%s", want, complaints)
		}
	}
}
