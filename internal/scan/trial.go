package scan

import (
	"context"
	"slices"
	"time"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/check"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/prove"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// A trial is what came of putting suspicions to the test.
type trial struct {
	findings  []finding.Finding
	mutations []finding.Mutation
	ordeals   ordeals
	proofs    int
}

// restoreTime bounds how long an interrupted scan goes on to undo its changes.
const restoreTime = 30 * time.Second

// put tries every suspicion that has a plan, in order, and undoes what it changed.
// Without consent to attack, or without proofs wanted, suspicions stay what they are.
func put(ctx context.Context, job Job, c crew, site *observe.Site, b *browsers, suspicions []finding.Finding, out *sink) trial {
	t := trial{findings: suspicions}
	if job.DryRun {
		return t
	}
	if !job.Grant.Active() || !job.Proofs {
		t.findings = withoutUnproven(suspicions)
		return t
	}
	bench, evil, err := openBench(ctx, job, c, site, b, out)
	if err != nil {
		out.skip(finding.Skip{What: "proofs", Why: err.Error(), Incomplete: true})
		t.findings = withoutUnproven(suspicions)
		return t
	}
	if evil != nil {
		defer evil.Close()
	}
	if err := bench.Watch(ctx); err != nil {
		out.skip(finding.Skip{What: "tables", Why: job.Grant.Redactor().Text(err.Error()), Incomplete: true})
	}
	t.run(ctx, bench, out)
	t.link(ctx, bench, out)
	tellOfTables(bench, out)
	out.progress("restore", 0, 0, "undo what was changed")
	undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreTime)
	defer cancel()
	t.mutations = bench.Restore(undo)
	return t
}

func (t *trial) run(ctx context.Context, bench *prove.Bench, out *sink) {
	t.findings = byAction(t.findings)
	t.ordeals = ordeals{tested: map[string]bool{}, links: map[string]bool{}, why: map[string]string{}}
	total, done := planned(t.findings), 0
	read := readFirst(ctx, bench, t.findings, total, out)
	var after []finding.Finding
	var tried check.Tried
	over := false // nothing more can be tried
	for i, f := range t.findings {
		if f.Plan != nil && !over && tried.Moot(f) {
			continue
		}
		r, known := read[i]
		if !known && f.Plan != nil && !over {
			out.progress("prove", done, total, "%s %s", f.Weakness, f.Endpoint)
			r.f, r.err = bench.Attempt(ctx, f)
			known = true
		}
		if known {
			f = r.f
			done++
			t.note(f)
		}
		after = append(after, f)
		tried.Note(f)
		if r.err != nil {
			out.skip(finding.Skip{What: string(f.Weakness) + " " + f.Endpoint.String(), Why: reason(r.err), Incomplete: true})
			over = over || stopped(r.err)
		}
	}
	t.findings = after
}

// note counts what came of an attempt.
func (t *trial) note(f finding.Finding) {
	t.ordeals.note(f)
	if f.Proof != nil && f.Proof.Browser != "" {
		t.proofs++
	}
}

// byAction brings plans on the same action together, in the order in which the first
// of each came, so that they can share what was learned and made for it.
func byAction(findings []finding.Finding) []finding.Finding {
	first := map[string]int{}
	place := func(f finding.Finding) int {
		if f.Plan == nil {
			return -1
		}
		return first[f.Plan.Action.Endpoint().String()]
	}
	for i, f := range findings {
		if f.Plan != nil {
			if at := f.Plan.Action.Endpoint().String(); first[at] == 0 {
				first[at] = i + 1
			}
		}
	}
	ordered := slices.Clone(findings)
	slices.SortStableFunc(ordered, func(a, b finding.Finding) int { return place(a) - place(b) })
	return ordered
}

// link tries the chains that what was proven makes possible.
func (t *trial) link(ctx context.Context, bench *prove.Bench, out *sink) {
	chains := check.Chains(t.findings)
	for i, f := range chains {
		if ctx.Err() != nil {
			return
		}
		out.progress("prove", i, len(chains), "%s %s", f.Weakness, f.Endpoint)
		tried, err := bench.Attempt(ctx, f)
		t.findings = append(t.findings, tried)
		if tried.Proof != nil && tried.Proof.Browser != "" {
			t.proofs++
		}
		if err != nil {
			out.skip(finding.Skip{What: string(f.Weakness) + " " + f.Endpoint.String(), Why: reason(err), Incomplete: true})
		}
	}
}

func planned(findings []finding.Finding) int {
	n := 0
	for _, f := range findings {
		if f.Plan != nil {
			n++
		}
	}
	return n
}

// withoutUnproven drops what was only worth a word if proven.
func withoutUnproven(suspicions []finding.Finding) []finding.Finding {
	var kept []finding.Finding
	for _, f := range suspicions {
		if f.Plan == nil || !f.Plan.OnlyIfProven {
			kept = append(kept, f)
		}
	}
	return kept
}

func openBench(ctx context.Context, job Job, c crew, site *observe.Site, b *browsers, out *sink) (*prove.Bench, *attacker.Site, error) {
	bench := &prove.Bench{
		Grant: job.Grant, Victim: c.named, Site: site, MaxMutations: job.Mutations, AllowDeletes: job.Deletes,
		Log:  out.relay,
		Skip: func(s finding.Skip) { out.skip(s) },
	}
	bench.Attacker, bench.AttackerLogin = c.attacker(job)
	reader, err := tables(ctx, job)
	if err != nil {
		return nil, nil, err
	}
	if reader != nil {
		bench.Readers = []state.Reader{reader}
	}
	if b.missing != nil {
		return bench, nil, nil
	}
	evil, err := attacker.Listen()
	if err != nil {
		return nil, nil, err
	}
	bench.Evil = evil
	bench.Browser = func(_ context.Context, tp finding.ThirdParty) (*browser.Browser, error) { return b.of(tp) }
	if err := b.lead(job.Grant, evil, site); err != nil {
		evil.Close()
		return nil, nil, err
	}
	return bench, evil, nil
}

// attacker is whoever else there is beside the first identity: the second one, or
// a visitor who is not logged in.
func (c crew) attacker(job Job) (*identity.Session, *identity.Spec) {
	if len(c.sessions) > 2 {
		second := c.sessions[2]
		if spec := c.specs[second.Name()]; spec.Form != nil {
			return second, &spec
		}
		return second, nil
	}
	return identity.Anonymous(job.Grant), nil
}
