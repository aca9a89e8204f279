package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/prove"
	"github.com/mantlet-dev/mantlet/internal/report"
	"github.com/mantlet-dev/mantlet/internal/scan"
)

// plan looks at the target through a door that lets nothing pass but reads and logins,
// and prints what a scan would attack.
func (f *scanFlags) plan(cmd *cobra.Command, e *env, args []string) error {
	job, o, err := f.prepare(cmd, e, args)
	if err != nil {
		return err
	}
	r, err := perform(cmd.Context(), e, job, o)
	if err != nil && !errors.Is(err, context.Canceled) {
		return exitError{exitIncomplete, err}
	}
	switch o.format {
	case "json":
		if err := report.JSON(e.stdout, r); err != nil {
			return err
		}
	case "text":
		printPlan(e.stdout, r, job)
		if refused := f.refusal(cmd.Context()); refused != nil {
			fmt.Fprintf(e.stdout, "It would not be allowed now: %v.\n", refused)
		}
	}
	if !r.End.Complete {
		return exitError{exitIncomplete, errors.New("incomplete: " + strings.Join(r.End.Why, "; "))}
	}
	return nil
}

// refusal is why the scan that was planned would be refused, nil if it would not.
func (f *scanFlags) refusal(ctx context.Context) error {
	file, err := f.load()
	if err != nil {
		return err
	}
	wet := *f
	wet.dryRun = false
	wet.merge(&file, f.targets)
	claim := wet.claim(file)
	claim.Mode = cmp.Or(claim.Mode, "active")
	_, err = open(ctx, claim)
	return err
}

// An aim is everything that is planned for one action and victim.
type aim struct {
	action finding.Action
	plan   *finding.Plan
	all    []finding.Finding
}

// aims groups what is planned by action and victim, in the order of the findings.
func aims(findings []finding.Finding) []*aim {
	var list []*aim
	for _, f := range findings {
		if f.Plan == nil {
			continue
		}
		i := slices.IndexFunc(list, func(a *aim) bool {
			return a.plan.Victim == f.Plan.Victim && a.action.Method == f.Plan.Action.Method && a.action.Route == f.Plan.Action.Route
		})
		if i < 0 {
			i, list = len(list), append(list, &aim{action: f.Plan.Action, plan: f.Plan})
		}
		list[i].all = append(list[i].all, f)
	}
	slices.SortStableFunc(list, func(a, b *aim) int {
		return cmp.Or(strings.Compare(a.action.Route, b.action.Route), strings.Compare(a.action.Method, b.action.Method))
	})
	return list
}

func printPlan(w io.Writer, r report.Report, job scan.Job) {
	list, attacks, changes := aims(r.Findings), 0, 0
	for _, a := range list {
		attacks += len(a.all)
		changes += a.changes()
	}
	fmt.Fprintf(w, "Dry run of %s\n\n", strings.Join(r.Run.Targets, ", "))
	fmt.Fprintf(w, "Sent: %s, all of them GET or HEAD%s. Nothing was attacked.\n", count(r.End.Coverage.Requests, "request"), logins(r))
	if len(list) == 0 {
		fmt.Fprintln(w, "There is nothing to attack in what was seen.")
		return
	}
	fmt.Fprintf(w, "A scan would try %s on %s, with at most about %s that may change state\n(it stops at %d, see --max-mutations), each undone by the application's own means.\n",
		count(attacks, "attack"), count(len(list), "action"), count(changes, "request"), cmp.Or(job.Mutations, prove.DefaultMutations))
	for _, a := range list {
		a.print(w, job.Deletes)
	}
	fmt.Fprintln(w, "\nFirst of all each action is done once as its victim, from the application's own page,\nwith a fresh marker; where that cannot be read back nothing is forged.")
}

func logins(r report.Report) string {
	n := 0
	for _, m := range r.Mutations {
		if m.Purpose == "login" {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	if n == 1 {
		return " but the login of 1 identity"
	}
	return fmt.Sprintf(" but the logins of %d identities", n)
}

func (a *aim) print(w io.Writer, deletes bool) {
	fmt.Fprintf(w, "\n%s %s  as %s\n", a.action.Method, a.action.Route, cmp.Or(a.plan.Victim, "a visitor without a login"))
	if names := fields(a.action); names != "" {
		fmt.Fprintf(w, "  sends    %s\n", names)
	}
	for _, f := range a.all {
		fmt.Fprintf(w, "  %-8s %s%s\n", f.Plan.Kind, f.Weakness, how(f.Plan))
	}
	switch {
	case !prove.Destroys(a.action):
	case deletes:
		fmt.Fprintln(w, "  careful  it destroys, and --insecure-allow-deletes lets it aim at what is there")
	default:
		fmt.Fprintln(w, "  careful  it destroys: only objects that the scan itself has made are aimed at")
	}
}

func fields(a finding.Action) string {
	var names []string
	for _, f := range a.Fields {
		name := f.Name
		if f.Token {
			name += " (token)"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// how is what a plan would do, in a few words.
func how(p *finding.Plan) string {
	var parts []string
	for _, v := range p.Variants {
		parts = append(parts, v.Name)
	}
	for _, c := range p.Clicks {
		parts = append(parts, fmt.Sprintf("a click on %q", cmp.Or(c.Label, "the next control")))
	}
	if p.Kind == finding.PlanAccess {
		parts = append(parts, "sent by "+cmp.Or(p.Intruder, "a visitor without a login"))
	}
	if p.Kind == finding.PlanRace {
		parts = append(parts, fmt.Sprintf("sent %d times at once, for objects made for it", p.Parallel))
	}
	if len(p.Messages) > 0 {
		parts = append(parts, count(len(p.Messages), "message"))
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, "; ")
}

// changes is about how many requests that may change state an aim can take: the
// legitimate run and what undoes it, and for each way the replay, its control without
// a session and the browser.
func (a *aim) changes() int {
	n := 2
	for _, f := range a.all {
		n += 3 * max(1, len(f.Plan.Variants), len(f.Plan.Messages))
	}
	return n
}
