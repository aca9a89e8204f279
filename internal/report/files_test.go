package report

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func TestWriteDirThenFromFileGivesTheSameReport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	paths, err := WriteDir(dir, sample(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(dir, HTMLFile), filepath.Join(dir, JSONFile), filepath.Join(dir, JSONLFile)}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	got, err := FromFile(filepath.Join(dir, JSONLFile))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(named(sample(t)), got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the report changed on the way (-want +got):\n%s", diff)
	}
}

func TestWriteDirKeepsReportsPrivateAndLeavesNoDrafts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	for range 2 { // the second run replaces the first
		if _, err := WriteDir(dir, sample(t), Formats()); err != nil {
			t.Fatal(err)
		}
	}
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		} else {
			name, _ := filepath.Rel(dir, path)
			files = append(files, filepath.ToSlash(name))
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode().Perm(), want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"evidence/clickjacking-b158a6c2fb1f/1-screenshot-victim.png",
		"evidence/clickjacking-b158a6c2fb1f/2-screenshot-revealed.png",
		"evidence/clickjacking-b158a6c2fb1f/3-proof-html.html",
		"report.html", "report.json", "report.txt", "run.jsonl",
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestWriteDirRefusesAnUnknownFormatBeforeItWrites(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	_, err := WriteDir(dir, sample(t), []string{"html", "pdf"})
	if err == nil || !strings.Contains(err.Error(), `unknown format "pdf"`) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder was made all the same: %v", err)
	}
}

// A saved stream may come from anybody: its ids and names must not lead out of the
// folder, neither when it is read nor when it is written anew.
func TestNamesOfAStreamDoNotLeadOutOfTheFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("\x89PNG\r\n\x1a\nsecret"), 0o600); err != nil {
		t.Fatal(err)
	}
	inner := filepath.Join(dir, "inner")
	r := sample(t)
	worst := r.Findings[2]
	if worst.Proof == nil || len(worst.Proof.Files) == 0 {
		t.Fatal("the sample has no files where this test looks for them")
	}
	r.Findings[2].ID = "../../escaped"
	worst.Proof.Files[0].Kind = "../up"
	if _, err := WriteDir(inner, r, nil); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("beside the folder stand %v (%v)", left, err)
	}
	if err := os.Symlink(filepath.Join(dir, "secret"), filepath.Join(inner, "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../secret", "link", "/etc/passwd", "", "evidence"} {
		worst.Proof.Files[1].Name, worst.Proof.Files[1].Data = name, nil
		if err := os.Remove(filepath.Join(inner, JSONLFile)); err != nil {
			t.Fatal(err)
		}
		if _, err := WriteDir(inner, r, []string{"jsonl"}); err != nil {
			t.Fatal(err)
		}
		got, err := FromFile(filepath.Join(inner, JSONLFile))
		if err != nil {
			t.Fatal(err)
		}
		if file := got.Findings[2].Proof.Files[1]; file.Data != nil || !strings.Contains(file.Text, "missing") {
			t.Errorf("%q was read: %q", name, file.Text)
		}
	}
}

func TestEvidenceThatChangedIsNotShown(t *testing.T) {
	dir := t.TempDir()
	if _, err := WriteDir(dir, sample(t), nil); err != nil {
		t.Fatal(err)
	}
	shot := filepath.Join(dir, "evidence/clickjacking-b158a6c2fb1f/1-screenshot-victim.png")
	if err := os.WriteFile(shot, []byte("\x89PNG\r\n\x1a\nanother"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := FromFile(filepath.Join(dir, JSONLFile))
	if err != nil {
		t.Fatal(err)
	}
	file := got.Findings[2].Proof.Files[0]
	if file.Data != nil || !strings.Contains(file.Text, "not the one of the scan") {
		t.Errorf("an exchanged file was taken: %q", file.Text)
	}
}

func TestAStreamThatWasCutGivesAReportThatSaysSo(t *testing.T) {
	got, err := FromJSONL(strings.NewReader(opened), nil)
	if !errors.Is(err, ErrTruncated) {
		t.Errorf("got %v, want ErrTruncated", err)
	}
	if got.End.Complete || !strings.HasSuffix(got.Verdict(), "the scan is incomplete") || got.Grade() != "?" {
		t.Errorf("complete %v, verdict %q, grade %q", got.End.Complete, got.Verdict(), got.Grade())
	}
}

func TestAProofIsNotReplacedBySomethingLess(t *testing.T) {
	r := collect(t, finding.End{}, "active", "proven high")
	var c Collector
	for _, state := range []finding.State{finding.Suspected, finding.Refuted, finding.Proven, finding.Suspected} {
		f := r.Findings[0]
		f.State = state
		c.Handle(finding.Message{Finding: &f})
		if got := c.Report(); len(got.In(state)) != 1 && len(got.In(finding.Proven)) != 1 {
			t.Errorf("after %s: %+v", state, got.Findings)
		}
	}
	if got := c.Report(); len(got.In(finding.Proven)) != 1 || len(got.Findings) != 1 {
		t.Errorf("the proof is gone: %+v", got.Findings)
	}
}
