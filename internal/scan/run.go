package scan

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/check"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/report"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// Run scans and hands everything it learns to h, a Run first and an End last. Its
// error is that of h or of the context; what kept the scan from looking at
// something stands in the stream instead. When the context ends in mid-scan,
// changes made to the target are still undone and the End is still sent.
func Run(ctx context.Context, job Job, h finding.Handler) error {
	out := &sink{to: h, requests: job.Grant.Requests}
	browsers, err := openBrowsers(ctx, job)
	if err != nil {
		return err
	}
	defer browsers.close()
	out.send(finding.Message{Run: opening(job, browsers)})

	crew := logIn(ctx, job, browsers, out)
	site := look(ctx, job, crew, browsers, out)
	suspicions := judge(job, site, out)
	trial := put(ctx, job, crew, site, browsers, suspicions, out)
	trial.mutations = slices.Concat(crew.logins, site.Mutations, trial.mutations)
	settled := trial.findings
	if !job.DryRun { // which tells of every plan
		settled = check.Settle(trial.findings)
	}
	for i := range settled {
		out.send(finding.Message{Finding: &settled[i]})
	}
	for i := range trial.mutations {
		out.send(finding.Message{Mutation: &trial.mutations[i]})
	}
	if t := trial.ordeals; t.tested != nil {
		out.skip(untested(changing(site, t), t)...)
	}
	if err := context.Cause(ctx); err != nil {
		out.skip(finding.Skip{What: "scan", Why: reason(err), Incomplete: true})
	}
	out.send(finding.Message{End: closing(job, crew, site, settled, trial, out)})
	return out.err
}

func opening(job Job, b *browsers) *finding.Run {
	run := &finding.Run{Schema: "1", Tool: job.Tool, ID: job.Grant.ScanID(), Targets: job.Targets,
		Mode: string(job.Grant.Mode()), Consent: job.Grant.Consent(), Browser: b.version(), Started: time.Now().UTC()}
	if job.DryRun {
		run.Mode = "dry run"
	}
	for _, spec := range job.Identities {
		run.Identities = append(run.Identities, spec.Name)
	}
	return run
}

// A crew is who takes part: the anonymous visitor first, then every identity that
// could log in.
type crew struct {
	sessions []*identity.Session
	specs    map[string]identity.Spec
	// logins are the sessions that logging in opened on the target.
	logins []finding.Mutation
}

func logIn(ctx context.Context, job Job, b *browsers, out *sink) crew {
	c := crew{sessions: []*identity.Session{identity.Anonymous(job.Grant)}, specs: map[string]identity.Spec{}}
	for i, spec := range job.Identities {
		out.progress("discover", i, len(job.Identities), "log in as %s", spec.Name)
		session, err := identity.Login(ctx, job.Grant, spec, b)
		if err != nil {
			out.skip(finding.Skip{What: "identity " + spec.Name, Why: job.Grant.Redactor().Text(err.Error()), Incomplete: true})
			continue
		}
		c.sessions = append(c.sessions, session)
		c.specs[spec.Name] = spec
		if spec.Form != nil || spec.JSON != nil {
			c.logins = append(c.logins, openedBy(spec))
		}
	}
	return c
}

// openedBy is the change that a login makes. The scan leaves it: who logs out in
// its place would have to know how, and sessions end by themselves.
func openedBy(spec identity.Spec) finding.Mutation {
	address := ""
	if spec.Form != nil {
		address = spec.Form.URL
	} else {
		address = spec.JSON.URL
	}
	route, _, _ := strings.Cut(address, "?")
	return finding.Mutation{Endpoint: finding.Endpoint{Method: http.MethodPost, Route: route, URL: address}, Purpose: "login", At: time.Now().UTC(),
		Note: "sessions were opened for " + spec.Name + "; they end when the application lets them expire"}
}

func (c crew) named(name string) *identity.Session {
	for _, s := range c.sessions {
		if s.Name() == name {
			return s
		}
	}
	return nil
}

// look observes the site and afterwards makes sure that every session lived
// through it: what was seen with a lost session was seen as a stranger.
func look(ctx context.Context, job Job, c crew, b *browsers, out *sink) *observe.Site {
	options := observe.Options{MaxPages: job.Pages, OpenAPI: job.OpenAPI, Recorded: job.Recorded, Seeds: job.Seeds, Sockets: job.Sockets, Deletes: job.Deletes, Log: out.relay}
	if b.missing == nil {
		options.Renderer = b
	} else if !job.Browser.Off {
		out.skip(finding.Skip{What: "browser", Why: b.missing.Error() + "; scripts are not run and nothing can be proven",
			Incomplete: job.Grant.Active()})
	}
	site, err := observe.Collect(ctx, job.Grant, c.sessions, options)
	if err != nil {
		out.skip(finding.Skip{What: "observation", Why: job.Grant.Redactor().Text(err.Error()), Incomplete: true})
	}
	if site == nil {
		site = &observe.Site{}
	}
	out.skip(site.Skips...)
	out.skip(unseen(site)...)
	for _, s := range c.sessions[1:] {
		if err := s.Alive(ctx); errors.Is(err, identity.ErrLost) {
			out.skip(finding.Skip{What: "identity " + s.Name(), Why: "the session was lost while the site was observed", Incomplete: true})
		}
	}
	return site
}

func judge(job Job, site *observe.Site, out *sink) []finding.Finding {
	if job.Replay != nil {
		again := *job.Replay
		again.Proof, again.Vector, again.State = nil, nil, finding.Suspected
		return []finding.Finding{again}
	}
	out.progress("check", 0, 0, "judge %d responses", len(site.Exchanges))
	var found []finding.Finding
	skips := check.Run(site, job.Rules, func(f finding.Finding) { found = append(found, f) })
	out.skip(skips...)
	if job.Grant.Active() && job.Proofs {
		found = append(found, check.Again(site, job.Rules, job.Again, found)...)
	}
	return found
}

func closing(job Job, c crew, site *observe.Site, settled []finding.Finding, t trial, out *sink) *finding.End {
	end := &finding.End{Complete: len(out.gaps) == 0, Why: out.gaps, Score: report.Score(settled), Finished: time.Now().UTC(),
		Embedders: check.Embedders(site), Readers: check.Readers(site)}
	actions := changing(site, t.ordeals)
	end.Coverage = finding.Coverage{
		Requests: job.Grant.Requests(), Routes: routes(site), Pages: len(site.Pages), Actions: len(actions),
		Tested: triedOf(actions, t.ordeals), Proofs: t.proofs, Mutations: len(t.mutations), Identities: len(c.sessions) - 1,
	}
	countDocumented(&end.Coverage, site, t.ordeals.tested)
	for _, m := range t.mutations {
		if !m.Undone {
			end.Coverage.Remaining++
		}
	}
	return end
}

func routes(site *observe.Site) int {
	seen := map[string]bool{}
	for _, x := range site.Exchanges {
		seen[x.Method+" "+x.Route] = true
	}
	for _, a := range site.Actions {
		seen[a.Method+" "+a.Route] = true
	}
	return len(seen)
}

// stopped says whether err means that going on makes no sense.
func stopped(err error) bool {
	return errors.Is(err, scope.ErrBudget) || errors.Is(err, scope.ErrUnreachable) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func reason(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return fmt.Sprint(err)
}
