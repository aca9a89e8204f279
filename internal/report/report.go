package report

import (
	"cmp"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A Report is a whole scan, in the order in which it is shown. As JSON it is the
// document form of scan.schema.json.
type Report struct {
	Run finding.Run `json:"run"`
	// Findings are the proven, the suspected and the not testable ones, in that
	// order, the worst first within each; what stands beside (finding.Beside) comes last.
	Findings []finding.Finding `json:"findings"`
	// Refuted are attacks that were carried out and had no effect: protection that
	// was tested. They are never counted as weaknesses.
	Refuted []finding.Finding `json:"refuted"`
	// Skips begin with those that make the scan incomplete.
	Skips []finding.Skip `json:"skips"`
	// Mutations stand in the order in which they were made.
	Mutations []finding.Mutation `json:"mutations"`
	End       finding.End        `json:"end"`
}

// A Collector assembles a Report from a stream. The zero value is ready; progress
// is passed over. A finding that comes again under the same id takes the place of
// the former one, unless only the former one was proven: a proof stands.
type Collector struct {
	run       finding.Run
	findings  map[string]finding.Finding
	skips     []finding.Skip
	mutations []finding.Mutation
	end       *finding.End
}

// Handle takes one message in; it never fails.
func (c *Collector) Handle(m finding.Message) error {
	switch {
	case m.Run != nil:
		c.run = *m.Run
	case m.Finding != nil:
		c.take(*m.Finding)
	case m.Skip != nil:
		if !slices.Contains(c.skips, *m.Skip) {
			c.skips = append(c.skips, *m.Skip)
		}
	case m.Mutation != nil:
		c.mutations = append(c.mutations, *m.Mutation)
	case m.End != nil:
		end := *m.End
		c.end = &end
	}
	return nil
}

func (c *Collector) take(f finding.Finding) {
	if c.findings == nil {
		c.findings = map[string]finding.Finding{}
	}
	if former, ok := c.findings[f.ID]; ok && former.State == finding.Proven && f.State != finding.Proven {
		return
	}
	c.findings[f.ID] = f
}

// Report gives what has arrived so far. Without an End the report says that the
// scan was cut off; without a score it gets one.
func (c *Collector) Report() Report {
	r := Report{
		Run:       c.run,
		Findings:  []finding.Finding{},
		Refuted:   []finding.Finding{},
		Skips:     append([]finding.Skip{}, c.skips...),
		Mutations: append([]finding.Mutation{}, c.mutations...),
	}
	for _, f := range c.findings {
		if f.State == finding.Refuted {
			r.Refuted = append(r.Refuted, f)
		} else {
			r.Findings = append(r.Findings, f)
		}
	}
	slices.SortFunc(r.Findings, byWeight)
	slices.SortFunc(r.Refuted, byWeight)
	slices.SortFunc(r.Skips, bySeriousness)
	if c.end == nil {
		r.End = finding.End{Why: []string{ErrTruncated.Error()}}
	} else {
		r.End = *c.end
	}
	if r.End.Score.Formula == "" {
		r.End.Score = Score(r.Findings)
	}
	return r
}

// Messages gives the report as a stream again, without progress.
func (r Report) Messages() []finding.Message {
	messages := []finding.Message{{Run: &r.Run}}
	for i := range r.Skips {
		messages = append(messages, finding.Message{Skip: &r.Skips[i]})
	}
	for i := range r.Mutations {
		messages = append(messages, finding.Message{Mutation: &r.Mutations[i]})
	}
	for _, list := range [][]finding.Finding{r.Findings, r.Refuted} {
		for i := range list {
			messages = append(messages, finding.Message{Finding: &list[i]})
		}
	}
	return append(messages, finding.Message{End: &r.End})
}

// In gives the findings in state s, in the report's order.
func (r Report) In(s finding.State) []finding.Finding {
	var found []finding.Finding
	for _, list := range [][]finding.Finding{r.Findings, r.Refuted} {
		for _, f := range list {
			if f.State == s {
				found = append(found, f)
			}
		}
	}
	return found
}

// Remaining gives the changes to the target that were not undone.
func (r Report) Remaining() []finding.Mutation {
	var left []finding.Mutation
	for _, m := range r.Mutations {
		if !m.Undone {
			left = append(left, m)
		}
	}
	return left
}

// shownOrder is the order of the states; a state it does not list comes last.
var shownOrder = []finding.State{finding.Proven, finding.Suspected, finding.NotTestable, finding.Refuted}

// byWeight orders findings as they are shown. The id makes the order total, so
// that two scans of the same site print alike.
func byWeight(a, b finding.Finding) int {
	return cmp.Or(
		cmp.Compare(truth(finding.Beside(a.Weakness)), truth(finding.Beside(b.Weakness))),
		cmp.Compare(place(shownOrder, a.State), place(shownOrder, b.State)),
		cmp.Compare(place(finding.Severities, a.Severity), place(finding.Severities, b.Severity)),
		cmp.Compare(b.CVSS.Score, a.CVSS.Score),
		cmp.Compare(a.Endpoint.Route, b.Endpoint.Route),
		cmp.Compare(a.Endpoint.Method, b.Endpoint.Method),
		cmp.Compare(a.ID, b.ID),
	)
}

// bySeriousness puts what makes a scan incomplete first. What was skipped is found
// concurrently, so the order of arrival means nothing.
func bySeriousness(a, b finding.Skip) int {
	return cmp.Or(cmp.Compare(truth(b.Incomplete), truth(a.Incomplete)), cmp.Compare(a.What, b.What), cmp.Compare(a.Why, b.Why))
}

// place is the index of v in order, or its length for a stranger.
func place[T comparable](order []T, v T) int {
	if i := slices.Index(order, v); i >= 0 {
		return i
	}
	return len(order)
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}
