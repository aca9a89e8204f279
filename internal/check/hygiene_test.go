package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Every check speaks somewhere, is silent somewhere, and is explained.
func TestEveryCheckIsRecordedAndDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range All() {
		if seen[c.ID] {
			t.Errorf("two checks are called %s", c.ID)
		}
		seen[c.ID] = true
		for _, prefix := range []string{"speaks-", "silent-"} {
			if files, _ := filepath.Glob(filepath.Join("testdata", c.ID, prefix+"*.txtar")); len(files) == 0 {
				t.Errorf("%s has no recording called %s*.txtar", c.ID, prefix)
			}
		}
		if _, ok := finding.Describe(finding.Weakness(c.ID)); !ok {
			t.Errorf("%s is not in the weakness catalogue", c.ID)
		}
		if c.Doc == "" || c.Run == nil {
			t.Errorf("%s does nothing or does not say what", c.ID)
		}
	}
	for _, w := range finding.AllWeaknesses() {
		if !seen[string(w)] && w != finding.Chain { // which Chains makes of what was proven
			t.Errorf("no check reports %s", w)
		}
	}
}

// A check that is written and not listed would be silence taken for safety.
func TestEveryCheckIsListed(t *testing.T) {
	listed := namesIn(t, "all.go", func(n ast.Node) []string {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return nil
		}
		var names []string
		for _, e := range lit.Elts {
			if id, ok := e.(*ast.Ident); ok {
				names = append(names, id.Name)
			}
		}
		return names
	})
	files, _ := filepath.Glob("*.go")
	for _, file := range files {
		for _, name := range namesIn(t, file, declaredChecks) {
			if !slices.Contains(listed, name) {
				t.Errorf("%s declares the check %s, which All does not list", file, name)
			}
		}
	}
	if len(listed) != len(All()) {
		t.Errorf("all.go names %d checks, All gives %d", len(listed), len(All()))
	}
}

func declaredChecks(n ast.Node) []string {
	spec, ok := n.(*ast.ValueSpec)
	if !ok || len(spec.Values) != 1 {
		return nil
	}
	if address, ok := spec.Values[0].(*ast.UnaryExpr); ok {
		if lit, ok := address.X.(*ast.CompositeLit); ok {
			if id, ok := lit.Type.(*ast.Ident); ok && id.Name == "Check" {
				return []string{spec.Names[0].Name}
			}
		}
	}
	return nil
}

func namesIn(t *testing.T, file string, pick func(ast.Node) []string) []string {
	t.Helper()
	if strings.HasSuffix(file, "_test.go") {
		return nil
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		names = append(names, pick(n)...)
		return true
	})
	return names
}

func TestTestdataBelongsToChecks(t *testing.T) {
	folders, _ := filepath.Glob(filepath.Join("testdata", "*"))
	for _, folder := range folders {
		if !slices.ContainsFunc(All(), func(c *Check) bool { return c.ID == filepath.Base(folder) }) {
			t.Errorf("%s belongs to no check", folder)
		}
	}
}
