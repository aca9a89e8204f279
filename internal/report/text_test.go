package report

import (
	"flag"
	"os"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden holds got against testdata/name, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at it and run with -update if it is right. Got:\n%s", path, got)
	}
}

func textOf(t *testing.T, r Report, o Options) string {
	t.Helper()
	var out strings.Builder
	if err := Text(&out, r, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTextLooksAsItDid(t *testing.T) {
	o := Options{Exit: "1: findings at or above high"}
	golden(t, "text-80.txt", textOf(t, sample(t), o))
	o.Width = 120
	golden(t, "text-120.txt", textOf(t, sample(t), o))
	o.Color, o.Width = true, 100
	golden(t, "text-100-color.txt", textOf(t, sample(t), o))
}

func TestTextFitsTheTerminal(t *testing.T) {
	for width := 60; width <= 140; width += 7 {
		for line := range strings.Lines(textOf(t, sample(t), Options{Width: width, Color: true})) {
			if got := lipgloss.Width(strings.TrimRight(line, "\n")); got > width {
				t.Errorf("at %d columns this line takes %d: %q", width, got, line)
			}
		}
	}
}

// Every string of a report may come from the target; none of them may reach the
// terminal with anything but letters.
func TestTextPrintsNoControlCharactersOfTheTarget(t *testing.T) {
	out := textOf(t, hostile(t, "\x1b[2J\x1b]0;owned\x07\r\n\u202eevil\u009b31m\x00"), Options{})
	for _, r := range out {
		if r != '\n' && printable(r) < 0 {
			t.Fatalf("character %U was printed in %q", r, out)
		}
	}
	if !strings.Contains(out, "evil") {
		t.Error("the hostile text was not printed at all: this test shows nothing")
	}
	colored := textOf(t, hostile(t, "\x1b[2J"), Options{Color: true})
	if strings.Contains(colored, "\x1b[2J") {
		t.Error("an escape sequence of the target was printed beside our own")
	}
}

func TestVerdictNeverSaysSafe(t *testing.T) {
	for _, row := range []struct {
		name string
		r    Report
		want string
	}{
		{"proven", collect(t, finding.End{Complete: true}, "active", "proven high", "proven low", "suspected low"), "2 attacks proven; 1 suspected"},
		{"passive", collect(t, finding.End{Complete: true}, "passive", "suspected low"), "No attack was tried: the scan was passive; 1 suspected"},
		{"nothing to test", collect(t, finding.End{Complete: true}, "active"), "No attack was tried: there was nothing to put to the test"},
		{"tested", collect(t, finding.End{Complete: true, Coverage: finding.Coverage{Tested: 1}}, "active"), "No attack could be proven"},
		{"incomplete", collect(t, finding.End{Coverage: finding.Coverage{Tested: 1}}, "active"), "No attack could be proven; the scan is incomplete"},
	} {
		if got := row.r.Verdict(); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
	if got := collect(t, finding.End{}, "active", "proven high").Grade(); got != "D?" {
		t.Errorf("the grade of an incomplete scan is %q, want D?", got)
	}
}

// collect makes a report of findings given as "proven high".
func collect(t *testing.T, end finding.End, mode string, kinds ...string) Report {
	t.Helper()
	var c Collector
	all := []finding.Message{{Run: &finding.Run{Schema: Schema, Mode: mode}}}
	for _, f := range some(kinds...) {
		all = append(all, finding.Message{Finding: &f})
	}
	for _, m := range append(all, finding.Message{End: &end}) {
		if err := c.Handle(m); err != nil {
			t.Fatal(err)
		}
	}
	return c.Report()
}

func TestLongValuesAreCutForPeople(t *testing.T) {
	long := strings.Repeat("<td> cell </td>\n", 100)
	m := finding.Mutation{Changes: []finding.Change{{Where: "GET /log $.rows", Before: "short", After: long}}}
	shown := forPeople([]finding.Mutation{m})[0].Changes[0]
	if shown.Before != "short" || len(shown.After) > 200 || !strings.Contains(shown.After, "characters)") || m.Changes[0].After != long {
		t.Errorf("shown as %q, and the ledger holds %d characters", shown.After, len(m.Changes[0].After))
	}
	if text := changed(m.Changes[0]); len(text) > 250 {
		t.Errorf("in text: %q", text)
	}
}
