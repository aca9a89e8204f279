package main

import (
	"github.com/spf13/cobra"
)

// guardFlags are what the command line says; it wins over the file.
type guardFlags struct {
	upstream, listen, admin, config string
	cert, key                       string
	inject, report                  bool
}

// newGuardCommand runs the guard as a reverse proxy.
func newGuardCommand(e *env) *cobra.Command {
	var f guardFlags
	cmd := &cobra.Command{
		Use:   "guard --upstream URL",
		Short: "Stand in front of an application and stop what would ride its users' sessions",
		Long: `Guard is a reverse proxy that keeps other sites from framing the application and from
sending it requests in its users' names. It needs no file: nobody may frame, only the
application's own pages may change something. guard.yaml declares more; a mantlet.yaml
lends its policy section.

The file, and the TLS files, are read again when they change and on SIGHUP. If the new
ones are wrong the old ones stay in force. SIGTERM lets requests under way finish.`,
		Example: `  mantlet guard --upstream http://127.0.0.1:8000
  mantlet guard --upstream http://127.0.0.1:8000 --report     only count and log
  mantlet guard --config guard.yaml --admin 127.0.0.1:9090`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := runGuard(cmd.Context(), e, f); err != nil {
				return exitError{exitUsage, err}
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.upstream, "upstream", "", "the application, as http://host:port")
	flags.StringVar(&f.listen, "listen", "", "address to listen on (default 127.0.0.1:8080)")
	flags.StringVar(&f.admin, "admin", "", "address for /healthz and /metrics (default none)")
	flags.StringVar(&f.config, "config", "", "guard.yaml, or a mantlet.yaml for its policy")
	flags.StringVar(&f.cert, "tls-cert", "", "certificate in PEM form; makes the guard speak https")
	flags.StringVar(&f.key, "tls-key", "", "key of the certificate")
	flags.BoolVar(&f.inject, "inject-tokens", false, "put tokens into the forms of pages that pass by")
	flags.BoolVar(&f.report, "report", false, "refuse nothing, change nothing: count and log what would be")
	return cmd
}
