package accuracy

import (
	"fmt"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A Closed says what became of the proofs of one scan in another scan of the same
// application, after something was done about them.
type Closed struct {
	Proven  int `json:"proven"`  // by the earlier scan
	Refuted int `json:"refuted"` // of those, by the later one
	// Still are the findings that the later scan proved, known before or not.
	Still []string `json:"still_proven"`
	// Open are earlier proofs that the later scan neither proved nor refuted: it did
	// not get to see the place, or could not carry the attack out.
	Open []string `json:"open"`
	// Suspected is what the later scan still suspects, and why; what stands beside the
	// attacks (finding.Beside) is left out.
	Suspected []string `json:"suspected"`
}

// Close holds a later scan's findings, refuted ones among them, against the proofs
// of an earlier one. A finding is the same if its id is.
func Close(earlier, later []finding.Finding) Closed {
	c := Closed{Still: []string{}, Open: []string{}, Suspected: []string{}}
	for _, e := range earlier {
		if e.State != finding.Proven {
			continue
		}
		c.Proven++
		i := slices.IndexFunc(later, func(f finding.Finding) bool { return f.ID == e.ID })
		switch {
		case i < 0:
			c.Open = append(c.Open, line(e, "not seen again"))
		case later[i].State == finding.Refuted:
			c.Refuted++
		case later[i].State != finding.Proven:
			c.Open = append(c.Open, line(e, string(later[i].State)+": "+later[i].Why))
		}
	}
	for _, f := range later {
		switch {
		case f.State == finding.Proven:
			c.Still = append(c.Still, line(f, f.Why))
		case f.State == finding.Suspected && !finding.Beside(f.Weakness):
			c.Suspected = append(c.Suspected, line(f, f.Why))
		}
	}
	return c
}

// Holds says whether every proof was refuted and nothing is proven.
func (c Closed) Holds() bool { return c.Refuted == c.Proven && len(c.Still) == 0 }

func line(f finding.Finding, why string) string {
	return fmt.Sprintf("%s %s: %s", f.ID, f.Endpoint, why)
}
