package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/guardfile"
	"github.com/mantlet-dev/mantlet/internal/report"
	"github.com/mantlet-dev/mantlet/internal/scan"
	"github.com/mantlet-dev/mantlet/policy"
)

func provenLink() report.Report {
	e := finding.Endpoint{Method: "GET", Route: "/theme", URL: "http://127.0.0.1:1/theme"}
	action := finding.Action{Method: "GET", Route: e.Route, URL: e.URL, Fields: []finding.Field{{Name: "value", In: "query"}}}
	return report.Report{End: finding.End{Embedders: map[string][]string{"/widget": {"https://partner.example"}}}, Findings: []finding.Finding{
		{ID: finding.MakeID(finding.CSRFGet, e), Weakness: finding.CSRFGet, Endpoint: e, State: finding.Proven,
			Plan:  &finding.Plan{Kind: finding.PlanForge, Victim: "alice", Action: action, Variants: []finding.Variant{{Name: "as it is"}}},
			Proof: &finding.Proof{Attempts: []finding.Attempt{{Variant: "as it is", Accepted: true}}}},
		{ID: "csrf-token-in-url-1", Weakness: finding.CSRFTokenInURL, Endpoint: e, State: finding.Suspected},
	}}
}

func TestASuggestionIsWrittenWholeAndTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guard.yaml")
	l := loopFlags{suggest: path}
	job := scan.Job{Targets: []string{"http://127.0.0.1:1"}, Rules: policy.Rules{TrustedOrigins: []string{"https://sso.example"}}}
	var told bytes.Buffer
	if err := l.write(&told, provenLink(), job, "mantlet-report"); err != nil {
		t.Fatal(err)
	}
	file, err := guardfile.Load(path)
	if err != nil || file.Upstream != job.Targets[0] || len(file.Policy.Sensitive) != 1 || len(file.Policy.TrustedOrigins) != 1 {
		t.Errorf("got %+v, %v", file, err)
	}
	for _, want := range []string{"stops 1 proven finding\n", "policy.sensitive: /theme?", "mantlet guard --config " + path, "--again mantlet-report/run.jsonl",
		"csrf-token-in-url-1", "past the guard", "https://sso.example sends", "as the file says", "https://partner.example may frame /widget", "none declared: any Host"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("nothing says %q:\n%s", want, told.String())
		}
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestASuggestionReplacesAFileOnlyWithForce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guard.yaml")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	job := scan.Job{Targets: []string{"http://127.0.0.1:1"}}
	// A file that came while the scan ran is as safe as one that was there before.
	l := loopFlags{suggest: path}
	if err := l.write(&bytes.Buffer{}, provenLink(), job, ""); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Errorf("got %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != "mine" {
		t.Errorf("the file now holds %q", text)
	}
	look(t, nil, "--suggest", path, "http://127.0.0.1:1").expect(t, exitUsage, path, "was not touched", "--force")
	l.force = true
	if err := l.write(&bytes.Buffer{}, provenLink(), job, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := guardfile.Load(path); err != nil {
		t.Error(err)
	}
}

func TestWhereNothingWasProvenNothingIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guard.yaml")
	url := serve(t, safeSite)
	look(t, nil, "--mode", "passive", "--suggest", path, url).expect(t, exitClean, "was not written", "mantlet guard --upstream "+url)
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}

func TestTheLoopsFlagsAreCheckedBeforeTheScan(t *testing.T) {
	url := serve(t, safeSite)
	look(t, nil, "--suggest", filepath.Join(t.TempDir(), "none", "guard.yaml"), url).expect(t, exitUsage, "no folder")
	look(t, nil, "--again", filepath.Join(t.TempDir(), "run.jsonl"), url).expect(t, exitUsage, "--again", "run.jsonl")
	look(t, nil, "--mode", "passive", "--again", "run.jsonl", url).expect(t, exitUsage, "only look")
}

// What was proven and is not to be seen any more was not refuted.
func TestAProofThatCannotBeRepeatedIsIncomplete(t *testing.T) {
	path := filepath.Join(t.TempDir(), savedStream)
	saved := provenLink()
	saved.Run.Schema = "1"
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	encode := report.Encode(file)
	for _, m := range saved.Messages() {
		if err := encode.Handle(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	look(t, nil, "--fail-on", "none", "--again", path, serve(t, safeSite)).expect(t, exitIncomplete, "of 1 proof", "0 refuted", "not put to the test: csrf-get-")
}

func safeSite(w http.ResponseWriter, _ *http.Request) { safe(w, "<h1>hello</h1>") }
