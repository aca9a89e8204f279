package accuracy

import (
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// An attack that is not seen again is not one that was stopped.
func TestOnlyRefutedProofsCloseTheLoop(t *testing.T) {
	email := at(finding.CSRF, "POST", "/email", finding.Proven)
	as := func(f finding.Finding, s finding.State) finding.Finding { f.State, f.Why = s, "so it is"; return f }
	for _, row := range []struct {
		name    string
		earlier []finding.Finding
		later   []finding.Finding
		holds   bool
		still   string
		open    string
	}{
		{name: "nothing was proven", holds: true},
		{name: "refuted", earlier: []finding.Finding{email}, later: []finding.Finding{as(email, finding.Refuted)}, holds: true},
		{name: "proven again", earlier: []finding.Finding{email}, later: []finding.Finding{as(email, finding.Proven)}, still: "POST /email: so it is"},
		{name: "absent", earlier: []finding.Finding{email}, open: "POST /email: not seen again"},
		{name: "not tested", earlier: []finding.Finding{email}, later: []finding.Finding{as(email, finding.NotTestable)}, open: "not-testable: so it is"},
		{name: "only suspected", earlier: []finding.Finding{email}, later: []finding.Finding{as(email, finding.Suspected)}, open: "suspected: so it is"},
		{name: "another proof", earlier: nil, later: []finding.Finding{email}, still: "POST /email"},
		{name: "what was not proven does not count", earlier: []finding.Finding{as(email, finding.Suspected)}, holds: true},
	} {
		c := Close(row.earlier, row.later)
		if c.Holds() != row.holds || !strings.Contains(strings.Join(c.Still, "\n"), row.still) || !strings.Contains(strings.Join(c.Open, "\n"), row.open) {
			t.Errorf("%s: got %+v", row.name, c)
		}
		if row.still == "" && len(c.Still) > 0 || row.open == "" && len(c.Open) > 0 {
			t.Errorf("%s: got %+v", row.name, c)
		}
	}
}

func TestWhatNoGuardCanStopIsLeftOut(t *testing.T) {
	email, other := at(finding.CSRF, "POST", "/email", finding.Proven), at(finding.BOLARead, "GET", "/notes/{id}", finding.Proven)
	stopped := email
	stopped.State = finding.Refuted
	beyond := func(f finding.Finding) bool { return f.Weakness == finding.BOLARead }
	if c := CloseWithin([]finding.Finding{email, other}, []finding.Finding{stopped, other}, beyond); !c.Holds() || c.Proven != 1 {
		t.Errorf("got %+v", c)
	}
	other.State = finding.Suspected
	if c := CloseWithin([]finding.Finding{email}, []finding.Finding{stopped, other}, beyond); !c.Holds() || len(c.Suspected) != 1 {
		t.Errorf("got %+v", c)
	}
	if c := CloseWithin([]finding.Finding{email}, []finding.Finding{stopped, email}, beyond); c.Holds() {
		t.Errorf("got %+v", c)
	}
}
