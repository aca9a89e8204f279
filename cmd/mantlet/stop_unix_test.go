//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/report"
	"github.com/mantlet-dev/mantlet/internal/scan"
)

// TestMain lets the test binary be the program, to be sent signals.
func TestMain(m *testing.M) {
	if os.Getenv("MANTLET_TEST_PROGRAM") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// program starts this binary as mantlet.
func program(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "MANTLET_TEST_PROGRAM=1")
	cmd.Dir, cmd.Stderr = t.TempDir(), &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd, &stderr
}

// slow answers the first request and then nothing until the test ends.
func slow(t *testing.T) (url string, asked chan struct{}) {
	asked = make(chan struct{}, 100)
	url = serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		if r.URL.Path == "/" {
			safe(w, `<a href="/slow">slow</a>`)
			return
		}
		select {
		case <-r.Context().Done():
		case <-t.Context().Done():
		}
	})
	return url, asked
}

func TestOneInterruptEndsTheScanWithAReport(t *testing.T) {
	url, asked := slow(t)
	cmd, stderr := program(t, "scan", "--no-browser", "--output", "out", url)
	<-asked
	<-asked
	cmd.Process.Signal(os.Interrupt)
	err := cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitIncomplete {
		t.Errorf("got %v, want exit status %d", err, exitIncomplete)
	}
	if !strings.Contains(stderr.String(), "no new attack is started") {
		t.Errorf("stderr does not say what happens:\n%s", stderr)
	}
	r, err := report.FromFile(filepath.Join(cmd.Dir, "out", "run.jsonl"))
	if err != nil || r.End.Complete || !strings.Contains(strings.Join(r.End.Why, " "), "interrupted") {
		t.Errorf("report: %v, end %+v", err, r.End)
	}
}

// A second interrupt does not wait for anything: here for a proof that never ends.
func TestASecondInterruptEndsAtOnce(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "never")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip(err)
	}
	// Reading a configuration that never comes is something no context ends.
	cmd, _ := program(t, "scan", "--config", fifo)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for start := time.Now(); time.Since(start) < time.Minute; time.Sleep(100 * time.Millisecond) {
		cmd.Process.Signal(os.Interrupt)
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
				t.Errorf("got %v, want an end by the signal", err)
			}
			return
		default:
		}
	}
	t.Error("it does not end")
}

func TestTheStopFileEndsTheScan(t *testing.T) {
	url, asked := slow(t)
	path := filepath.Join(t.TempDir(), "stop now")
	go func() {
		<-asked
		<-asked
		os.WriteFile(path, nil, 0o600)
	}()
	look(t, nil, "--stop-file", path, url).expect(t, exitIncomplete, "stopped by the file "+path, "no new attack is started")
	look(t, nil, "--stop-file", path, url).expect(t, exitRefused, path, "remove it to scan")
}

// U11: a scan that is interrupted in the middle of its attacks undoes what it did.
func TestAnInterruptedScanUndoesWhatItChanged(t *testing.T) {
	needsBrowser(t)
	shop, err := lab.StartEmbedded("weak")
	if err != nil {
		t.Fatal(err)
	}
	defer shop.Stop()
	e := &env{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, getenv: os.Getenv}
	root := newRootCommand(e)
	root.SetContext(t.Context())
	job, err := jobFor(root, e, shop)
	if err != nil {
		t.Fatal(err)
	}
	before := shop.Embedded.State()
	ctx, interrupt := context.WithCancelCause(t.Context())
	defer interrupt(nil)
	collected, attacks := &report.Collector{}, atomic.Int32{}
	if err := scan.Run(ctx, job, report.Tee(collected, handle(func(m finding.Message) {
		if m.Progress != nil && m.Progress.Phase == "prove" && attacks.Add(1) == 6 {
			interrupt(fmt.Errorf("stopped by a test"))
		}
	}))); err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
	r := collected.Report()
	if r.End.Complete || !strings.Contains(strings.Join(r.End.Why, " "), "stopped by a test") {
		t.Fatalf("the end does not say that it was stopped: %+v", r.End)
	}
	if len(r.Mutations) < 3 {
		t.Errorf("only %d changes were made before it was stopped, so it shows little", len(r.Mutations))
	}
	expectLeftAsItWas(t, before, shop.Embedded.State(), r)
}

// A handle is a Handler made of a function.
type handle func(finding.Message)

func (h handle) Handle(m finding.Message) error {
	h(m)
	return nil
}
