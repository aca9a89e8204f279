package report

import (
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A vectorRow is where an attacker stands and how old the cookie is; the two
// columns of its table are the browser's settings for third-party cookies.
type vectorRow struct {
	From             finding.From
	Cookie           finding.Age
	Allowed, Blocked *finding.Cell // nil: nobody answered for this position
}

var (
	fromOrder = []finding.From{finding.CrossSite, finding.Sibling, finding.OtherPort}
	ageOrder  = []finding.Age{finding.Fresh, finding.Aged}
)

// vectorTable folds a finding's vector into rows, in a fixed order.
func vectorTable(cells []finding.Cell) []vectorRow {
	var rows []vectorRow
	for i := range cells {
		c := &cells[i]
		at := slices.IndexFunc(rows, func(r vectorRow) bool { return r.From == c.From && r.Cookie == c.Cookie })
		if at < 0 {
			at = len(rows)
			rows = append(rows, vectorRow{From: c.From, Cookie: c.Cookie})
		}
		if c.ThirdParty == finding.ThirdPartyBlocked {
			rows[at].Blocked = c
		} else {
			rows[at].Allowed = c
		}
	}
	slices.SortStableFunc(rows, func(a, b vectorRow) int {
		if d := place(fromOrder, a.From) - place(fromOrder, b.From); d != 0 {
			return d
		}
		return place(ageOrder, a.Cookie) - place(ageOrder, b.Cookie)
	})
	return rows
}

// byModel says whether the policy engine answered for a position, because no
// browser needed to be asked.
func byModel(c *finding.Cell) bool { return c != nil && c.By == "model" }

// cellWord is the answer for a position in a reader's words.
func cellWord(c *finding.Cell) string {
	if byModel(c) {
		return shownAs(c.State) + "*"
	}
	return shownAs(c.State)
}

// accepted counts the forgeries that went through.
func accepted(attempts []finding.Attempt) int {
	n := 0
	for _, a := range attempts {
		if a.Accepted {
			n++
		}
	}
	return n
}
