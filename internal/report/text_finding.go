package report

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func (p *page) route(group []finding.Finding) {
	p.section(clean(group[0].Endpoint.String()))
	for i, f := range group {
		if i > 0 {
			p.line()
		}
		p.finding(f)
	}
}

func (p *page) finding(f finding.Finding) {
	p.headline(f)
	p.labelled(4, "why", f.Why)
	p.labelled(4, "where", whereOf(f))
	p.evidence(f.Evidence)
	if f.Proof != nil {
		p.proof(f)
	}
	p.vector(f.Vector)
	p.fix(f)
	if f.State == finding.Proven {
		p.labelled(4, "again", "mantlet replay "+f.ID)
	}
}

// headline is the one line a reader skims: how far shown, how bad, what, which id.
// The id goes under the title where the line is too short for both.
func (p *page) headline(f finding.Finding) {
	left := fmt.Sprintf("  %s %s  ", p.ink.state(f.State), p.ink.severity(f))
	title, id := titleOf(f), clean(f.ID)
	room := p.width - lipgloss.Width(left)
	if gap := room - lipgloss.Width(title) - lipgloss.Width(id); gap >= 2 {
		p.line(left, p.ink.bold(title), strings.Repeat(" ", gap), p.ink.faint(id))
		return
	}
	for i, line := range wrap(title, room) {
		if i > 0 {
			left = strings.Repeat(" ", lipgloss.Width(left))
		}
		p.line(left, p.ink.bold(line))
	}
	p.labelled(4, "id", id)
}

// titleOf is the finding's own title, or the catalogue's.
func titleOf(f finding.Finding) string {
	if f.Title != "" {
		return clean(f.Title)
	}
	if d, ok := finding.Describe(f.Weakness); ok {
		return d.Title
	}
	return clean(string(f.Weakness))
}

func whereOf(f finding.Finding) string {
	s := f.Endpoint.URL + ", without a login"
	if f.Identity != "" {
		s = f.Endpoint.URL + " as " + f.Identity
	}
	if f.Framework != "" {
		s += ", framework " + f.Framework
	}
	const shown = 3
	var also []string
	for _, e := range f.Routes[:min(shown, len(f.Routes))] {
		also = append(also, e.String())
	}
	if rest := len(f.Routes) - shown; rest > 0 {
		also = append(also, fmt.Sprintf("%d more", rest))
	}
	if len(also) > 0 {
		s += "; also " + strings.Join(also, ", ")
	}
	return s
}

func (p *page) evidence(seen []finding.Evidence) {
	const shown = 2
	for i, e := range seen[:min(shown, len(seen))] {
		p.labelled(4, []string{"seen", ""}[min(i, 1)], e.Text)
	}
}

// proof says what changed, who re-read it, what was ruled out and what was tried.
func (p *page) proof(f finding.Finding) {
	label := "proof"
	if f.State != finding.Proven {
		label = "tested"
	}
	for _, r := range f.Proof.Reads {
		p.labelled(4, label, "read by the attacker: "+r.Where+" = "+r.Value)
		label = ""
	}
	for _, c := range f.Proof.Changes {
		p.labelled(4, label, changed(c))
		label = ""
	}
	p.labelled(4, label, reread(f.Proof))
	if n := len(f.Proof.Attempts); n > 0 {
		p.labelled(4, "tried", fmt.Sprintf("%d of %s accepted%s", accepted(f.Proof.Attempts), count(n, triedAs(f)), names(f.Proof.Attempts)))
	}
}

// triedAs is what an attempt is called: only what changes something is forged.
func triedAs(f finding.Finding) string {
	if f.Plan != nil && f.Plan.Kind != finding.PlanForge && f.Plan.Kind != finding.PlanFrame && f.Plan.Kind != finding.PlanChain {
		return "attempt"
	}
	return "forgery"
}

// names lists the forgeries that were accepted, each once however often it was tried.
func names(attempts []finding.Attempt) string {
	var list []string
	for _, a := range attempts {
		if a.Accepted && !slices.Contains(list, a.Variant) {
			list = append(list, a.Variant)
		}
	}
	if len(list) == 0 {
		return ""
	}
	return ": " + strings.Join(list, ", ")
}

func changed(c finding.Change) string {
	return fmt.Sprintf("%s: %s → %s", c.Where, orElse(excerpt(c.Before), "(nothing)"), orElse(excerpt(c.After), "(nothing)"))
}

// mostShown is how much of a value is shown to people; the files for programs have all.
const mostShown = 120

// excerpt is the beginning of a long value, and how long it is.
func excerpt(value string) string {
	runes := []rune(strings.Join(strings.Fields(value), " "))
	if len(runes) <= mostShown {
		return value
	}
	return fmt.Sprintf("%s… (%d characters)", string(runes[:mostShown]), len(runes))
}

// oracleText says where state was re-read.
func oracleText(names string) string {
	var texts []string
	for _, name := range strings.Split(names, "+") {
		texts = append(texts, orElse(oracles[name], name))
	}
	return strings.Join(texts, " and ")
}

// oracles names in words what re-read the state.
var oracles = map[string]string{"http": "over HTTP as the victim", "dynamodb": "in DynamoDB", "dynamodb-streams": "in DynamoDB Streams",
	finding.OracleLogin: "by logging in", finding.OracleRecipient: "over HTTP as another identity"}

// rereads says whether state was looked at again: where the attacker only read, what
// it got is the proof.
func rereads(proof *finding.Proof) bool { return len(proof.Changes) > 0 || len(proof.Reads) == 0 }

// reread says who vouches for the outcome of a test.
func reread(proof *finding.Proof) string {
	var parts []string
	if proof.Oracle != "" && rereads(proof) {
		parts = append(parts, "state re-read "+oracleText(proof.Oracle))
	}
	if proof.Marker != "" {
		parts = append(parts, "marker "+proof.Marker)
	}
	if proof.Profile != "" {
		parts = append(parts, "browser with "+proof.Profile)
	}
	if proof.Disguise != "" {
		parts = append(parts, "frame hidden by "+proof.Disguise)
	}
	for _, passed := range []bool{true, false} {
		if list := controls(proof.Controls, passed); list != "" {
			parts = append(parts, list)
		}
	}
	return strings.Join(parts, "; ")
}

func controls(all []finding.Control, passed bool) string {
	var list []string
	for _, c := range all {
		if c.Passed == passed {
			list = append(list, c.Name)
		}
	}
	outcome := "failed"
	if passed {
		outcome = "passed"
	}
	switch len(list) {
	case 0:
		return ""
	case 1:
		return "control " + list[0] + " " + outcome
	}
	return "controls " + strings.Join(list, ", ") + " " + outcome
}

// vector prints the positions as a small table of fixed columns.
func (p *page) vector(cells []finding.Cell) {
	rows := vectorTable(cells)
	if len(rows) == 0 {
		return
	}
	const from, age, column = 12, 8, 14 // with the lead, sixty cells: the narrowest page
	lead := strings.Repeat(" ", 4+labelWidth-2)
	p.line("    ", p.ink.faint(pad("from", labelWidth-2)), p.ink.faint(pad("attacker", from)+pad("cookie", age)+pad("3p allowed", column)+"3p blocked"))
	for _, r := range rows {
		p.line(lead, pad(clean(string(r.From)), from), pad(clean(string(r.Cookie)), age), p.cell(r.Allowed, column), p.cell(r.Blocked, 0))
	}
	note := "3p: third-party cookies"
	if slices.ContainsFunc(rows, func(r vectorRow) bool { return byModel(r.Allowed) || byModel(r.Blocked) }) {
		note += "; *: follows from the browser's rules, not run"
	}
	for _, line := range wrap(note, p.width-len(lead)) {
		p.line(lead, p.ink.faint(line))
	}
}

func (p *page) cell(c *finding.Cell, width int) string {
	if c == nil {
		return p.ink.faint(pad("·", width))
	}
	return p.ink.word(c.State, pad(clean(cellWord(c)), width))
}

// hintLines is how much of a repair the terminal shows; explain shows all of it.
const hintLines = 3

// fix prints the first sentences of the repair and where to read the rest.
func (p *page) fix(f finding.Finding) {
	d, ok := finding.Describe(f.Weakness)
	if !ok {
		return
	}
	label, text := "fix", sentences(hint(d, f.Framework), hintLines*(p.width-4-labelWidth))
	if text != "" {
		p.labelled(4, label, text)
		label = ""
	}
	p.labelled(4, label, "mantlet explain "+string(f.Weakness))
}

// hint is the prose with which the framework's repair begins, or the general one
// where that begins with code, or else the first prose of the general one.
func hint(d finding.Description, framework string) string {
	for _, text := range []string{d.Remedy(framework), d.Remedies[finding.AnyFramework]} {
		if blocks := markdown(text); len(blocks) > 0 && blocks[0].Kind == paragraph {
			return blocks[0].plain()
		}
	}
	for _, b := range markdown(d.Remedies[finding.AnyFramework]) {
		if b.Kind == paragraph {
			return b.plain()
		}
	}
	return ""
}

// sentences gives as many leading sentences of text as fit into size bytes, at
// least one.
func sentences(text string, size int) string {
	end := 0
	for i := range text {
		if strings.HasPrefix(text[i:], ". ") {
			if end > 0 && i+1 > size {
				break
			}
			end = i + 1
		}
	}
	if end == 0 || len(text) <= size {
		return text
	}
	return text[:end]
}
