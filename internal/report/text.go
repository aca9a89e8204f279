package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Options say how text is laid out.
type Options struct {
	// Color allows escape sequences; false prints characters only.
	Color bool
	// Width is the terminal's, in cells; 0 means 80, less than 60 is taken as 60.
	Width int
	// Exit is the exit status and what it means, in words; the command decides both.
	// "" prints no such line.
	Exit string
}

// Text writes r for a person at a terminal: findings grouped by route, what was
// tested and held, what was left changed or not looked at, and the verdict last,
// where a reader who just ran a scan looks first.
func Text(w io.Writer, r Report, o Options) error {
	if o.Width == 0 {
		o.Width = 80
	}
	p := &page{ink: inks(o.Color), width: max(o.Width, 60)}
	p.head(r)
	main, beside := apart(r.Findings)
	for _, group := range byRoute(main) {
		p.route(group)
	}
	p.protected(r.Refuted)
	p.besides(beside)
	p.remaining(r.Remaining())
	p.skips(r.Skips)
	p.foot(r, o.Exit)
	if _, err := io.WriteString(w, p.out.String()); err != nil {
		return fmt.Errorf("write text report: %w", err)
	}
	return nil
}

// byRoute groups findings by where they stand; groups and their members keep the
// report's order, so the worst place comes first.
func byRoute(findings []finding.Finding) [][]finding.Finding {
	at := map[string]int{}
	var groups [][]finding.Finding
	for _, f := range findings {
		key := f.Endpoint.String()
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}

// A page is text under way to a terminal of a known width.
type page struct {
	out   strings.Builder
	ink   palette
	width int
}

// line writes one line as it is.
func (p *page) line(parts ...string) {
	p.out.WriteString(strings.TrimRight(strings.Join(parts, ""), " "))
	p.out.WriteByte('\n')
}

// labelWidth is the column in which what belongs to a label begins.
const labelWidth = 11

// labelled writes text behind a label, wrapped, with the following lines under the
// first. Nothing is written for an empty text.
func (p *page) labelled(indent int, label, text string) {
	column := indent + labelWidth - 2
	for i, line := range wrap(clean(text), p.width-column) {
		if i == 0 {
			p.line(strings.Repeat(" ", indent), p.ink.faint(pad(label, column-indent)), line)
		} else {
			p.line(strings.Repeat(" ", column), line)
		}
	}
}

func (p *page) section(title string) {
	p.line()
	p.line(p.ink.bold(title))
}

func (p *page) head(r Report) {
	p.line(p.ink.bold(clean(r.Run.Tool)), p.ink.faint(fmt.Sprintf(" · %s scan · %s", clean(r.Run.Mode), r.Run.Started.UTC().Format("2006-01-02 15:04 UTC"))))
	p.labelled(0, "target", strings.Join(r.Run.Targets, "  "))
	p.labelled(0, "as", orElse(strings.Join(r.Run.Identities, ", "), "nobody: no identity is configured"))
	p.labelled(0, "browser", orElse(r.Run.Browser, "none: nothing could be proven in a browser"))
	p.labelled(0, "allowed", r.Run.Consent)
}

func (p *page) protected(refuted []finding.Finding) {
	if len(refuted) == 0 {
		return
	}
	p.section("Tested and protected, by what was attempted")
	for _, held := range byRoute(refuted) {
		var against []string
		for _, f := range held {
			text := string(f.Weakness)
			if n := triesOf(f); n > 0 {
				text += fmt.Sprintf(" (%s)", count(n, triedAs(f)))
			}
			against = append(against, text)
		}
		p.bullet(p.ink.good("✓"), fmt.Sprintf("%s: %s", held[0].Endpoint, strings.Join(against, ", ")))
	}
}

// triesOf counts the forgeries that were sent for f.
func triesOf(f finding.Finding) int {
	if f.Proof == nil {
		return 0
	}
	return len(f.Proof.Attempts)
}

// mostChanges is how many changes are shown of those that requests to one endpoint left.
const mostChanges = 6

func (p *page) remaining(left []finding.Mutation) {
	if len(left) == 0 {
		return
	}
	p.section("Changes left on the target")
	for _, l := range leftovers(left) {
		p.bullet(p.ink.bad("!"), fmt.Sprintf("%s (%s): %s", l.at, count(l.requests, "request"), strings.Join(l.notes, "; ")))
		for _, c := range l.changes[:min(len(l.changes), mostChanges)] {
			p.labelled(4, "", changed(c))
		}
		if more := len(l.changes) - mostChanges; more > 0 {
			p.labelled(4, "", count(more, "further change")+" there: see the files of the report")
		}
	}
}

func (p *page) skips(skips []finding.Skip) {
	if len(skips) == 0 {
		return
	}
	p.section("Not looked at")
	for _, s := range skips {
		mark := p.ink.faint("–")
		if s.Incomplete {
			mark = p.ink.bad("!")
		}
		p.bullet(mark, s.What+": "+s.Why)
	}
}

func (p *page) bullet(mark, text string) {
	for i, line := range wrap(clean(text), p.width-4) {
		if i == 0 {
			p.line("  ", mark, " ", line)
		} else {
			p.line("    ", line)
		}
	}
}

func (p *page) foot(r Report, exit string) {
	p.line()
	p.line(p.ink.faint(strings.Repeat("─", p.width)))
	verdict := p.ink.good
	if len(r.In(finding.Proven)) > 0 {
		verdict = p.ink.bad
	}
	p.line(p.ink.faint(pad("verdict", labelWidth-2)), verdict(r.Verdict()))
	for _, why := range r.End.Why {
		p.labelled(0, "", why)
	}
	p.line(p.ink.faint(pad("score", labelWidth-2)), p.ink.bold(r.Score()+", grade "+r.Grade()),
		p.ink.faint(" (formula "+clean(r.End.Score.Formula)+")"))
	p.labelled(0, "counts", r.counts())
	p.labelled(0, "coverage", strings.Join(r.coverage(), ", "))
	p.labelled(0, "changes", r.changes())
	p.labelled(0, "exit", exit)
	p.next(r.Findings)
}

// counts names how many findings there are in each state.
func (r Report) counts() string {
	s := fmt.Sprintf("%d proven, %d suspected, %d not testable, %d tested and protected",
		len(r.In(finding.Proven)), r.suspicions(), len(r.In(finding.NotTestable)), len(r.Refuted))
	if _, beside := apart(r.Findings); len(beside) > 0 {
		s += fmt.Sprintf(", %d on configuration and exposure", len(beside))
	}
	return s
}

// next names the commands that lead on from the worst finding.
func (p *page) next(findings []finding.Finding) {
	if len(findings) == 0 {
		return
	}
	worst := findings[0]
	if worst.State == finding.Proven {
		p.labelled(0, "next", "mantlet replay "+worst.ID)
		p.labelled(0, "", "mantlet explain "+string(worst.Weakness))
		return
	}
	p.labelled(0, "next", "mantlet explain "+string(worst.Weakness))
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
