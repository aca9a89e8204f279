package accuracy

import (
	"slices"
	"sort"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/lab"
)

// A Verdict is what a scan said about one fact.
type Verdict string

const (
	Proven    Verdict = "proven"
	Suspected Verdict = "suspected"
	Refuted   Verdict = "refuted"
	NotTested Verdict = "not-tested"
	None      Verdict = "none"
)

// A Row is one fact and the scan's verdict on it.
type Row struct {
	App       string  `json:"app"`
	Framework string  `json:"framework"`
	Variant   string  `json:"variant"`
	Endpoint  string  `json:"endpoint"`
	Weakness  string  `json:"weakness"`
	Truth     string  `json:"truth"`
	Verdict   Verdict `json:"verdict"`
	// Finding is the id of the finding that decided, "" for none.
	Finding string `json:"finding,omitempty"`
}

// Mark is a word for rows that are not as they should be, "" for the others.
func (r Row) Mark() string {
	found := r.Verdict == Proven || r.Verdict == Suspected
	switch {
	case r.Truth == lab.Safe && found:
		return "FALSE"
	case r.Truth == lab.Vulnerable && !found:
		return "MISSED"
	case r.Truth == lab.Vulnerable && r.Verdict == Suspected && r.provable():
		return "not proven"
	}
	return ""
}

// provable says whether the row's weakness is one that is attacked: what stands beside
// the attacks is read, and seen is all that it can be.
func (r Row) provable() bool { return !finding.Beside(finding.Weakness(r.Weakness)) }

// A Result is the whole comparison, in the form of accuracy.json.
type Result struct {
	Rows []Row `json:"rows"`
	// Recall is the share of vulnerable rows that were proven or suspected.
	Recall float64 `json:"recall"`
	// ProvenRecall is the share of vulnerable rows that were proven, of those whose
	// weakness is one that is attacked.
	ProvenRecall float64 `json:"proven_recall"`
	// FalseProven and FalseSuspected count findings above info on safe rows. What the
	// truth does not speak of is a safe row, too, on a variant that is safe throughout.
	FalseProven    int `json:"false_proven"`
	FalseSuspected int `json:"false_suspected"`
	// ByWeakness and ByFramework are the same counts, taken apart.
	ByWeakness  []Tally `json:"by_weakness"`
	ByFramework []Tally `json:"by_framework"`
	// Unlisted are findings above info that no row speaks of, for a person to judge.
	Unlisted []string `json:"unlisted,omitempty"`
	// Guarded are the weak applications behind the guard.
	Guarded []Guarded `json:"guarded,omitempty"`
}

// Compare decides every fact of t by the findings of a scan of that variant.
func Compare(t lab.Truth, findings []finding.Finding) Result {
	var result Result
	for _, fact := range t.Rows {
		result.addRow(t, fact, findings)
	}
	result.addUnlisted(t, findings)
	result.count()
	return result
}

func (r *Result) addRow(t lab.Truth, fact lab.TruthRow, findings []finding.Finding) {
	row := Row{App: t.App, Framework: t.Framework, Variant: t.Variant,
		Endpoint: fact.Endpoint, Weakness: fact.Weakness, Truth: fact.Truth, Verdict: None}
	for _, f := range findings {
		if v := verdictOn(fact, f); rank(v) > rank(row.Verdict) {
			row.Verdict, row.Finding = v, f.ID
		}
	}
	r.Rows = append(r.Rows, row)
}

// Signature lists findings as they have to be the same in every scan of the same
// application: id, state and severity, sorted.
func Signature(findings []finding.Finding) []string {
	var lines []string
	for _, f := range findings {
		lines = append(lines, f.ID+" "+string(f.State)+" "+string(f.Severity))
	}
	sort.Strings(lines)
	return lines
}

// Join puts the results of several scans together and counts anew.
func Join(results ...Result) Result {
	var all Result
	for _, r := range results {
		all.Rows = append(all.Rows, r.Rows...)
		all.Unlisted = append(all.Unlisted, r.Unlisted...)
		all.Guarded = append(all.Guarded, r.Guarded...)
	}
	all.count()
	return all
}

// verdictOn is what one finding says of one row of the truth, None if it is about
// something else.
func verdictOn(fact lab.TruthRow, f finding.Finding) Verdict {
	if !speaksOf(fact, f) || !sameFlaw(fact, f) {
		return None
	}
	if fact.Truth == lab.Safe && f.Severity == finding.Info && f.State != finding.Refuted {
		return None // a remark, not an alarm
	}
	switch f.State {
	case finding.Proven:
		return Proven
	case finding.Suspected:
		return Suspected
	case finding.Refuted:
		return Refuted
	}
	return NotTested
}

// sameFlaw says whether a finding at the place of a row is about the row's flaw.
// Which of the names of forged requests a place gets is a question of root cause,
// so any of them will do; headers and cookies have one name each. A row may name a
// whole family, and names that are not Mantlet's count as their family.
func sameFlaw(fact lab.TruthRow, f finding.Finding) bool {
	if fact.Weakness == string(f.Weakness) {
		return true
	}
	of, by := family(fact.Weakness), family(string(f.Weakness))
	_, ours := finding.Describe(finding.Weakness(fact.Weakness))
	if of == by {
		return of == "csrf" || fact.Weakness == of || !ours
	}
	if of == "framing" && by == "clickjacking" {
		return fact.Weakness == of || !ours
	}
	return of == "clickjacking" && by == "framing" && framable(fact, f)
}

// framable says whether f tells a reader of the truth what matters of a page that
// is open to clickjacking: that strangers may frame it. It is no proof of a click.
func framable(fact lab.TruthRow, f finding.Finding) bool {
	return fact.Truth == lab.Vulnerable && f.State == finding.Suspected && f.Severity != finding.Info
}

func speaksOf(fact lab.TruthRow, f finding.Finding) bool {
	if covers(fact, f.Endpoint) {
		return true
	}
	for _, e := range f.Routes {
		if covers(fact, e) {
			return true
		}
	}
	return false
}

func rank(v Verdict) int {
	switch v {
	case Proven:
		return 4
	case Suspected:
		return 3
	case NotTested:
		return 2
	case Refuted:
		return 1
	}
	return 0
}

// addUnlisted adds alarms that no fact speaks of. On a variant that is safe throughout
// they are rows, and false by definition; elsewhere a person has to judge.
func (r *Result) addUnlisted(t lab.Truth, findings []finding.Finding) {
	vulnerable := func(fact lab.TruthRow) bool { return fact.Truth != lab.Safe }
	allSafe := !slices.ContainsFunc(t.Rows, vulnerable)
	for _, f := range findings {
		alarm := (f.State == finding.Proven || f.State == finding.Suspected) && f.Severity != finding.Info
		switch {
		case !alarm || listed(t, f):
		case allSafe:
			fact := lab.TruthRow{Endpoint: f.Endpoint.String(), Weakness: string(f.Weakness), Truth: lab.Safe}
			r.addRow(t, fact, []finding.Finding{f})
		default:
			r.Unlisted = append(r.Unlisted, t.App+" "+t.Variant+": "+f.ID+" "+f.Endpoint.String()+" "+string(f.State))
		}
	}
	sort.Strings(r.Unlisted)
}

func listed(t lab.Truth, f finding.Finding) bool {
	for _, fact := range t.Rows {
		if speaksOf(fact, f) && (sameFlaw(fact, f) || family(fact.Weakness) == family(string(f.Weakness))) {
			return true
		}
	}
	return false
}

// count tallies the rows.
func (r *Result) count() {
	r.ByWeakness = tallies(r.Rows, func(row Row) string { return row.Weakness })
	r.ByFramework = tallies(r.Rows, func(row Row) string { return row.Framework })
	var all Tally
	for _, row := range r.Rows {
		all.add(row)
	}
	r.Recall, r.ProvenRecall = all.Recall()
	r.FalseProven, r.FalseSuspected = all.FalseProven, all.FalseSuspected
}
