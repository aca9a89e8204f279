package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/scan"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// newDemoCommand shows the whole product on the weak app that comes along.
func newDemoCommand(e *env) *cobra.Command {
	o := output{files: []string{"html", "json", "jsonl"}, format: "text", failOn: "none"}
	var variant string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Scan the weak app that comes with Mantlet and prove what is found",
		Long: `Demo starts a small shop on a free loopback port, weak on purpose, scans it with
everything Mantlet has, and writes a report with screenshots of the attacks.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			shop, err := lab.StartEmbedded(variant)
			if err != nil {
				return err
			}
			defer shop.Stop()
			fmt.Fprintf(e.stderr, "scanning the %s demo shop at %s\n", variant, shop.URL)
			return scanInstance(cmd, e, shop, o)
		},
	}
	cmd.Flags().StringVar(&variant, "variant", "weak", "which shop: weak, repaired or lax")
	cmd.Flags().StringVar(&o.dir, "output", "mantlet-report", "folder for the report")
	cmd.Flags().StringVar(&o.color, "color", "auto", "auto, always or never")
	return cmd
}

func scanInstance(cmd *cobra.Command, e *env, instance *lab.Instance, o output) error {
	job, err := jobFor(cmd, e, instance)
	if err != nil {
		return err
	}
	r, err := perform(cmd.Context(), e, job, o)
	if err != nil {
		return err
	}
	err = publish(e, r, o)
	if o.dir != "" && isTerminal(e.stdout) {
		showFile(e, filepath.Join(o.dir, "report.html"))
	}
	return err
}

// showFile opens a file with the desktop's own program, where there is a desktop.
// The path was printed, so nothing is lost where there is none.
func showFile(e *env, path string) {
	program := "xdg-open"
	switch {
	case runtime.GOOS == "darwin":
		program = "open"
	case e.getenv("DISPLAY") == "" && e.getenv("WAYLAND_DISPLAY") == "":
		return
	}
	if found, err := exec.LookPath(program); err == nil {
		_ = exec.Command(found, path).Start()
	}
}

// jobFor is the scan of a lab instance as its owner would configure it.
func jobFor(cmd *cobra.Command, e *env, instance *lab.Instance) (scan.Job, error) {
	grant, err := open(cmd.Context(), scope.Claim{Targets: []string{instance.URL}, Version: version})
	if err != nil {
		return scan.Job{}, err
	}
	job := scan.Job{Grant: grant, Targets: []string{instance.URL}, Proofs: true, Tool: "mantlet " + version,
		Browser: scan.Browser{Path: e.getenv("MANTLET_BROWSER")}}
	for _, who := range instance.Identities {
		job.Identities = append(job.Identities, identity.Spec{Name: who.Name, Form: &identity.FormLogin{
			URL: "/login", Fields: map[string]string{"username": who.Username}, Secrets: map[string]string{"password": who.Password},
		}})
	}
	if instance.DynamoDB != nil {
		job.Tables = scan.Tables{Endpoint: instance.DynamoDB.Endpoint, Region: instance.DynamoDB.Region, Names: instance.DynamoDB.Names}
	}
	return job, nil
}
