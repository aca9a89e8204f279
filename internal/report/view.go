package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A view is a Report laid out for the page's template, which decides nothing.
type view struct {
	Report
	Style     template.CSS
	Policy    string
	Verdict   string
	Tone      string // bad, warn, good
	Grade     string
	Ring      int // how much of it is drawn, of 100
	RingClass string
	Took      string
	Tiles     []tile
	Matrix    []matrixRow
	Cards     []card // findings, in order, without those that stand beside
	Beside    []card
	Title     string // of those
	Note      string
	Held      []card
	Coverage  []string
	Changes   string
	Steps     []Step
}

type tile struct {
	Number int
	Label  string
}

func viewOf(r Report) view {
	v := view{
		Report: r, Verdict: r.Verdict(), Tone: tone(r), Grade: r.Grade(), Coverage: r.coverage(), Changes: r.changes(),
		Ring: r.End.Score.Value, RingClass: "grade-" + grade(r.End.Score.Value),
	}
	if r.unseen() {
		v.Ring, v.RingClass = 0, "grade-none"
	}
	if took := r.End.Finished.Sub(r.Run.Started); took > 0 {
		v.Took = took.Round(time.Second).String()
	}
	v.Mutations = forPeople(r.Mutations)
	main, beside := apart(r.Findings)
	for _, state := range shownOrder {
		number := len(r.In(state))
		if state == finding.Suspected {
			number = r.suspicions()
		}
		v.Tiles = append(v.Tiles, tile{number, shownAs(state)})
	}
	v.Tiles = append(v.Tiles, tile{len(r.Remaining()), "changes left behind"})
	for i, f := range main {
		v.Cards = append(v.Cards, cardOf(f, fmt.Sprintf("finding-%d", i+1)))
	}
	onlyOnce(v.Cards)
	for i, f := range beside {
		v.Beside = append(v.Beside, cardOf(f, fmt.Sprintf("beside-%d", i+1)))
	}
	v.Title, v.Note = besideTitle, besideNote
	for i, f := range r.Refuted {
		v.Held = append(v.Held, cardOf(f, fmt.Sprintf("held-%d", i+1)))
	}
	v.Matrix = matrix(slices.Concat(v.Cards, v.Beside, v.Held))
	if r.End.Score == Score(r.Findings) {
		v.Steps = Explain(r.Findings)
	}
	return v
}

// forPeople are the mutations with long values cut.
func forPeople(mutations []finding.Mutation) []finding.Mutation {
	shown := slices.Clone(mutations)
	for i := range shown {
		shown[i].Changes = slices.Clone(shown[i].Changes)
		for j := range shown[i].Changes {
			c := &shown[i].Changes[j]
			c.Before, c.After = excerpt(c.Before), excerpt(c.After)
		}
	}
	return shown
}

func tone(r Report) string {
	switch {
	case len(r.In(finding.Proven)) > 0:
		return "bad"
	case !r.End.Complete || r.Run.Mode == "passive" || slices.ContainsFunc(r.Findings, troubles):
		return "warn"
	}
	return "good"
}

// troubles says whether f is more than a remark on the configuration.
func troubles(f finding.Finding) bool {
	return !finding.Beside(f.Weakness) || f.Severity != finding.Info
}

// A matrixRow counts the outcomes for one family of weaknesses.
type matrixRow struct {
	Name  string
	Cells []matrixCell
}

type matrixCell struct {
	State  finding.State
	Count  int
	Anchor string // of the first finding counted
}

// families are the rows of the matrix: what a weakness's name begins with, and
// whether its row is there although nothing of it was tried.
var families = []struct {
	prefix, name string
	always       bool
}{
	{"chain", "Chains", false},
	{"clickjacking", "Clickjacking", true},
	{"csrf", "Forged requests (CSRF)", true},
	{"cswsh", "Cross-site WebSocket", false},
	{"cors", "Cross-origin reading (CORS)", false},
	{"postmessage", "Cross-origin messages", false},
	{"auth", "Authentication", false},
	{"bola", "BOLA/IDOR", false},
	{"property", "Property authorization", false},
	{"race", "Race conditions", false},
	{"framing", "Framing policy", true},
	{"cookie", "Session cookies", true},
	{"beside", besideTitle, false},
	{"", "Others", false},
}

// matrix counts every card once.
func matrix(cards []card) []matrixRow {
	var rows []matrixRow
	for _, family := range families {
		row, total := matrixRow{Name: family.name}, 0
		for _, state := range []finding.State{finding.Proven, finding.Suspected, finding.Refuted, finding.NotTestable} {
			cell := matrixCell{State: state}
			for _, c := range cards {
				if c.State != state || familyOf(c.Weakness) != family.prefix {
					continue
				}
				if cell.Count++; cell.Count == 1 {
					cell.Anchor = c.Anchor
				}
			}
			total += cell.Count
			row.Cells = append(row.Cells, cell)
		}
		if family.always || total > 0 {
			rows = append(rows, row)
		}
	}
	return rows
}

func familyOf(w finding.Weakness) string {
	if finding.Beside(w) {
		return "beside"
	}
	prefix, _, _ := strings.Cut(string(w), "-")
	for _, family := range families {
		if family.prefix == prefix {
			return prefix
		}
	}
	return ""
}
