package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/internal/accuracy"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/report"
)

// A labApp is one application in one variant.
type labApp struct{ app, variant string }

// labs are the applications that accuracy measures, in this order: at the end the
// shops that rest on one defence each, about which a scan has nothing to say.
func labs() []labApp {
	all := []labApp{
		{"shop", "weak"}, {"shop", "repaired"}, {"shop", "lax"},
		{"bank", "weak"}, {"bank", "repaired"},
		{"tracker", "weak"}, {"tracker", "repaired"},
		{"clinic", "weak"}, {"clinic", "repaired"},
	}
	for _, name := range lab.Protected() {
		all = append(all, labApp{"shop", name})
	}
	return all
}

// A labChoice says which labs to scan, empty lists meaning all, and how often.
type labChoice struct {
	apps, variants []string
	runs           int
	reports        string // folder to keep reports in, "" for none
}

func (c labChoice) includes(app, variant string) bool {
	return (len(c.apps) == 0 || slices.Contains(c.apps, app)) && (len(c.variants) == 0 || slices.Contains(c.variants, variant))
}

// check refuses a choice that no lab answers to: measuring nothing is not a result.
func (c labChoice) check() error {
	all := labs()
	for _, app := range guardedApps {
		all = append(all, labApp{app, guarded})
	}
	for _, app := range c.apps {
		if !slices.ContainsFunc(all, func(l labApp) bool { return l.app == app }) {
			return fmt.Errorf("--lab %s: there is no such lab; there are %s", app, strings.Join(guardedApps, ", "))
		}
	}
	for _, variant := range c.variants {
		if !slices.ContainsFunc(all, func(l labApp) bool { return l.variant == variant && c.includes(l.app, variant) }) {
			return fmt.Errorf("--variant %s: none of the chosen labs has it; mantlet accuracy --help lists them", variant)
		}
	}
	return nil
}

func labAccuracy(cmd *cobra.Command, e *env, choice labChoice) (accuracy.Result, error) {
	var results []accuracy.Result
	weak := map[string]report.Report{}
	for _, l := range labs() {
		if !choice.includes(l.app, l.variant) {
			continue
		}
		r, result, err := repeatedAccuracy(cmd, e, l.app, l.variant, choice)
		if err != nil {
			return accuracy.Result{}, err
		}
		if l.variant == "weak" {
			weak[l.app] = r
		}
		results = append(results, result)
	}
	for _, app := range guardedApps {
		if !choice.includes(app, guarded) {
			continue
		}
		g, err := guardedAccuracy(cmd, e, app, weak[app], choice)
		if err != nil {
			return accuracy.Result{}, err
		}
		results = append(results, accuracy.Result{Guarded: []accuracy.Guarded{g}})
	}
	return accuracy.Join(results...), nil
}

// repeatedAccuracy scans a fresh instance for every run and gives the first run's
// report and result, if all the others found the same.
func repeatedAccuracy(cmd *cobra.Command, e *env, app, variant string, choice labChoice) (first report.Report, of accuracy.Result, err error) {
	var known []string
	for n := range max(choice.runs, 1) {
		r, result, err := freshAccuracy(cmd, e, app, variant)
		if err := choice.keep(r, app+"-"+variant); err != nil {
			return first, of, err
		}
		if err != nil {
			return first, of, err
		}
		found := accuracy.Signature(all(r))
		if n == 0 {
			first, of, known = r, result, found
			continue
		}
		fmt.Fprintf(e.stderr, "%s %s: run %d of %d, %d findings\n", app, variant, n+1, choice.runs, len(found))
		if gone, come := difference(known, found), difference(found, known); len(gone)+len(come) > 0 {
			return first, of, exitError{exitIncomplete,
				fmt.Errorf("run %d of %s %s differs from the first: without %v, with %v", n+1, app, variant, gone, come)}
		}
	}
	return first, of, nil
}

// keep saves a report where the user wants reports.
func (c labChoice) keep(r report.Report, name string) error {
	if c.reports == "" {
		return nil
	}
	_, err := report.WriteDir(filepath.Join(c.reports, name), r, nil)
	return err
}

func difference(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

func freshAccuracy(cmd *cobra.Command, e *env, app, variant string) (report.Report, accuracy.Result, error) {
	instance, err := freshLab(cmd, e, app, variant)
	if err != nil {
		return report.Report{}, accuracy.Result{}, err
	}
	defer instance.Stop()
	fmt.Fprintf(e.stderr, "scanning %s %s at %s\n", instance.App, instance.Variant, instance.URL)
	r, err := scanLab(cmd, e, instance, nil)
	truth := lab.Truth{App: instance.App, Framework: instance.Framework, Variant: instance.Variant, Rows: instance.Truth}
	return r, accuracy.Compare(truth, all(r)), err
}

func freshLab(cmd *cobra.Command, e *env, app, variant string) (*lab.Instance, error) {
	instance, err := startLab(cmd.Context(), &env{stdout: e.stdout, stderr: io.Discard, getenv: e.getenv}, app, variant, 0)
	if err != nil {
		return nil, exitError{exitIncomplete, fmt.Errorf("start %s %s: %w", app, variant, err)}
	}
	return instance, nil
}

// scanLab scans an instance at its URL; again is what an earlier scan proved.
func scanLab(cmd *cobra.Command, e *env, instance *lab.Instance, again []finding.Finding) (report.Report, error) {
	job, err := jobFor(cmd, e, instance)
	if err != nil {
		return report.Report{}, err
	}
	job.Again = again
	r, err := perform(cmd.Context(), e, job, output{format: "none"})
	if err == nil && !r.End.Complete {
		err = exitError{exitIncomplete, fmt.Errorf("scan of %s %s is incomplete: %v", instance.App, instance.Variant, r.End.Why)}
	}
	return r, err
}
