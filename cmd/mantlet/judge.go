package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// newJudgeCommand is the front of package policy: cases in, a browser's verdict out.
func newJudgeCommand(e *env) *cobra.Command {
	judge := &cobra.Command{
		Use:   "judge",
		Short: "Say what a browser would do with a response, a cookie or a request",
		Long: `Judge asks the same engine that the scanner uses what a browser would do.
Nothing is attacked, and only "judge headers URL" touches the network.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	judge.AddCommand(
		newJudgeFramingCommand(e),
		newJudgeHeadersCommand(e),
		newJudgeCookieCommand(e),
		newJudgeRequestCommand(e),
	)
	return judge
}

// undisguise turns a string of the recorded form, one character for each byte
// that was sent, into those bytes. A character above U+00FF stands for none.
func undisguise(s string) (string, error) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return "", fmt.Errorf("%q holds %q, which is not one byte", s, r)
		}
		b = append(b, byte(r))
	}
	return string(b), nil
}
