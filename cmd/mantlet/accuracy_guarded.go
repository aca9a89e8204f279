package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/internal/accuracy"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/report"
	"github.com/mantlet-dev/mantlet/internal/suggest"
	"github.com/mantlet-dev/mantlet/policy"
)

// guarded is the variant of weak applications that stand behind the guard.
const guarded = "guarded"

var guardedApps = []string{"shop", "bank", "tracker", "clinic"}

// guardedAccuracy closes the loop: the scan of the weak application suggests rules,
// the guard enforces them, and the scan behind it has to refute every proof.
func guardedAccuracy(cmd *cobra.Command, e *env, app string, weak report.Report, choice labChoice) (accuracy.Guarded, error) {
	g := accuracy.Guarded{App: app, Beyond: []string{}, Rules: []string{}}
	var err error
	if len(weak.Findings) == 0 {
		weak, _, err = freshAccuracy(cmd, e, app, "weak")
		if err = errors.Join(err, choice.keep(weak, app+"-weak")); err != nil {
			return g, err
		}
	}
	dir := filepath.Join(choice.reports, app+"-"+guarded)
	if choice.reports == "" {
		if dir, err = os.MkdirTemp("", "mantlet-guarded-*"); err != nil {
			return g, err
		}
		defer os.RemoveAll(dir)
	}
	proven := slices.DeleteFunc(weak.In(finding.Proven), suggest.Unstoppable)
	file, err := suggestTo(dir, &g, weak)
	if err != nil {
		return g, err
	}
	r, err := scanBehind(cmd, e, app, file, proven)
	if err == nil {
		err = choice.keep(r, app+"-"+guarded)
	}
	if err != nil {
		return g, err
	}
	g.Weak, g.Closed = len(weak.In(finding.Proven)), accuracy.CloseWithin(proven, all(r), suggest.Unstoppable)
	return g, ownTests(cmd, e, app, file, &g)
}

// suggestTo writes the rules for what was proven into dir.
func suggestTo(dir string, g *accuracy.Guarded, weak report.Report) (file string, err error) {
	s := suggest.From(weak.In(finding.Proven), policy.Rules{}, weak.Run.Targets[0], weak.End)
	for _, a := range s.Answers {
		if a.Key != "" {
			g.Rules = append(g.Rules, a.Key+" "+a.Value)
		}
	}
	for _, l := range s.Beyond {
		g.Beyond = append(g.Beyond, suggest.Place(l.Finding)+": "+l.Why)
	}
	text, err := s.File()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	file = filepath.Join(dir, "guard.yaml")
	return file, writeWhole(file, text, true)
}

// scanBehind scans a fresh instance of the weak application through the guard. The
// state is read where it always is: the tables are not behind anything.
func scanBehind(cmd *cobra.Command, e *env, app, file string, proven []finding.Finding) (report.Report, error) {
	var r report.Report
	err := behindGuard(cmd, e, app, file, func(instance *lab.Instance, front string) error {
		fmt.Fprintf(e.stderr, "scanning %s behind the guard at %s\n", app, front)
		behind := *instance
		behind.URL = front
		var err error
		r, err = scanLab(cmd, e, &behind, proven)
		return err
	})
	return r, err
}

// ownTests runs the application's own tests without the guard and through it.
func ownTests(cmd *cobra.Command, e *env, app, file string, g *accuracy.Guarded) error {
	return behindGuard(cmd, e, app, file, func(instance *lab.Instance, front string) error {
		g.Framework = instance.Framework
		fmt.Fprintf(e.stderr, "running the tests of %s directly and behind the guard\n", app)
		var direct, behind error
		g.Tests, direct = instance.Works(cmd.Context(), instance.URL)
		n, behind := instance.Works(cmd.Context(), front)
		if direct != nil {
			g.Direct = direct.Error()
		}
		if behind != nil {
			g.Behind = behind.Error()
		} else if n != g.Tests {
			g.Behind = fmt.Sprintf("%d tests ran, not %d", n, g.Tests)
		}
		return cmd.Context().Err()
	})
}

// behindGuard runs f with a fresh weak instance, and the guard before it as users
// run it.
func behindGuard(cmd *cobra.Command, e *env, app, file string, f func(instance *lab.Instance, front string) error) error {
	instance, err := freshLab(cmd, e, app, "weak")
	if err != nil {
		return err
	}
	defer instance.Stop()
	front, stop, err := guardBefore(cmd.Context(), e, guardFlags{config: file, upstream: instance.URL, listen: "127.0.0.1:0"})
	if err != nil {
		return exitError{exitIncomplete, fmt.Errorf("guard before %s: %w", app, err)}
	}
	return errors.Join(f(instance, front), stop())
}

var guardAddress = regexp.MustCompile(`at (https?://\S+)`)

// guardBefore runs the guard until stop is called, and gives its address.
func guardBefore(ctx context.Context, e *env, flags guardFlags) (address string, stop func() error, err error) {
	ctx, cancel := context.WithCancel(ctx)
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := runGuard(ctx, &env{stdin: e.stdin, stdout: in, stderr: io.Discard, getenv: e.getenv}, flags)
		in.CloseWithError(errors.Join(err, io.EOF))
		ended <- err
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	found := guardAddress.FindStringSubmatch(line)
	if err != nil || found == nil {
		cancel()
		return "", nil, errors.Join(errors.New("it does not start"), err, <-ended)
	}
	go io.Copy(io.Discard, out)
	return found[1], func() error { cancel(); return <-ended }, nil
}

func printGuarded(w io.Writer, list []accuracy.Guarded) {
	if len(list) == 0 {
		return
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nAPP\tPROVEN WEAK\tBEYOND A GUARD\tPROVEN BEHIND IT\tREFUTED\tRULES ADDED\tOWN TESTS\tDIRECT\tBEHIND\t")
	for _, g := range list {
		mark := ""
		if !g.Holds() {
			mark = "OPEN"
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d of %d\t%d\t%d\t%s\t%s\t%s\n", g.App, g.Weak, len(g.Beyond), len(g.Still), g.Refuted, g.Proven,
			len(g.Rules), g.Tests, okOr(g.Direct), okOr(g.Behind), mark)
	}
	table.Flush()
	for _, g := range list {
		tellList(w, g.App+" rule: ", g.Rules)
		tellList(w, g.App+" beyond a guard: ", g.Beyond)
		tellList(w, g.App+" STILL PROVEN: ", g.Still)
		tellList(w, g.App+" NOT TESTED: ", g.Open)
		tellList(w, g.App+" still suspected: ", g.Suspected)
		for _, failed := range []string{g.Direct, g.Behind} {
			if failed != "" {
				fmt.Fprintln(w, g.App, "tests:", failed)
			}
		}
	}
}

func okOr(failed string) string {
	if failed == "" {
		return "ok"
	}
	return "FAIL"
}

// closed is an error if some weak application's loop is not.
func closed(list []accuracy.Guarded) error {
	var open []string
	for _, g := range list {
		if !g.Holds() {
			open = append(open, g.App)
		}
	}
	if len(open) == 0 {
		return nil
	}
	return exitError{exitFindings, fmt.Errorf("the loop is not closed for %s", strings.Join(open, ", "))}
}
