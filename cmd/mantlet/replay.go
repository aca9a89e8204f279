package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/report"
)

// newReplayCommand runs the proof of one saved finding again.
func newReplayCommand(e *env) *cobra.Command {
	var flags scanFlags
	var from string
	cmd := &cobra.Command{
		Use:   "replay FINDING",
		Short: "Run the proof of one finding again",
		Long: `Replay takes a finding of a saved scan, logs in as that scan did, and carries its plan
out again: the same controls, the same attack, a fresh marker. Use it to show a
finding to somebody, or to see that a repair holds. Identities come from mantlet.yaml.

Exit status: 0 the attack no longer works, 1 proven again, 3 it could not be tried.`,
		Example: "  mantlet replay csrf-1a2b3c4d5e6f\n  mantlet replay clickjacking-9 --from mantlet-report/run.jsonl",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			saved, err := report.FromFile(from)
			if err != nil && !errors.Is(err, report.ErrTruncated) {
				return err
			}
			f, err := pick(saved, args[0])
			if err != nil {
				return err
			}
			return replay(cmd, e, &flags, saved, f)
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&from, "from", filepath.Join("mantlet-report", savedStream), "the saved stream")
	cmd.Flags().StringVar(&flags.output.dir, "output", "mantlet-replay", `folder for the report, "-" for none`)
	return cmd
}

// pick finds the finding with that id, or the only one whose id begins so.
func pick(saved report.Report, id string) (finding.Finding, error) {
	var matches []finding.Finding
	for _, f := range append(append([]finding.Finding{}, saved.Findings...), saved.Refuted...) {
		if f.ID == id {
			matches = []finding.Finding{f}
			break
		}
		if strings.HasPrefix(f.ID, id) {
			matches = append(matches, f)
		}
	}
	switch {
	case len(matches) == 0:
		return finding.Finding{}, fmt.Errorf("no finding %q in that scan; mantlet report lists them", id)
	case len(matches) > 1:
		return finding.Finding{}, fmt.Errorf("%q begins %d ids, the first of them %s and %s", id, len(matches), matches[0].ID, matches[1].ID)
	case matches[0].Plan == nil:
		return finding.Finding{}, fmt.Errorf("%s rests on what was seen and has no attack to repeat", matches[0].ID)
	}
	return matches[0], nil
}

func replay(cmd *cobra.Command, e *env, flags *scanFlags, saved report.Report, f finding.Finding) error {
	flags.output.failOn, flags.output.format = "info", "text"
	job, o, err := flags.prepare(cmd, e, saved.Run.Targets)
	if err != nil {
		return err
	}
	if len(job.Identities) == 0 && f.Plan.Victim != "" {
		fmt.Fprintf(e.stderr, "mantlet: the finding was made as %q, and no identity is configured\n", f.Plan.Victim)
	}
	job.Replay = &f
	r, err := perform(cmd.Context(), e, job, o)
	if err != nil && !errors.Is(err, context.Canceled) {
		return exitError{exitIncomplete, err}
	}
	return publish(e, r, o)
}
