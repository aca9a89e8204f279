package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/accuracy"
	"github.com/mantlet-dev/mantlet/internal/report"
)

// closeLoop guards a weak application with what its scan suggests, scans it again and runs its own tests on both sides of the guard.
func closeLoop(t *testing.T, app string, weak report.Report) accuracy.Guarded {
	t.Helper()
	needsBrowser(t)
	e := &env{stdin: strings.NewReader(""), stdout: t.Output(), stderr: t.Output(), getenv: os.Getenv}
	root := newRootCommand(e)
	root.SetContext(t.Context())
	g, err := guardedAccuracy(root, e, app, weak, labChoice{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Issue 3, must show 1: weak is proven weak, behind the guard every proof is refuted
// and none is left, and the application goes on working.
func TestTheLoopIsClosedForTheShop(t *testing.T) {
	_, _, weak := scanShop(t, "weak")
	expectClosed(t, closeLoop(t, "shop", weak))
}

func TestTheLoopIsClosedForThePythonApplications(t *testing.T) {
	needsWholeLab(t)
	t.Chdir("../..") // where lab and .lab are
	for _, app := range guardedApps[1:] {
		t.Run(app, func(t *testing.T) { expectClosed(t, closeLoop(t, app, report.Report{})) })
	}
}

func expectClosed(t *testing.T, g accuracy.Guarded) {
	t.Helper()
	if g.Weak < 10 || g.Proven < 10 {
		t.Errorf("%d findings were proven, and the guard can stop %d: too few to show anything", g.Weak, g.Proven)
	}
	if len(g.Rules) == 0 {
		t.Error("no rule was suggested, but a GET changes something")
	}
	if !g.Holds() {
		var out bytes.Buffer
		printGuarded(&out, []accuracy.Guarded{g})
		t.Errorf("the loop is open:\n%s", out.String())
	}
}

func TestAnOpenLoopIsShownAndFails(t *testing.T) {
	good := accuracy.Guarded{App: "shop", Weak: 3, Closed: accuracy.Closed{Proven: 2, Refuted: 2}, Tests: 4}
	still, missed, broken := good, good, good
	still.App, still.Still = "a", []string{"csrf-1 POST /x: it was served"}
	missed.App, missed.Refuted, missed.Open = "b", 1, []string{"csrf-2 POST /y: not seen again"}
	broken.App, broken.Behind = "c", "exit status 1\nFAILED (failures=1)"
	var out bytes.Buffer
	printGuarded(&out, []accuracy.Guarded{good, still, missed, broken})
	for _, want := range []string{"2 of 2", "1 of 2", "STILL PROVEN: csrf-1", "NOT TESTED: csrf-2", "FAILED (failures=1)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing says %q:\n%s", want, out.String())
		}
	}
	if n := strings.Count(out.String(), "OPEN"); n != 3 {
		t.Errorf("%d loops are marked as open:\n%s", n, out.String())
	}
	if err := closed([]accuracy.Guarded{good}); err != nil {
		t.Errorf("a closed loop fails: %v", err)
	}
	if err := closed([]accuracy.Guarded{good, still, missed, broken}); err == nil || !strings.Contains(err.Error(), "a, b, c") {
		t.Errorf("got %v", err)
	}
}
