package report

import (
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A site that was not reached is not shown like a good one.
func TestWhatWasNotSeenHasNoScore(t *testing.T) {
	r := Report{End: finding.End{Score: finding.Score{Value: 100, Grade: "A", Formula: "1"}, Why: []string{"cannot reach the target"}}}
	if r.Grade() != "?" || r.Score() != "none" || viewOf(r).Ring != 0 || strings.Contains(viewOf(r).RingClass, "A") {
		t.Errorf("an unseen site: %s, grade %s, %+v", r.Score(), r.Grade(), viewOf(r).RingClass)
	}
	r.End.Coverage.Pages, r.End.Coverage.Routes = 3, 2
	if r.Grade() != "A?" || r.Score() != "100 of 100" {
		t.Errorf("a site that was seen in part: %s, grade %s", r.Score(), r.Grade())
	}
}
