package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/internal/config"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/har"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/scan"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// scanFlags are the flags that a scan and a replay share; they die here.
type scanFlags struct {
	config      string
	mode        string
	insecure    string
	certificate string
	browser     string
	noBrowser   bool
	noProofs    bool
	dryRun      bool
	stopFile    string
	targets     []string // of the command line
	recordings  []string
	cookieEnv   string
	bearerEnv   string
	maxRequests int
	mutations   int
	rate        float64
	pages       int
	deletes     bool
	output      output
}

func newScanCommand(e *env) *cobra.Command {
	var flags scanFlags
	var loop loopFlags
	cmd := &cobra.Command{
		Use:   "scan [URL...]",
		Short: "Scan a web application and prove what is found",
		Long: `Scan looks at a web application from outside, as every identity it is given, and
puts what it suspects to the test: in a real browser, from an attacker's page, with
the state of the application read back afterwards.

On loopback a scan is active: it changes state to prove findings, undoes what can be
undone and reports the rest. Elsewhere it only looks, until "mantlet verify URL" has
seen that you own the target. With --dry-run it looks, prints what it would attack and
how, and attacks nothing.

Ctrl-C, or the file that --stop-file names, ends the attacks: what was changed is
undone, and the report says what was not looked at. A second Ctrl-C ends at once.

Without URL the targets of mantlet.yaml are scanned; flags win over the file.

Exit status: 0 clean, 1 findings at or above --fail-on, 2 usage or configuration,
3 incomplete, 4 refused for safety.`,
		Example: `  mantlet scan http://127.0.0.1:8000
  mantlet scan --dry-run http://127.0.0.1:8000
  mantlet scan --config staging.yaml --fail-on high
  mantlet scan http://127.0.0.1:8000 --har session.har
  SESSION='sid=...' mantlet scan http://127.0.0.1:8000 --cookie-env SESSION
  mantlet scan https://app.example --format json > report.json
  mantlet scan http://127.0.0.1:8000 --suggest guard.yaml
  mantlet scan http://127.0.0.1:8080 --again mantlet-report/run.jsonl`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if flags.dryRun {
				return flags.plan(cmd, e, args)
			}
			job, o, err := flags.prepare(cmd, e, args)
			if err != nil {
				return err
			}
			if err := loop.prepare(&job); err != nil {
				return err
			}
			ctx, release, err := stoppable(cmd.Context(), e, flags.stopFile)
			if err != nil {
				return err
			}
			defer release()
			r, err := perform(ctx, e, job, o)
			if err != nil && !errors.Is(err, context.Canceled) {
				return exitError{exitIncomplete, err}
			}
			published := publish(e, r, o)
			if err := loop.finish(e, r, job, o.dir); published == nil {
				return err
			} else if err != nil {
				fmt.Fprintln(e.stderr, "mantlet:", err) // findings outrank it
			}
			return published
		},
	}
	flags.register(cmd)
	loop.register(cmd)
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "look, and print what would be attacked and how; attack nothing")
	cmd.Flags().StringVar(&flags.stopFile, "stop-file", "mantlet.stop", "end the attacks and undo them as soon as there is this file")
	cmd.Flags().StringVar(&flags.output.failOn, "fail-on", "", "lowest severity that gives exit status 1, or none (default medium)")
	cmd.Flags().StringVar(&flags.output.dir, "output", "", `folder for the report, "-" for none (default mantlet-report)`)
	cmd.Flags().StringSliceVar(&flags.output.files, "files", nil, "formats of the files: html, json, jsonl")
	cmd.Flags().StringVar(&flags.output.format, "format", "text", "what standard output gets: text, json, jsonl")
	return cmd
}

func (f *scanFlags) register(cmd *cobra.Command) {
	flag := cmd.Flags()
	flag.StringVarP(&f.config, "config", "c", "", "configuration (default mantlet.yaml, if it is there)")
	flag.StringVar(&f.mode, "mode", "", "passive or active (default: active on loopback, passive elsewhere)")
	flag.StringVar(&f.insecure, "insecure-skip-ownership", "", "attack a target without shown ownership, for this `REASON`, which goes into the report")
	flag.StringVar(&f.certificate, "insecure-accept-certificate", "", "scan a target whose certificate does not verify, for this `REASON`, which goes into the report (never needed on loopback)")
	flag.StringVar(&f.browser, "browser", "", "Chromium or Chrome to use (default: an installed one)")
	flag.BoolVar(&f.noBrowser, "no-browser", false, "use no browser: no scripts, no proofs")
	flag.BoolVar(&f.noProofs, "no-proofs", false, "look and judge, but attack nothing")
	flag.StringSliceVar(&f.recordings, "har", nil, "recorded requests to look at and to test, a HAR `FILE`")
	flag.StringVar(&f.cookieEnv, "cookie-env", "", "environment `VARIABLE` with the Cookie header of a logged-in user")
	flag.StringVar(&f.bearerEnv, "bearer-env", "", "environment `VARIABLE` with a bearer token")
	flag.IntVar(&f.maxRequests, "max-requests", 0, "requests the scan may send (default 50000 on loopback, 5000 elsewhere)")
	flag.IntVar(&f.mutations, "max-mutations", 0, "requests that may change the target (default 2000, or 40 for each action)")
	flag.Float64Var(&f.rate, "rate", 0, "requests a second (default: unlimited on loopback, 5 elsewhere)")
	flag.IntVar(&f.pages, "pages", 0, "pages to look at per identity (default 300)")
	flag.BoolVar(&f.deletes, "insecure-allow-deletes", false, "aim delete-like actions at objects the scan did not make itself")
	flag.StringVar(&f.output.color, "color", "auto", "auto, always or never")
}

// prepare turns flags and file into a job. What is wrong with either is a usage
// error; what is not allowed is a refusal.
func (f *scanFlags) prepare(cmd *cobra.Command, e *env, args []string) (scan.Job, output, error) {
	file, err := f.load()
	if err != nil {
		return scan.Job{}, output{}, err
	}
	f.targets = args
	f.merge(&file, args)
	if f.mutations < 0 || f.maxRequests < 0 {
		return scan.Job{}, output{}, errors.New("--max-mutations and --max-requests must not be negative")
	}
	if len(file.Targets) == 0 {
		return scan.Job{}, output{}, errors.New("no target: give a URL, or name targets in " + config.Name + " (mantlet init writes one)")
	}
	o := f.outputOf(file)
	if err := o.validate(); err != nil {
		return scan.Job{}, output{}, err
	}
	recorded, err := recordedIn(file.HAR)
	if err != nil {
		return scan.Job{}, output{}, err
	}
	specs, err := f.identities(e, file)
	if err != nil {
		return scan.Job{}, output{}, err
	}
	grant, err := open(cmd.Context(), f.claim(file))
	if err != nil {
		return scan.Job{}, output{}, err
	}
	return scan.Job{
		Grant: grant, Targets: file.Targets, Identities: specs, Rules: file.Policy,
		OpenAPI: file.OpenAPI, Recorded: recorded, Seeds: file.Seeds, Sockets: socketsOf(file), Pages: file.Budget.Pages,
		Browser:   scan.Browser{Path: cmp.Or(file.Browser.Path, e.getenv("MANTLET_BROWSER")), Off: f.noBrowser},
		Tables:    scan.Tables{Endpoint: file.DynamoDB.Endpoint, Region: file.DynamoDB.Region, Names: file.DynamoDB.Tables},
		Mutations: file.Budget.Mutations, Deletes: file.Budget.Deletes, Proofs: !f.noProofs, DryRun: f.dryRun, Tool: "mantlet " + version,
	}, o, nil
}

func socketsOf(file config.File) []observe.Socket {
	var list []observe.Socket
	for _, s := range file.Sockets {
		list = append(list, observe.Socket{URL: s.URL, Messages: s.Messages})
	}
	return list
}

// recordedIn are the requests of all recordings.
func recordedIn(paths []string) ([]har.Entry, error) {
	var all []har.Entry
	for _, path := range paths {
		r, err := readRecording(path)
		if err != nil {
			return nil, err
		}
		all = append(all, r.Entries...)
	}
	return all, nil
}

func (f *scanFlags) load() (config.File, error) {
	if f.config != "" {
		return config.Load(f.config)
	}
	file, err := config.Load(config.Name)
	if errors.Is(err, os.ErrNotExist) {
		return config.File{}, nil
	}
	return file, err
}

// merge lets flags win over the file.
func (f *scanFlags) merge(file *config.File, args []string) {
	if len(args) > 0 {
		file.Targets = args
	}
	file.HAR = append(file.HAR, f.recordings...)
	file.Mode = cmp.Or(f.mode, file.Mode)
	file.Browser.Path = cmp.Or(f.browser, file.Browser.Path)
	file.Budget.Requests = cmp.Or(f.maxRequests, file.Budget.Requests)
	file.Budget.Mutations = cmp.Or(f.mutations, file.Budget.Mutations)
	file.Budget.Rate = cmp.Or(f.rate, file.Budget.Rate)
	file.Budget.Pages = cmp.Or(f.pages, file.Budget.Pages)
	file.Budget.Deletes = f.deletes || file.Budget.Deletes
}

func (f *scanFlags) outputOf(file config.File) output {
	o := f.output
	o.failOn = cmp.Or(o.failOn, file.FailOn, string(finding.Medium))
	o.dir = cmp.Or(o.dir, file.Output.Dir, "mantlet-report")
	if o.dir == "-" {
		o.dir = ""
	}
	if len(o.files) == 0 {
		o.files = file.Output.Formats
	}
	o.format = cmp.Or(o.format, "text")
	return o
}

func (f *scanFlags) identities(e *env, file config.File) ([]identity.Spec, error) {
	if f.cookieEnv != "" || f.bearerEnv != "" {
		file.Identities = append(file.Identities, config.Identity{Name: "user", Cookie: f.cookieEnv, Bearer: f.bearerEnv})
	}
	return file.Specs(e.getenv)
}

func (f *scanFlags) claim(file config.File) scope.Claim {
	timeout, _ := file.Budget.RequestTimeout() // both validated when the file was read
	private, _ := file.Scope.Ranges()
	mode := scope.Mode(file.Mode)
	if f.dryRun {
		mode = scope.Passive
	}
	claim := scope.Claim{
		Targets: file.Targets, Origins: file.Scope.Origins, Include: file.Scope.Include, Exclude: file.Scope.Exclude,
		Private: private, Mode: mode, Rate: file.Budget.Rate, Concurrency: file.Budget.Concurrency,
		MaxRequests: file.Budget.Requests, Timeout: timeout, InsecureReason: f.insecure, InsecureCertificate: f.certificate, Version: version,
	}
	if path, err := scope.OwnershipFile(); err == nil {
		claim.Verified = scope.OpenOwnership(path).Verified
	}
	return claim
}

// newSchemaCommand prints the JSON Schema of mantlet.yaml, for editors.
func newSchemaCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of mantlet.yaml, for your editor",
		Example: "  mantlet schema > mantlet.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(e.stdout, string(config.Schema))
			return err
		},
	}
}
