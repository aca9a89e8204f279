package main

import (
	"strings"
	"testing"
)

func TestJudgeRequestAnswersInOrder(t *testing.T) {
	answers, complaints, code := judged(t, "request", strings.Join([]string{
		`{"id":"own","scheme":"https","host":"app.example","method":"POST","path":"/x","headers":["Origin: https://app.example"],"rules":{}}`,
		`{"id":"evil","scheme":"https","host":"app.example","method":"POST","path":"/x","headers":["Origin: https://evil.example"]}`,
		`{"id":"listed","host":"app.example","method":"POST","headers":{"Origin":"https://evil.example"},"rules":{"trusted_origins":["https://evil.example"]}}`,
		`{"id":"twice","host":"app.example","method":"POST","headers":{"Origin":["https://app.example","https://evil.example"]}}`,
		`{"id":"token","host":"app.example","method":"POST","headers":["Cookie: s=1"],"token":"valid","rules":null}`,
		`{"id":"override","host":"app.example","path":"/x?_method=DELETE","headers":["Sec-Fetch-Site: cross-site"]}`,
		`{"id":"typo","host":"app.example","rules":{"trusted_orgins":[]}}`,
		`{"id":"mood","host":"app.example","token":"good"}`,
		`{"id":"nowhere"}`,
		`[1]`,
		`{"id":"line","host":"app.example","headers":["no colon"]}`,
		`{"id":"last","host":"app.example","method":"TRACE"}`,
	}, "\n"))
	want := []string{
		"own allow own-origin", "evil deny foreign-origin", "listed allow trusted-origin", "twice deny ambiguous-header",
		"token allow valid-token", "override deny cross-site", "typo error parse", "mood error token", "nowhere error a request",
		" error read", "line error header", "last deny method-not-allowed",
	}
	if len(answers) != len(want) {
		t.Fatalf("%d answers, want %d", len(answers), len(want))
	}
	for i, w := range want {
		got := strings.Join([]string{answers[i]["id"].(string), answers[i]["verdict"].(string), answers[i]["reason"].(string)}, " ")
		if !strings.HasPrefix(got, w) {
			t.Errorf("answer %d: got %q, want %q", i+1, got, w)
		}
	}
	if code != exitUsage {
		t.Errorf("exit status %d, want %d", code, exitUsage)
	}
	if !strings.Contains(complaints, `line 7: parse rules: unknown key "trusted_orgins"`) {
		t.Errorf("complaints do not name the unknown key:\n%s", complaints)
	}
}

func TestJudgeNamesAFileItCannotRead(t *testing.T) {
	_, _, code := judged(t, "request", "", "testdata/no-such-file.jsonl")
	if code != exitUsage {
		t.Errorf("exit status %d, want %d", code, exitUsage)
	}
}

// FuzzJudgeLines holds: whatever the line, there is one answer and no panic.
func FuzzJudgeLines(f *testing.F) {
	f.Add(`{"id":1,"host":"a","headers":{"X":[]},"rules":{"hosts":"a"}}`)
	f.Add(`{"id":{},"set":"k=1","ctx":"cross-site-link"}`)
	contexts, err := loadContexts("")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line string) {
		line = strings.ReplaceAll(line, "\n", " ")
		for _, judge := range []func([]byte) (any, error){answerRequest, cookieJudge{contexts}.answer} {
			var out, complaints strings.Builder
			if _, err := answerLines(strings.NewReader(line), &out, &complaints, judge); err != nil {
				t.Fatal(err)
			}
			want := 1
			if isBlankLine([]byte(line)) {
				want = 0
			}
			if got := strings.Count(out.String(), "\n"); got != want {
				t.Fatalf("%d answers to %q, want %d", got, line, want)
			}
		}
	})
}
