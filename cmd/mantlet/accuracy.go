package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/internal/accuracy"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/report"
)

// newAccuracyCommand holds what scans find against what is known to be there.
func newAccuracyCommand(e *env) *cobra.Command {
	var truthFile, out string
	var choice labChoice
	var flags scanFlags
	cmd := &cobra.Command{
		Use:   "accuracy [URL]",
		Short: "Scan applications whose weaknesses are known, and count",
		Long: `Accuracy scans every application of the lab, weak and repaired, compares the findings
with their truth files, prints recall, false alarms and the share proven, by weakness and
by framework, and writes accuracy.json. A false alarm, or recall below 95 %, is status 1.

It also closes the loop: each weak application is scanned again behind the guard, with
the rules that its own scan suggests. Every attack that was proven has to be refuted
there, and the application's own tests have to pass on both sides of the guard.

With --truth and a URL it does the same for any other application: identities and
scope come from mantlet.yaml.`,
		Example: "  mantlet accuracy\n  mantlet accuracy http://127.0.0.1:9000 --truth truth.json --config mantlet.yaml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if truthFile == "" && len(args) > 0 {
				return exitError{exitUsage, fmt.Errorf("what is true of %s? name its truth file with --truth; without a URL the labs are measured", args[0])}
			}
			if err := choice.check(); err != nil {
				return exitError{exitUsage, err}
			}
			var result accuracy.Result
			var err, incomplete error
			if truthFile != "" {
				result, incomplete, err = otherAccuracy(cmd, e, &flags, truthFile, args)
			} else {
				result, err = labAccuracy(cmd, e, choice)
			}
			if err != nil {
				return err
			}
			printAccuracy(e.stdout, result)
			if err := writeAccuracy(out, result); err != nil {
				return err
			}
			if truthFile != "" {
				return incomplete
			}
			return errors.Join(good(result), closed(result.Guarded))
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&truthFile, "truth", "", "truth file of the application at URL")
	cmd.Flags().StringVar(&out, "out", "accuracy.json", "where to write the result")
	cmd.Flags().StringSliceVar(&choice.apps, "lab", nil, "labs to scan: shop, bank, tracker, clinic (default all)")
	cmd.Flags().StringSliceVar(&choice.variants, "variant", nil, "variants to scan: weak, repaired, guarded; of the shop also lax, "+strings.Join(lab.Protected(), ", ")+" (default all)")
	cmd.Flags().IntVar(&choice.runs, "runs", 1, "scan each lab so many times and fail unless all give the same findings")
	cmd.Flags().StringVar(&choice.reports, "reports", "", "folder to keep the reports of the lab's scans in")
	return cmd
}

// otherAccuracy measures the application at a URL; incomplete says what could not be
// looked at.
func otherAccuracy(cmd *cobra.Command, e *env, flags *scanFlags, truthFile string, args []string) (of accuracy.Result, incomplete, err error) {
	truth, err := readTruth(truthFile)
	if err != nil {
		return of, nil, err
	}
	flags.output = output{format: "text", color: "auto", failOn: "none"}
	job, _, err := flags.prepare(cmd, e, args)
	if err != nil {
		return of, nil, err
	}
	r, err := perform(cmd.Context(), e, job, output{format: "none"})
	if err != nil {
		return of, nil, err
	}
	if !r.End.Complete {
		incomplete = exitError{exitIncomplete, fmt.Errorf("incomplete: %s", strings.Join(r.End.Why, "; "))}
	}
	return accuracy.Compare(truth, all(r)), incomplete, nil
}

func readTruth(path string) (lab.Truth, error) {
	f, err := os.Open(path)
	if err != nil {
		return lab.Truth{}, err
	}
	defer f.Close()
	truth, err := lab.ReadTruth(f)
	if err != nil {
		return lab.Truth{}, fmt.Errorf("%s: %w", path, err)
	}
	return truth, nil
}

// all are a report's findings, those that were refuted too.
func all(r report.Report) []finding.Finding {
	return append(append([]finding.Finding{}, r.Findings...), r.Refuted...)
}

func printAccuracy(w io.Writer, result accuracy.Result) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "APP\tVARIANT\tENDPOINT\tWEAKNESS\tTRUTH\tVERDICT\t")
	for _, row := range result.Rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.App, row.Variant, row.Endpoint, row.Weakness, row.Truth, row.Verdict, row.Mark())
	}
	if len(result.Rows) > 0 {
		table.Flush()
	}
	for _, line := range result.Unlisted {
		fmt.Fprintln(w, "not in the truth:", line)
	}
	printGuarded(w, result.Guarded)
	if len(result.Rows) == 0 {
		return
	}
	printTallies(w, "WEAKNESS", result.ByWeakness)
	printTallies(w, "FRAMEWORK", result.ByFramework)
	fmt.Fprintf(w, "\nrecall %.1f %%, proven %.1f %%, false proven %d, false suspected %d, %d rows\n",
		100*result.Recall, 100*result.ProvenRecall, result.FalseProven, result.FalseSuspected, len(result.Rows))
}

func printTallies(w io.Writer, by string, list []accuracy.Tally) {
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "%s\tVULNERABLE\tFOUND\tPROVEN\tSAFE\tFALSE\t\n", by)
	for _, t := range list {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t\n", t.Name, t.Vulnerable, t.Found, t.Proven, t.Safe, t.FalseProven+t.FalseSuspected)
	}
	table.Flush()
}

// least is the recall below which the labs count as failed.
const least = 0.95

// good says what is wrong with the result of scanning the labs.
func good(r accuracy.Result) error {
	var wrong []error
	if n := r.FalseProven + r.FalseSuspected; n > 0 {
		wrong = append(wrong, fmt.Errorf("%d false alarms", n))
	}
	if r.Recall < least {
		wrong = append(wrong, fmt.Errorf("recall %.1f %%, below %.0f %%", 100*r.Recall, 100*least))
	}
	if len(wrong) == 0 {
		return nil
	}
	return exitError{exitFindings, errors.Join(wrong...)}
}

func writeAccuracy(path string, result accuracy.Result) error {
	text, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return errors.Join(errors.New("write the result"), err)
	}
	return nil
}
