package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"github.com/mantlet-dev/mantlet/internal/config"
	"github.com/mantlet-dev/mantlet/internal/draft"
	"github.com/mantlet-dev/mantlet/internal/har"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// initFlags say what a configuration is drafted from, and where it goes.
type initFlags struct {
	openAPI, recording, output, saved, browser string
	force                                      bool
}

// newInitCommand writes a configuration to start from.
func newInitCommand(e *env) *cobra.Command {
	var flags initFlags
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented mantlet.yaml to start from",
		Long: `Init prints an example of mantlet.yaml with every key.

With --from-openapi or --record it writes one for your application instead: targets, how
to log in, what to leave alone, sockets. What it guessed is marked; secrets are names of
environment variables.

--record URL opens a browser window with a profile of its own. Log in, open the pages and
send the forms that matter, log out and in as a second user if you have one, and close
the window (or press Ctrl-C here). Passwords, cookies and tokens are replaced as they are
taken down, and requests to other sites are not taken down at all. The names you log in
by and the paths of pages get into the file. With --save-har the recording is kept, and
scans also test what you sent.

--record FILE.har takes what any browser exported: open the network panel of its developer
tools, log in and use the application, and export everything. Of that nothing gets into
the file but addresses and the names of fields.`,
		Example: `  mantlet init > mantlet.yaml
  mantlet init --from-openapi http://127.0.0.1:8000/openapi.json
  mantlet init --from-openapi docs/swagger.yaml
  mantlet init --record http://127.0.0.1:8000
  mantlet init --record http://127.0.0.1:8000 --save-har session.har
  mantlet init --record session.har`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if flags.openAPI == "" && flags.recording == "" {
				return flags.example(e)
			}
			d, err := flags.draft(cmd.Context(), e)
			if err != nil {
				return err
			}
			return flags.write(e, d)
		},
	}
	cmd.Flags().StringVar(&flags.openAPI, "from-openapi", "", "draft from an OpenAPI or Swagger document, a `FILE|URL`")
	cmd.Flags().StringVar(&flags.recording, "record", "", "draft from what you do in a browser window, or from a recording, a `URL|FILE.har`")
	cmd.Flags().StringVar(&flags.saved, "save-har", "", "keep what is done in the window for scans, without its secrets, in a HAR `FILE`")
	cmd.Flags().StringVar(&flags.browser, "browser", "", "Chromium or Chrome to open the window with (default: an installed one)")
	cmd.Flags().StringVarP(&flags.output, "output", "o", "", `file to write, "-" for standard output (default `+config.Name+` with --from-openapi or --record)`)
	cmd.Flags().BoolVar(&flags.force, "force", false, "overwrite the file if it is there")
	cmd.MarkFlagsMutuallyExclusive("from-openapi", "record")
	return cmd
}

func (f initFlags) example(e *env) error {
	if f.output == "" || f.output == "-" {
		_, err := e.stdout.Write(config.Example)
		return err
	}
	return f.create(config.Example)
}

// largestDocument bounds what is read of an OpenAPI document.
const largestDocument = 16 << 20

func (f initFlags) draft(ctx context.Context, e *env) (draft.Draft, error) {
	if isURL(f.recording) {
		return f.fromWindow(ctx, e)
	}
	if f.saved != "" {
		return draft.Draft{}, errors.New("--save-har keeps what is done in a window: give --record a URL")
	}
	if f.recording != "" {
		r, err := readRecording(f.recording)
		if err != nil {
			return draft.Draft{}, err
		}
		return draft.FromRecording(r, f.recording)
	}
	var data []byte
	var err error
	if isURL(f.openAPI) {
		data, err = fetchDocument(ctx, f.openAPI)
	} else {
		data, err = readBounded(f.openAPI, largestDocument)
	}
	if err != nil {
		return draft.Draft{}, fmt.Errorf("--from-openapi: %w", err)
	}
	return draft.FromOpenAPI(data, f.openAPI)
}

// readRecording reads a HAR file.
func readRecording(path string) (har.Recording, error) {
	data, err := readBounded(path, har.Largest)
	if err != nil {
		return har.Recording{}, err
	}
	r, err := har.Parse(data)
	if err != nil {
		return har.Recording{}, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func readBounded(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("%s is larger than %d MB", path, most>>20)
	}
	return data, nil
}

// fetchDocument gets a document through the door of a scan that only looks.
func fetchDocument(ctx context.Context, address string) ([]byte, error) {
	grant, err := scope.Open(ctx, scope.Claim{Targets: []string{address}, Mode: scope.Passive, MaxRequests: 5, MaxBody: largestDocument, Version: version})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := grant.Do(request)
	if err != nil {
		return nil, exitError{exitIncomplete, err}
	}
	data, cut, err := scope.ReadBody(response)
	switch {
	case err != nil:
		return nil, exitError{exitIncomplete, err}
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s answers %s: save the document to a file and give that", address, response.Status)
	case cut:
		return nil, fmt.Errorf("%s is larger than %d MB", address, largestDocument>>20)
	}
	return data, nil
}

// write puts the draft where it belongs. What the scanner itself would not read is
// never written.
func (f initFlags) write(e *env, d draft.Draft) error {
	text := d.YAML()
	if _, err := config.Parse(text); err != nil {
		return fmt.Errorf("what was drafted from %s is no configuration, which is a mistake of ours: %w", d.From, err)
	}
	if f.output == "-" {
		_, err := e.stdout.Write(text)
		return err
	}
	if f.output == "" {
		f.output = config.Name
	}
	if err := f.create(text); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "Wrote %s for %s. Look it over, then:\n", f.output, d.Target)
	for _, name := range d.Variables() {
		fmt.Fprintf(e.stdout, "  export %s=...\n", name)
	}
	named := ""
	if f.output != config.Name {
		named = " --config " + f.output
	}
	fmt.Fprintf(e.stdout, "  mantlet scan --dry-run%s\n", named)
	return nil
}

// free says whether the file may be written.
func (f initFlags) free() error {
	name := cmp.Or(f.output, config.Name)
	info, err := os.Stat(name)
	switch {
	case name == "-" || f.force || errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Size() == 0:
		return fmt.Errorf("%s is there already and empty, as where a shell was told to write into it: leave the redirection out, or give --output -", name)
	}
	return fmt.Errorf("%s is there already: --force overwrites it, --output names another file", name)
}

func (f initFlags) create(text []byte) error {
	if err := f.free(); err != nil {
		return err
	}
	how := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if f.force {
		how = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	file, err := os.OpenFile(f.output, how, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}
