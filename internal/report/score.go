package report

import (
	"fmt"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Formula is the version of the published score, docs/score.md. Any change of a
// number or a rule below is a new version, because people compare scores of
// different days.
const Formula = "1"

// A weight is what a finding of one severity does to the score.
type weight struct {
	severity  finding.Severity
	ceiling   int // the score one proven finding leaves at most
	proven    int // taken off for every further proven finding
	suspected int // taken off for a suspected finding
}

// weights go from worst to mildest. Each ceiling is the top of a grade, so that
// the worst thing proven names the grade.
var weights = []weight{
	{finding.Critical, 39, 20, 8},
	{finding.High, 59, 12, 5},
	{finding.Medium, 74, 6, 3},
	{finding.Low, 89, 3, 1},
	{finding.Info, 100, 0, 0},
}

// A band is a grade and the lowest score that earns it.
type band struct {
	grade string
	from  int
}

var bands = []band{{"A", 90}, {"B", 75}, {"C", 60}, {"D", 40}, {"F", 0}}

// Score computes the published formula. It depends on nothing but the states and
// severities of findings, and not on their order. What was refuted or could not be
// tested neither costs nor earns anything.
//
// What was proven sets the grade. Suspicions lower the value within that grade and
// can never lower the grade itself, but for one step: they take an A to a B.
func Score(findings []finding.Finding) finding.Score {
	left, _ := proven(findings)
	value := max(left-suspected(findings), floor(left))
	return finding.Score{Value: value, Grade: grade(value), Formula: Formula}
}

// proven gives what proven findings leave of 100, and the worst of their weights,
// nil if nothing was proven.
func proven(findings []finding.Finding) (left int, worst *weight) {
	spent := 0
	for _, f := range findings {
		if f.State != finding.Proven {
			continue
		}
		w := weightOf(f.Severity)
		spent += w.proven
		if worst == nil || w.ceiling < worst.ceiling {
			worst = &w
		}
	}
	if worst == nil {
		return 100, nil
	}
	// The worst one is paid for by the ceiling.
	return max(0, worst.ceiling-(spent-worst.proven)), worst
}

func suspected(findings []finding.Finding) int {
	spent := 0
	for _, f := range findings {
		if f.State == finding.Suspected {
			spent += weightOf(f.Severity).suspected
		}
	}
	return spent
}

// floor is how far suspicions may take a score that proofs left at value.
func floor(value int) int {
	for _, b := range bands[1:] { // an A has no floor of its own: it can become a B
		if value >= b.from {
			return b.from
		}
	}
	return 0
}

func grade(value int) string {
	for _, b := range bands {
		if value >= b.from {
			return b.grade
		}
	}
	return bands[len(bands)-1].grade
}

func weightOf(s finding.Severity) weight {
	for _, w := range weights {
		if w.severity == s {
			return w
		}
	}
	return weights[len(weights)-1]
}

// A Step is one line of how a score came about: what was counted, and the score
// after it.
type Step struct {
	Text string
	Left int
}

// Explain gives the way from 100 to Score(findings), one Step for each rule that
// had something to say. The last Step holds the score.
func Explain(findings []finding.Finding) []Step {
	steps := []Step{{"Every site begins with 100.", 100}}
	left, worst := proven(findings)
	if worst != nil {
		steps = append(steps, Step{fmt.Sprintf("The worst proven finding is %s: at most %d is left (grade %s).",
			worst.severity, worst.ceiling, grade(worst.ceiling)), worst.ceiling})
	}
	if worst != nil && left != worst.ceiling {
		steps = append(steps, Step{"Further proven findings: " + tally(findings, finding.Proven, worst) + ".", left})
	}
	if cost := suspected(findings); cost > 0 {
		text := fmt.Sprintf("Suspected findings: %s.", tally(findings, finding.Suspected, nil))
		score := max(left-cost, floor(left))
		if score != left-cost {
			text += fmt.Sprintf(" Suspicions take it no lower than %d.", floor(left))
		}
		steps = append(steps, Step{text, score})
	}
	return steps
}

// tally spells a sum out, "2 medium at 6, 1 low at 3"; one of the severity of
// except, if given, is left out of it.
func tally(findings []finding.Finding, state finding.State, except *weight) string {
	var terms []string
	for _, w := range weights {
		cost, count := w.suspected, 0
		if state == finding.Proven {
			cost = w.proven
		}
		if except != nil && except.severity == w.severity {
			count--
		}
		for _, f := range findings {
			if f.State == state && weightOf(f.Severity) == w {
				count++
			}
		}
		if count > 0 && cost > 0 {
			terms = append(terms, fmt.Sprintf("%d %s at %d", count, w.severity, cost))
		}
	}
	return strings.Join(terms, ", ")
}
