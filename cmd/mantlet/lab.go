package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/internal/lab"
)

// newLabCommand starts the applications that Mantlet is measured with.
func newLabCommand(e *env) *cobra.Command {
	var variant string
	var port int
	cmd := &cobra.Command{
		Use:   "lab shop|bank|tracker|clinic",
		Short: "Start a weak or repaired application to try things on",
		Long: `Lab starts one of the applications Mantlet is measured with, on loopback, and keeps
it running until it is interrupted.

  shop     a small Go shop inside this program (weak, repaired, lax, and more: see --variant)
  bank     FastAPI on DynamoDB Local (weak, repaired)
  tracker  Flask on DynamoDB Local (weak, repaired)
  clinic   Django on DynamoDB Local (weak, repaired)

All but the shop run from a checkout of Mantlet, after scripts/setup.

They are weak on purpose: never put them on a network.`,
		Example:   "  mantlet lab bank --variant weak --port 8000",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"shop", "bank", "tracker", "clinic"},
		RunE: func(cmd *cobra.Command, args []string) error {
			instance, err := startLab(cmd.Context(), e, args[0], variant, port)
			if err != nil {
				return exitError{exitUsage, err}
			}
			defer instance.Stop()
			tellInstance(e, instance)
			<-cmd.Context().Done()
			return nil
		},
	}
	cmd.Flags().StringVar(&variant, "variant", "weak", "weak or repaired; shop also lax, "+strings.Join(lab.Protected(), ", "))
	cmd.Flags().IntVar(&port, "port", 0, "port to listen on; 0 takes a free one")
	return cmd
}

// frameworks are what the labs outside this program are written with.
var frameworks = map[string]string{"bank": "fastapi", "tracker": "flask", "clinic": "django"}

func startLab(ctx context.Context, e *env, app, variant string, port int) (*lab.Instance, error) {
	if framework, ok := frameworks[app]; ok {
		return lab.Start(ctx, framework, lab.Options{Dir: ".", Variant: variant, Port: port, Log: e.stderr})
	}
	return lab.StartEmbeddedAt(variant, fmt.Sprintf("127.0.0.1:%d", port))
}

func tellInstance(e *env, i *lab.Instance) {
	fmt.Fprintf(e.stdout, "%s (%s, %s) is at %s\n", i.App, i.Framework, i.Variant, i.URL)
	for _, who := range i.Identities {
		fmt.Fprintf(e.stdout, "  log in as %s with password %s\n", who.Username, who.Password)
	}
	if i.DynamoDB != nil {
		fmt.Fprintf(e.stdout, "  state in DynamoDB at %s, tables %s\n", i.DynamoDB.Endpoint, strings.Join(i.DynamoDB.Names, ", "))
	}
	if i.Config != "" {
		fmt.Fprintf(e.stdout, "  a configuration that fits but for the ports: %s\n", i.Config)
	}
	fmt.Fprintln(e.stdout, "end it with Ctrl-C")
}
