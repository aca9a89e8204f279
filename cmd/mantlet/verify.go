package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/internal/scope"
	"github.com/mantlet-dev/mantlet/policy"
)

// newVerifyCommand shows that a target is the user's own.
func newVerifyCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "verify URL",
		Short: "Show that a target is yours, so that it may be tested actively",
		Long: `Verify says what to publish, as a DNS record or a well-known file, and looks for it.
What was seen counts for thirty days. Targets on this machine need no verification.`,
		Example: "  mantlet verify https://staging.app.example",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			origin, err := policy.OriginOfURL(args[0])
			if err != nil {
				return err
			}
			if origin.IsLoopback() {
				fmt.Fprintln(e.stdout, origin, "is on this machine: nothing to verify")
				return nil
			}
			path, err := scope.OwnershipFile()
			if err != nil {
				return err
			}
			ownership := scope.OpenOwnership(path)
			ownership.Claim.Version = version
			challenge, err := ownership.Challenge(origin)
			if err != nil {
				return err
			}
			how, err := ownership.Verify(cmd.Context(), origin)
			if err != nil {
				tellChallenge(e, challenge)
				return exitError{exitRefused, fmt.Errorf("not verified: %w", err)}
			}
			fmt.Fprintf(e.stdout, "%s is verified by %s; active scans are allowed for thirty days\n", origin, how)
			return nil
		},
	}
}

func tellChallenge(e *env, c scope.Challenge) {
	fmt.Fprintln(e.stdout, "Publish this, then run the command again:")
	if c.Record != "" {
		fmt.Fprintf(e.stdout, "\n  a DNS TXT record  %s\n  or the file       %s\n", c.Record, c.File)
	} else {
		fmt.Fprintf(e.stdout, "\n  the file  %s\n", c.File)
	}
	fmt.Fprintf(e.stdout, "  with the text     %s\n\n", c.Text)
}
