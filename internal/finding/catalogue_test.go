package finding

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every constant of type Weakness is described, every file describes one, and no
// description is thinner than a report needs it (R123, R125, R147 to R149).
func TestEveryWeaknessIsDescribed(t *testing.T) {
	declared := declaredWeaknesses(t)
	if got := AllWeaknesses(); !slices.Equal(sorted(got), sorted(declared)) {
		t.Errorf("the catalogue holds %q, weakness.go declares %q", got, declared)
	}
	files, err := fs.Glob(catalogueFiles, "weakness/*.md")
	if err != nil || len(files) != len(declared) {
		t.Errorf("%d weakness files for %d weaknesses (%v)", len(files), len(declared), err)
	}
	titles := map[string]Weakness{}
	for _, w := range declared {
		d, ok := Describe(w)
		if !ok {
			t.Errorf("%s is not described", w)
			continue
		}
		if other, taken := titles[d.Title]; taken || d.Title == "" {
			t.Errorf("%s and %s are both called %q", w, other, d.Title)
		}
		titles[d.Title] = w
		if len(d.Summary) < 60 || !strings.Contains(d.Text, d.Summary) {
			t.Errorf("%s: summary is %q", w, d.Summary)
		}
		for _, framework := range []string{"fastapi", "flask", "django", "go", AnyFramework} {
			if text := d.Remedies[framework]; !strings.Contains(text, "```") {
				t.Errorf("%s: the remedy for %s has no snippet", w, framework)
			}
		}
		r := d.References
		if len(r.CWE) == 0 || len(r.OWASPAPI2023) == 0 || len(r.ASVS5) == 0 || len(r.PCIDSS401) == 0 {
			t.Errorf("%s: mappings are missing: %+v", w, r)
		}
	}
}

// OWASP's API list of 2023 names neither request forgery nor clickjacking, so no
// mapping to it may be direct unless its note says what it is direct about.
func TestMappingsClaimNoMoreThanTheListsSay(t *testing.T) {
	for _, w := range AllWeaknesses() {
		d, _ := Describe(w)
		for _, m := range d.References.OWASPAPI2023 {
			// API8 speaks of headers, CORS, transport and traces, API9 of inventory; API1 to API5 are about access.
			names := w == FramingAbsent || w == FramingUncovered || w == CORSRead || isAccess(w) || Beside(w)
			if m.Fit == Direct && !names {
				t.Errorf("%s: %s is said to fit directly", w, m.ID)
			}
			if m.Note == "" {
				t.Errorf("%s: %s has no note", w, m.ID)
			}
		}
	}
}

func TestRemedyFallsBackToTheGeneralOne(t *testing.T) {
	d, _ := Describe(CSRF)
	if d.Remedy("cobol") != d.Remedies[AnyFramework] || d.Remedy("flask") != d.Remedies["flask"] {
		t.Error("Remedy does not choose by framework")
	}
}

func TestFrontMatterIsStrict(t *testing.T) {
	good := []string{
		"title: A", "category: Clickjacking", "remedy: frame-headers", "cwe: CWE-1021", "top10: A04:2021",
		"api: API8 supporting, a, b", "asvs: 3.4.6 L2", "pci: 6.2.4 direct",
	}
	if _, err := new(Description).readFrontMatter(good); err != nil {
		t.Fatalf("good front matter: %v", err)
	}
	for _, bad := range []string{
		"colour: red", "title: twice", "no colon", "pci: 6.2.4", "nist: SI-10 sort of", "soc2:",
	} {
		if _, err := new(Description).readFrontMatter(append(slices.Clone(good), bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	for i := range good {
		if _, err := new(Description).readFrontMatter(slices.Delete(slices.Clone(good), i, i+1)); err == nil {
			t.Errorf("front matter without %q was accepted", good[i])
		}
	}
	for _, bad := range []string{"cwe: 1021", "asvs: 3.4.6", "top10: A4", "category: Misc"} {
		if _, err := new(Description).readFrontMatter([]string{bad}); err == nil || strings.Contains(err.Error(), "missing") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestSectionsKeepHeadingsInsideFences(t *testing.T) {
	headings, bodies, err := sections("## A\n\n```python\n## not a heading\n```\n\n## B\ntext\n")
	if err != nil || !slices.Equal(headings, []string{"A", "B"}) || !strings.Contains(bodies[0], "## not") {
		t.Errorf("got %q %q %v", headings, bodies, err)
	}
	for _, bad := range []string{"lost\n## A\nx\n", "## A\n\n## B\nx\n", "## A\n```\nx\n"} {
		if _, _, err := sections(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// A snippet with a syntax error is worse than none.
func TestRemedySnippetsParse(t *testing.T) {
	python, err := exec.LookPath("python3")
	files, _ := fs.Glob(catalogueFiles, "weakness/remedy/*.md")
	var modules []string
	for _, file := range files {
		raw, _ := fs.ReadFile(catalogueFiles, file)
		for i, snippet := range snippets(string(raw), "go") {
			if _, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+snippet, 0); err != nil {
				t.Errorf("%s: Go snippet %d: %v", file, i, err)
			}
		}
		for i, snippet := range snippets(string(raw), "python") {
			name := filepath.Join(t.TempDir(), fmt.Sprintf("%s_%d.py", strings.TrimSuffix(filepath.Base(file), ".md"), i))
			if err := os.WriteFile(name, []byte(snippet), 0o600); err != nil {
				t.Fatal(err)
			}
			modules = append(modules, name)
		}
	}
	if err != nil {
		t.Skip("no python3 to compile the Python snippets with")
	}
	if out, err := exec.Command(python, append([]string{"-m", "py_compile"}, modules...)...).CombinedOutput(); err != nil {
		t.Errorf("Python snippets: %v\n%s", err, out)
	}
}

func snippets(markdown, language string) []string {
	var found []string
	for _, part := range strings.Split(markdown, "```"+language+"\n")[1:] {
		code, _, _ := strings.Cut(part, "```")
		found = append(found, code)
	}
	return found
}

func declaredWeaknesses(t *testing.T) []Weakness {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "weakness.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []Weakness
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.BasicLit); ok && v.Kind == token.STRING {
			all = append(all, Weakness(strings.Trim(v.Value, `"`)))
		}
		return true
	})
	return all
}

func sorted(list []Weakness) []Weakness {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
