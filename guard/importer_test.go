package guard_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// An application that imports the guard builds nothing of others but golang.org/x/net.
func TestTheImportersBill(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a module")
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go tool")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module consumer.example\n\ngo 1.26.0\n\nrequire github.com/mantlet-dev/mantlet v0.0.0\n\nreplace github.com/mantlet-dev/mantlet => "+root+"\n")
	write("main.go", `package main

import (
	"net/http"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/policy"
)

func main() {
	g, err := guard.New(policy.Rules{}, guard.Options{})
	if err != nil {
		panic(err)
	}
	http.ListenAndServe("127.0.0.1:0", g.Handler(http.NotFoundHandler()))
}
`)
	run := func(args ...string) string {
		cmd := exec.Command(goTool, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	run("build", "-o", os.DevNull, ".")
	modules := map[string]bool{}
	for _, line := range strings.Fields(run("list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".")) {
		modules[line] = true
	}
	for _, expected := range []string{"consumer.example", "github.com/mantlet-dev/mantlet", "golang.org/x/net"} {
		if !modules[expected] {
			t.Errorf("%s is not in the build: %v", expected, modules)
		}
		delete(modules, expected)
	}
	if len(modules) > 0 {
		t.Errorf("the importer also builds %v", modules)
	}
}
