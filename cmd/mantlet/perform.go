package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/report"
	"github.com/mantlet-dev/mantlet/internal/scan"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// An output says where a scan's result goes.
type output struct {
	dir    string   // "" writes no files
	files  []string // formats of the files
	format string   // of standard output: text, json, jsonl
	color  string
	failOn string // severity, "none"
}

// stdoutFormats are what --format takes.
var stdoutFormats = []string{"text", "json", "jsonl"}

func (o output) validate() error {
	if !slices.Contains(stdoutFormats, o.format) {
		return fmt.Errorf("--format %q is not one of %s", o.format, strings.Join(stdoutFormats, ", "))
	}
	if !slices.Contains([]string{"auto", "always", "never"}, o.color) {
		return fmt.Errorf("--color %q is not one of auto, always, never", o.color)
	}
	if o.failOn != "none" && !slices.Contains(finding.Severities, finding.Severity(o.failOn)) {
		return fmt.Errorf("--fail-on %q is not one of critical, high, medium, low, info, none", o.failOn)
	}
	return nil
}

// open opens the door, telling a refusal (exit 4) from a mistake (exit 2).
func open(ctx context.Context, claim scope.Claim) (*scope.Grant, error) {
	grant, err := scope.Open(ctx, claim)
	var refused *scope.RefusedError
	if errors.As(err, &refused) {
		return nil, exitError{exitRefused, err}
	}
	if err != nil {
		return nil, exitError{exitUsage, err}
	}
	return grant, nil
}

// perform runs a scan with live progress on standard error and gives its report.
func perform(ctx context.Context, e *env, job scan.Job, o output) (report.Report, error) {
	collected := &report.Collector{}
	live := report.NewLive(e.stderr, isTerminal(e.stderr), e.width(), time.Now)
	handlers := []finding.Handler{collected, live}
	if o.format == "jsonl" {
		handlers = append(handlers, report.Encode(e.stdout))
	}
	err := scan.Run(ctx, job, report.Tee(handlers...))
	live.Clear()
	return collected.Report(), err
}

// publish writes the report's files and prints it, and gives the exit status as an
// error, nil for clean.
func publish(e *env, r report.Report, o output) error {
	var paths []string
	if o.dir != "" {
		var err error
		if paths, err = report.WriteDir(o.dir, r, o.files); err != nil {
			return exitError{exitIncomplete, fmt.Errorf("write the report: %w", err)}
		}
	}
	code, why := status(r, o.failOn)
	switch o.format {
	case "json":
		if err := report.JSON(e.stdout, r); err != nil {
			return err
		}
	case "text":
		options := report.Options{Color: e.useColor(o.color, e.stdout), Width: e.width(), Exit: fmt.Sprintf("%d: %s", code, why)}
		if err := report.Text(e.stdout, r, options); err != nil {
			return err
		}
	}
	tellPaths(e.stderr, paths)
	if code == exitClean {
		return nil
	}
	return exitError{code: code}
}

func tellPaths(w io.Writer, paths []string) {
	for _, path := range paths {
		fmt.Fprintln(w, "report:", path)
	}
}

// status is the exit status of a report and its meaning. Findings outrank gaps:
// what was found stays true however much was not looked at.
func status(r report.Report, failOn string) (int, string) {
	if failOn != "none" {
		n := 0
		for _, f := range r.Findings {
			if f.State != finding.NotTestable && f.Severity.AtLeast(finding.Severity(failOn)) {
				n++
			}
		}
		if n > 0 {
			return exitFindings, fmt.Sprintf("%s at or above %s", count(n, "finding"), failOn)
		}
	}
	if !r.End.Complete {
		return exitIncomplete, "incomplete: " + strings.Join(r.End.Why, "; ")
	}
	if failOn == "none" {
		return exitClean, "complete, and no severity fails it"
	}
	return exitClean, "no finding at or above " + failOn
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
