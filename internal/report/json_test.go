package report

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func TestSavedStreamLooksAsItDid(t *testing.T) {
	var out strings.Builder
	if err := lines(&out, named(sample(t))); err != nil {
		t.Fatal(err)
	}
	golden(t, "stream.jsonl", out.String())
}

// A stream that was saved by an earlier version still gives the report it gave.
func TestSavedStreamGivesTheSameReport(t *testing.T) {
	file, err := os.Open("testdata/stream.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	saved, err := FromJSONL(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "text-80.txt", textOf(t, saved, Options{Exit: "1: findings at or above high"}))
}

func TestJSONIsTheReportAndWhatItsWeaknessesMean(t *testing.T) {
	want := named(sample(t))
	var out strings.Builder
	if err := JSON(&out, want); err != nil {
		t.Fatal(err)
	}
	var got document
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.Report, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(finding.File{}, "Data")); diff != "" {
		t.Errorf("the report changed on the way (-want +got):\n%s", diff)
	}
	if got.Verdict != "3 attacks proven; 2 suspected" || got.Grade != "D" || got.Counts != (counted{3, 2, 1, 2}) {
		t.Errorf("summary: %q %q %+v", got.Verdict, got.Grade, got.Counts)
	}
	for _, f := range append(want.In(finding.Proven), want.Refuted...) {
		entry := got.Weaknesses[f.Weakness]
		if len(entry.CWE) == 0 || len(entry.OWASPAPI) == 0 || entry.Remedies["fastapi"] == "" {
			t.Errorf("%s is not described: %+v", f.Weakness, entry)
		}
	}
}
