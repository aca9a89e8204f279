package report

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// some builds findings from "proven high" and the like.
func some(kinds ...string) []finding.Finding {
	var all []finding.Finding
	for i, kind := range kinds {
		state, severity, _ := strings.Cut(kind, " ")
		all = append(all, finding.Finding{ID: fmt.Sprint(i), State: finding.State(state), Severity: finding.Severity(severity)})
	}
	return all
}

func TestScoreIsTheWorstProofAndThenTheRest(t *testing.T) {
	for _, row := range []struct {
		name  string
		kinds []string
		value int
		grade string
	}{
		{"nothing found", nil, 100, "A"},
		{"what was refuted earns and costs nothing", []string{"refuted high", "refuted low"}, 100, "A"},
		{"what could not be tested costs nothing", []string{"not-testable critical"}, 100, "A"},
		{"info costs nothing, even proven", []string{"proven info", "suspected info"}, 100, "A"},
		{"a severity nobody knows counts as info", []string{"proven purple"}, 100, "A"},
		{"one suspicion", []string{"suspected low"}, 99, "A"},
		{"suspicions take an A to a B", []string{"suspected high", "suspected high", "suspected low"}, 89, "B"},
		{"and no lower, however many", slices.Repeat([]string{"suspected critical"}, 50), 75, "B"},
		{"one proven low", []string{"proven low"}, 89, "B"},
		{"one proven medium", []string{"proven medium"}, 74, "C"},
		{"one proven high", []string{"proven high"}, 59, "D"},
		{"one proven critical", []string{"proven critical"}, 39, "F"},
		{"the second proof costs its weight", []string{"proven high", "proven high", "proven medium"}, 41, "D"},
		{"many proofs lower the grade", []string{"proven high", "proven high", "proven high"}, 35, "F"},
		{"never below nothing", slices.Repeat([]string{"proven critical"}, 9), 0, "F"},
		{"suspicions do not change the grade of proofs", append(slices.Repeat([]string{"suspected low"}, 90), "proven high"), 40, "D"},
		{"a proven low leaves suspicions the B", append(slices.Repeat([]string{"suspected low"}, 90), "proven low"), 75, "B"},
	} {
		got := Score(some(row.kinds...))
		if got.Value != row.value || got.Grade != row.grade || got.Formula != Formula {
			t.Errorf("%s: got %+v, want %d %s", row.name, got, row.value, row.grade)
		}
		steps := Explain(some(row.kinds...))
		if last := steps[len(steps)-1]; last.Left != row.value {
			t.Errorf("%s: the explanation ends at %d, the score is %d: %+v", row.name, last.Left, row.value, steps)
		}
	}
}

func TestScoreNeverRisesWithAFindingAndIgnoresOrder(t *testing.T) {
	states := []finding.State{finding.Proven, finding.Suspected, finding.Refuted, finding.NotTestable}
	random := rand.New(rand.NewPCG(1, 2))
	one := func() finding.Finding {
		return finding.Finding{State: states[random.IntN(len(states))], Severity: finding.Severities[random.IntN(len(finding.Severities))]}
	}
	for range 20_000 {
		var all []finding.Finding
		for range random.IntN(12) {
			all = append(all, one())
		}
		before := Score(all)
		if more := Score(append(slices.Clone(all), one())); more.Value > before.Value {
			t.Fatalf("a further finding raised %d to %d: %+v", before.Value, more.Value, all)
		}
		shuffled := slices.Clone(all)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if again := Score(shuffled); again != before {
			t.Fatalf("order changed %+v to %+v", before, again)
		}
		for i, f := range all {
			if f.State != finding.Suspected {
				continue
			}
			worse := slices.Clone(all)
			worse[i].State = finding.Proven
			if proof := Score(worse); proof.Value > before.Value {
				t.Fatalf("proving a suspicion raised %d to %d", before.Value, proof.Value)
			}
		}
	}
}

func TestEveryCeilingIsTheTopOfAGrade(t *testing.T) {
	tops := []int{100}
	for _, b := range bands[:len(bands)-1] {
		tops = append(tops, b.from-1)
	}
	for _, w := range weights {
		if !slices.Contains(tops, w.ceiling) {
			t.Errorf("a proven %s leaves %d, which is the top of no grade", w.severity, w.ceiling)
		}
	}
}

// The published tables are the constants, so that a reader can recompute a score.
func TestPublishedTablesAreTheConstants(t *testing.T) {
	page, err := os.ReadFile("../../docs/score.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	want.WriteString("| severity | one proven leaves at most | each further proven | each suspected |\n| --- | --- | --- | --- |\n")
	for _, w := range weights {
		fmt.Fprintf(&want, "| %s | %d (%s) | −%d | −%d |\n", w.severity, w.ceiling, grade(w.ceiling), w.proven, w.suspected)
	}
	want.WriteString("\n| grade | from |\n| --- | --- |\n")
	for _, b := range bands {
		fmt.Fprintf(&want, "| %s | %d |\n", b.grade, b.from)
	}
	for _, table := range strings.Split(strings.TrimSpace(want.String()), "\n\n") {
		if !strings.Contains(string(page), table) {
			t.Errorf("docs/score.md does not hold this table:\n%s", table)
		}
	}
	if !strings.Contains(string(page), "formula, version "+Formula) {
		t.Errorf("docs/score.md does not say that it is about version %s", Formula)
	}
}
