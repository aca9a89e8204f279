// The rules of this repository that a compiler does not know, as tests.
package mantlet_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/mantlet-dev/mantlet/"

// A layer is what one package may import: ours by path, others by module prefix.
type layer struct{ ours, others []string }

// table is the import table of ARCHITECTURE.md. A package that is missing here
// may not exist; tests may import more.
var table = map[string]layer{
	"policy":              {nil, []string{"golang.org/x/net/publicsuffix"}},
	"conformance":         {nil, nil},                                                                                            // a module of its own; its tests import other projects
	"conformance/bench":   {[]string{"policy", "session", "guard", "internal/gate"}, []string{"github.com", "golang.org/x/sys"}}, // likewise
	"guard":               {[]string{"policy"}, nil},
	"internal/forminject": {nil, nil},
	"internal/har":        {nil, nil},
	"internal/draft":      {[]string{"policy", "internal/finding", "internal/har", "internal/identity", "internal/markup", "internal/observe"}, nil},
	"internal/record":     {[]string{"policy", "internal/browser", "internal/har", "internal/observe"}, nil},
	"internal/iam":        {nil, nil},
	"internal/websocket":  {nil, nil},
	"internal/dynamotest": {[]string{"internal/lab"}, []string{"github.com/aws"}},
	"session":             {nil, nil},
	"session/sessiontest": {[]string{"session"}, nil},
	"session/scsstore":    {[]string{"session"}, nil},
	"session/dynamo":      {[]string{"session", "internal/iam"}, []string{"github.com/aws"}},
	"owned":               {[]string{"session", "internal/iam"}, []string{"github.com/aws"}},
	"internal/gate":       {[]string{"policy", "guard", "session", "internal/forminject"}, nil},
	"internal/suggest":    {[]string{"policy", "internal/finding"}, []string{"github.com/goccy/go-yaml"}},
	"internal/guardfile":  {[]string{"policy", "guard", "session"}, []string{"github.com/goccy/go-yaml"}},
	"internal/corpus":     {[]string{"policy"}, []string{"golang.org/x/net/html"}},
	"internal/finding":    {[]string{"policy"}, []string{"github.com/pandatix/go-cvss"}},
	"internal/scope":      {[]string{"policy", "internal/finding"}, []string{"golang.org/x/time"}},
	"internal/markup":     {[]string{"policy", "internal/finding"}, []string{"golang.org/x/net", "github.com/andybalholm/cascadia"}},
	"internal/identity":   {[]string{"policy", "internal/finding", "internal/scope", "internal/markup"}, nil},
	"internal/observe": {[]string{"policy", "internal/finding", "internal/scope", "internal/markup", "internal/identity", "internal/har"},
		[]string{"golang.org/x/net", "github.com/getkin/kin-openapi", "github.com/goccy/go-yaml"}},
	"internal/state": {[]string{"internal/finding", "internal/scope", "internal/identity", "internal/iam"},
		[]string{"golang.org/x/net", "github.com/aws"}},
	"internal/browser":  {[]string{"policy", "internal/finding"}, []string{"github.com/chromedp"}},
	"internal/attacker": {[]string{"policy", "internal/finding"}, nil},
	"internal/check":    {[]string{"policy", "internal/finding", "internal/markup", "internal/observe"}, nil},
	"internal/prove": {[]string{"policy", "internal/finding", "internal/scope", "internal/identity", "internal/markup", "internal/observe",
		"internal/state", "internal/browser", "internal/attacker", "internal/websocket"}, []string{"golang.org/x/net", "github.com/andybalholm/cascadia"}},
	"internal/report": {[]string{"internal/finding"}, []string{"charm.land/lipgloss", "github.com/charmbracelet"}},
	"internal/scan": {[]string{"policy", "internal/finding", "internal/har", "internal/scope", "internal/identity", "internal/observe",
		"internal/state", "internal/browser", "internal/attacker", "internal/check", "internal/prove", "internal/report"}, nil},
	"internal/config":   {[]string{"policy", "internal/identity"}, []string{"github.com/goccy/go-yaml"}},
	"internal/lab":      {nil, []string{"golang.org/x/net/websocket"}},
	"internal/accuracy": {[]string{"internal/finding", "internal/lab"}, nil},
	"cmd/mantlet":       {[]string{"*"}, []string{"github.com/spf13/cobra", "charm.land/lipgloss", "github.com/charmbracelet", "github.com/aws"}},
}

func TestPackagesImportOnlyWhatTheTableAllows(t *testing.T) {
	for pkg, files := range sources(t) {
		allowed, known := table[pkg]
		if !known {
			t.Errorf("package %s is not in the import table: add it here and in ARCHITECTURE.md, or do without it", pkg)
			continue
		}
		for path, file := range files {
			for _, spec := range file.Imports {
				name, _ := strconv.Unquote(spec.Path.Value)
				if !allowed.permits(name) {
					t.Errorf("%s imports %s, which the table does not allow", path, name)
				}
			}
		}
	}
}

func (l layer) permits(name string) bool {
	if ours, ok := strings.CutPrefix(name, module); ok {
		return slices.Contains(l.ours, ours) || slices.Contains(l.ours, "*")
	}
	if first, _, _ := strings.Cut(name, "/"); !strings.Contains(first, ".") {
		return true // standard library
	}
	return slices.ContainsFunc(l.others, func(prefix string) bool {
		return name == prefix || strings.HasPrefix(name, prefix+"/")
	})
}

// Clients and dialers are the door's; the exit status is the command's.
func TestOnlyTheDoorDialsAndOnlyTheCommandExits(t *testing.T) {
	allowed := map[string][]string{
		"http.Client{":       {"internal/scope", "cmd/mantlet", "internal/lab"},
		"http.Get":           {},
		"http.Post":          {},
		"http.DefaultClient": {},
		"net.Dial":           {"internal/scope"},
		"os.Exit":            {"cmd/mantlet", "conformance/bench"},
		"log.Fatal":          {},
	}
	for pkg, files := range sources(t) {
		for path, file := range files {
			ast.Inspect(file, func(n ast.Node) bool {
				for word, where := range allowed {
					if uses(n, word) && !slices.Contains(where, pkg) {
						t.Errorf("%s uses %s: only %v may", path, word, where)
					}
				}
				return true
			})
		}
	}
}

// uses says whether n is the selector pkg.Name of word, as a composite literal if
// word ends in a brace.
func uses(n ast.Node, word string) bool {
	name, literal := strings.CutSuffix(word, "{")
	if literal {
		lit, ok := n.(*ast.CompositeLit)
		return ok && selector(lit.Type) == name
	}
	expr, ok := n.(*ast.SelectorExpr)
	return ok && selector(expr) == name
}

func selector(e ast.Expr) string {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if x, ok := sel.X.(*ast.Ident); ok {
		return x.Name + "." + sel.Sel.Name
	}
	return ""
}

// Long files hide more than one concept. A file is listed here with its reason.
func TestNoFileIsLongerThanFiveHundredLines(t *testing.T) {
	reasons := map[string]string{}
	walk(t, func(path string, text []byte) {
		lines := strings.Count(string(text), "\n")
		if lines > 500 && reasons[path] == "" && !strings.HasSuffix(path, "_test.go") {
			t.Errorf("%s has %d lines: split it by concept", path, lines)
		}
	})
}

// sources parses every non-test Go file, by package directory and path.
func sources(t *testing.T) map[string]map[string]*ast.File {
	t.Helper()
	packages := map[string]map[string]*ast.File{}
	walk(t, func(path string, text []byte) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if packages[dir] == nil {
			packages[dir] = map[string]*ast.File{}
		}
		packages[dir][path] = file
	})
	return packages
}

func walk(t *testing.T, visit func(path string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path) // through os, so that the test cache sees a change
		if err != nil {
			return err
		}
		visit(path, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
