package main

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/accuracy"
	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/report"
)

// needsBrowser skips where there is none, and fails where there must be one.
func needsBrowser(t *testing.T) {
	t.Helper()
	_, err := browser.Find(os.Getenv("MANTLET_BROWSER"))
	if err == nil {
		return
	}
	if os.Getenv("CI") != "" || os.Getenv("MANTLET_REQUIRE_LAB") != "" {
		t.Fatal(err)
	}
	t.Skip(err)
}

// weakShop is scanned once for all tests that ask about it.
var weakShop struct {
	once   sync.Once
	shop   *lab.Instance
	before map[string]string
	found  report.Report
}

func scanShop(t *testing.T, variant string) (*lab.Instance, map[string]string, report.Report) {
	t.Helper()
	needsBrowser(t)
	if variant != "weak" {
		return scanFreshShop(t, variant)
	}
	w := &weakShop
	w.once.Do(func() { w.shop, w.before, w.found = scanFreshShop(t, variant) })
	if !w.found.End.Complete {
		t.Fatal("the scan of the weak shop failed, see the first test that asked for it")
	}
	return w.shop, w.before, w.found
}

// scanFreshShop gives a shop that has been closed after the scan: what it held is
// still to be read.
func scanFreshShop(t *testing.T, variant string) (*lab.Instance, map[string]string, report.Report) {
	t.Helper()
	shop, err := lab.StartEmbedded(variant)
	if err != nil {
		t.Fatal(err)
	}
	defer shop.Stop()
	before := shop.Embedded.State()
	return shop, before, scanInstanceForTest(t, shop)
}

// scanInstanceForTest scans a lab as mantlet accuracy does, and to the end.
func scanInstanceForTest(t *testing.T, instance *lab.Instance) report.Report {
	t.Helper()
	e := &env{stdin: strings.NewReader(""), stdout: t.Output(), stderr: t.Output(), getenv: os.Getenv}
	root := newRootCommand(e)
	root.SetContext(t.Context())
	job, err := jobFor(root, e, instance)
	if err != nil {
		t.Fatal(err)
	}
	r, err := perform(t.Context(), e, job, output{format: "none"})
	if err != nil {
		t.Fatal(err)
	}
	if !r.End.Complete {
		t.Fatalf("the scan is incomplete: %v", r.End.Why)
	}
	return r
}

func held(shop *lab.Instance, r report.Report) accuracy.Result {
	return accuracy.Compare(lab.Truth{App: shop.App, Framework: shop.Framework, Variant: shop.Variant, Rows: shop.Truth}, all(r))
}

// The demo's promise: clickjacking and forged requests proven, with pictures and
// changes of state, nothing proven that is safe, and no change left unsaid.
func TestTheWeakShopIsProvenWeakAndLeftAsItWas(t *testing.T) {
	shop, before, r := scanShop(t, "weak")
	result := held(shop, r)
	for _, row := range result.Rows {
		if mark := row.Mark(); mark == "FALSE" || mark == "MISSED" {
			t.Errorf("%s %s is %s: %s", row.Endpoint, row.Weakness, row.Truth, row.Verdict)
		}
	}
	for _, w := range []finding.Weakness{finding.Clickjacking, finding.CSRF} {
		proven := slices.IndexFunc(r.Findings, func(f finding.Finding) bool { return f.Weakness == w && f.State == finding.Proven })
		if proven < 0 {
			t.Errorf("no %s is proven", w)
			continue
		}
		expectEvidence(t, r.Findings[proven])
	}
	expectLeftAsItWas(t, before, shop.Embedded.State(), r)
}

func expectEvidence(t *testing.T, f finding.Finding) {
	t.Helper()
	pictures := 0
	for _, file := range f.Proof.Files {
		if strings.HasPrefix(file.Kind, "screenshot") && len(file.Data) > 0 {
			pictures++
		}
	}
	if pictures < 2 || len(f.Proof.Changes) == 0 || len(f.Proof.Controls) < 3 {
		t.Errorf("%s: %d screenshots, %d changes of state, %d controls", f.ID, pictures, len(f.Proof.Changes), len(f.Proof.Controls))
	}
}

// expectLeftAsItWas holds the app's own state against what the report admits.
func expectLeftAsItWas(t *testing.T, before, after map[string]string, r report.Report) {
	t.Helper()
	admitted, err := json.Marshal(r.Remaining())
	if err != nil {
		t.Fatal(err)
	}
	keys := maps.Clone(before)
	maps.Copy(keys, after)
	for key := range keys {
		if before[key] == after[key] {
			continue
		}
		for _, line := range strings.Split(after[key], "\n") {
			if marker := markerIn(line); marker != "" && !strings.Contains(string(admitted), marker) && !strings.Contains(before[key], line) {
				t.Errorf("%s was %q, is %q, and the report does not name %s", key, before[key], after[key], marker)
			}
		}
		if markerIn(after[key]) == "" && !strings.Contains(string(admitted), after[key]) {
			t.Errorf("%s was %q, is %q, and the report does not say so", key, before[key], after[key])
		}
	}
}

// markerIn is the scanner's own mark in a value, "" if there is none.
func markerIn(value string) string {
	i := strings.Index(value, "mtl")
	if i < 0 || len(value) < i+8 {
		return ""
	}
	return value[i : i+8]
}

func TestTheRepairedShopGivesNoFindingAboveInfo(t *testing.T) {
	shop, before, r := scanShop(t, "repaired")
	for _, f := range r.Findings {
		if f.Severity != finding.Info {
			t.Errorf("%s %s at %s: %s", f.State, f.Severity, f.Endpoint, f.Why)
		}
	}
	if result := held(shop, r); result.FalseProven+result.FalseSuspected > 0 {
		t.Errorf("%d false proven, %d false suspected", result.FalseProven, result.FalseSuspected)
	}
	expectLeftAsItWas(t, before, shop.Embedded.State(), r)
}
