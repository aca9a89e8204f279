package report

import "github.com/mantlet-dev/mantlet/internal/finding"

// besideTitle heads what stands beside the attacks, with what is to be known of it.
const (
	besideTitle = "Configuration and exposure"
	besideNote  = "Read from answers that the scan saw, and put to no test."
)

// apart parts findings into what Mantlet is about and what stands beside it.
func apart(findings []finding.Finding) (main, beside []finding.Finding) {
	for _, f := range findings {
		if finding.Beside(f.Weakness) {
			beside = append(beside, f)
		} else {
			main = append(main, f)
		}
	}
	return main, beside
}

// suspicions counts what is suspected of attacks.
func (r Report) suspicions() int {
	main, _ := apart(r.In(finding.Suspected))
	return len(main)
}

// besides writes what stands beside, a few lines each: what it is, where, and what
// was seen. How to repair it is what `mantlet explain` is for.
func (p *page) besides(findings []finding.Finding) {
	if len(findings) == 0 {
		return
	}
	p.section(besideTitle)
	for _, line := range wrap(besideNote+" “mantlet explain NAME” says how to repair each.", p.width-2) {
		p.line("  ", p.ink.faint(line))
	}
	for _, f := range findings {
		p.line()
		p.remark(f)
	}
}

func (p *page) remark(f finding.Finding) {
	p.line("  ", p.ink.severity(f), "  ", p.ink.bold(titleOf(f)))
	p.labelled(4, "name", string(f.Weakness))
	p.labelled(4, "why", f.Why)
	p.labelled(4, "where", whereOf(f))
	p.evidence(f.Evidence)
}
