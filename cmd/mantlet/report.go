package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/internal/report"
)

const savedStream = "run.jsonl"

// newReportCommand shows a saved scan again, in any format.
func newReportCommand(e *env) *cobra.Command {
	var from, format, color string
	cmd := &cobra.Command{
		Use:     "report",
		Short:   "Show a saved scan again as text, JSON or HTML",
		Example: "  mantlet report --from mantlet-report/run.jsonl --format html > report.html",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			r, err := report.FromFile(from)
			if err != nil && !errors.Is(err, report.ErrTruncated) {
				return err
			}
			if errors.Is(err, report.ErrTruncated) {
				fmt.Fprintln(e.stderr, "mantlet: the saved scan was cut off; this is what there was")
			}
			switch format {
			case "html":
				return report.HTML(e.stdout, r)
			case "json":
				return report.JSON(e.stdout, r)
			case "text":
				return report.Text(e.stdout, r, report.Options{Color: e.useColor(color, e.stdout), Width: e.width()})
			}
			return fmt.Errorf("--format %q is not one of text, json, html", format)
		},
	}
	cmd.Flags().StringVar(&from, "from", filepath.Join("mantlet-report", savedStream), "the saved stream")
	cmd.Flags().StringVar(&format, "format", "text", "text, json or html")
	cmd.Flags().StringVar(&color, "color", "auto", "auto, always or never")
	return cmd
}
