package report

import (
	"fmt"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Verdict is the scan in one sentence without a full stop. It never says "safe":
// that nothing was proven is only worth what was put to the test.
func (r Report) Verdict() string {
	// A framing policy that an attack on one of its pages proved wanting is a finding
	// of its own, but not a further attack.
	provenCount := 0
	for _, f := range r.In(finding.Proven) {
		if !strings.HasPrefix(string(f.Weakness), "framing-") {
			provenCount++
		}
	}
	suspectedCount := r.suspicions()
	var s string
	switch {
	case provenCount > 0:
		s = count(provenCount, "attack") + " proven"
	case r.Run.Mode == "passive":
		s = "No attack was tried: the scan was passive"
	case r.End.Coverage.Tested == 0 && r.End.Coverage.Proofs == 0:
		s = "No attack was tried: there was nothing to put to the test"
	default:
		s = "No attack could be proven"
	}
	if suspectedCount > 0 {
		s += "; " + fmt.Sprint(suspectedCount) + " suspected"
	}
	if !r.End.Complete {
		s += "; the scan is incomplete"
	}
	return s
}

// shownAs is a state in a reader's words; strangers stand for themselves.
func shownAs(s finding.State) string {
	switch s {
	case finding.Refuted:
		return "protected"
	case finding.NotTestable:
		return "not testable"
	}
	return string(s)
}

// unseen says whether there is nothing that a score could be of.
func (r Report) unseen() bool {
	return !r.End.Complete && r.End.Coverage.Pages == 0 && r.End.Coverage.Routes == 0 && len(r.Findings) == 0
}

// Score is the score in words.
func (r Report) Score() string {
	if r.unseen() {
		return "none"
	}
	return fmt.Sprintf("%d of 100", r.End.Score.Value)
}

// Grade is the score's grade, with a question mark if the scan is incomplete, and no
// more than that where nothing was seen.
func (r Report) Grade() string {
	if r.unseen() {
		return "?"
	}
	if !r.End.Complete {
		return clean(r.End.Score.Grade) + "?"
	}
	return clean(r.End.Score.Grade)
}

// coverage says in a few parts what was looked at.
func (r Report) coverage() []string {
	c := r.End.Coverage
	parts := []string{
		fmt.Sprintf("%s on %s", count(c.Pages, "page"), count(c.Routes, "route")),
		identities(r.Run.Identities),
		fmt.Sprintf("%d of %s put to the test", c.Tested, count(c.Actions, "state-changing action")),
		count(c.Proofs, "browser proof"),
		count(c.Requests, "request"),
	}
	if c.Documented > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s reached", c.Reached, count(c.Documented, "documented operation")))
	}
	return parts
}

func identities(names []string) string {
	if len(names) == 0 {
		return "seen without a login"
	}
	return "seen as " + clean(strings.Join(names, ", "))
}

// changes says how much of the target was changed and how much of that is left.
func (r Report) changes() string {
	c := r.End.Coverage
	made, left := max(c.Mutations, len(r.Mutations)), max(c.Remaining, len(r.Remaining()))
	switch {
	case made == 0:
		return "nothing was changed on the target"
	case left == 0:
		return count(made, "change") + " made, all undone"
	}
	return fmt.Sprintf("%s made, %d undone, %d left behind", count(made, "change"), made-left, left)
}

// count is "1 page", "2 pages".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if base, ok := strings.CutSuffix(noun, "y"); ok {
		return fmt.Sprintf("%d %sies", n, base)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
