// Mantlet finds and proves the attacks that ride a logged-in user's session:
// clickjacking, forged requests, and what they reach.
//
// This is the only package that reads flags, the environment and files of the
// user, chooses reporters and sets the exit status.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set at release time by the linker; a plain build says "dev".
var version = "dev"

// env is everything of the outside world that a command may touch, so that tests
// run commands in process.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
}

// The exit statuses are a contract: scripts and CI jobs rely on them.
const (
	exitClean      = 0
	exitFindings   = 1 // findings at or above --fail-on
	exitUsage      = 2 // bad flag, file or input
	exitIncomplete = 3 // the scan could not look at everything it set out to look at
	exitRefused    = 4 // refused for safety: not allowed to attack this target
)

// An exitError ends the program with code; a nil err prints nothing more.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e exitError) Unwrap() error { return e.err }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := run(ctx, os.Args[1:], &env{os.Stdin, os.Stdout, os.Stderr, os.Getenv})
	stop()
	os.Exit(code)
}

// run executes one command line and gives its exit status.
func run(ctx context.Context, args []string, e *env) int {
	root := newRootCommand(e)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitClean
	}
	var exit exitError
	if !errors.As(err, &exit) {
		exit = exitError{code: exitUsage, err: err} // cobra's own errors are about usage
	}
	if exit.err != nil {
		fmt.Fprintln(e.stderr, "mantlet:", exit.err)
	}
	return exit.code
}

func newRootCommand(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:   "mantlet",
		Short: "Prove and stop the attacks that ride a user's session",
		Long: `Mantlet scans a web application from outside for clickjacking and forged
requests, and proves each finding in a real browser: an attacker's page, the
victim's session, and a change of state that is read back afterwards. Its guard
stops the same attacks in front of any application.`,
		Example: `  mantlet demo                                     scan the weak app that comes along
  mantlet scan http://127.0.0.1:8000               scan your app on this machine
  mantlet init > mantlet.yaml                      write a commented configuration
  mantlet guard --upstream http://127.0.0.1:8000   protect any app from outside
  mantlet judge headers https://example.org        who may frame this page?`,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetIn(e.stdin)
	root.SetOut(e.stdout)
	root.SetErr(e.stderr)
	group := func(title string, commands ...*cobra.Command) {
		root.AddGroup(&cobra.Group{ID: title, Title: title + ":"})
		for _, c := range commands {
			c.GroupID = title
			root.AddCommand(c)
		}
	}
	group("Scan and prove", newScanCommand(e), newReplayCommand(e), newReportCommand(e), newDemoCommand(e))
	group("Prepare", newInitCommand(e), newSchemaCommand(e), newVerifyCommand(e))
	group("Protect", newGuardCommand(e), newTablesCommand(e))
	group("Ask and learn", newJudgeCommand(e), newExplainCommand(e))
	group("Measure", newLabCommand(e), newAccuracyCommand(e))
	return root
}
