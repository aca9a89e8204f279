package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/report"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// scanBank scans the FastAPI bank and reads its tables before and after. Sessions
// are left out: the report names the logins that open them.
func scanBank(t *testing.T, variant string) (*lab.Instance, []finding.Change, report.Report) {
	t.Helper()
	needsBrowser(t)
	root := filepath.Join("..", "..")
	if _, err := os.Stat(filepath.Join(root, ".lab")); err != nil && os.Getenv("CI") == "" && os.Getenv("MANTLET_REQUIRE_LAB") == "" {
		t.Skip("the lab is not set up: run scripts/setup")
	}
	bank, err := lab.StartFastAPI(t.Context(), lab.Options{Dir: root, Variant: variant})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bank.Stop() })
	var names []string
	for _, name := range bank.DynamoDB.Names {
		if !strings.Contains(name, "session") {
			names = append(names, name)
		}
	}
	tables, err := state.OpenDynamo(t.Context(), bank.DynamoDB.Endpoint, bank.DynamoDB.Region, names, nil)
	if err != nil {
		t.Fatal(err)
	}
	before, err := tables.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := scanInstanceForTest(t, bank)
	after, err := tables.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return bank, state.Diff(before, after), r
}

// R5, R20, R31: every planted weakness of the bank is found, nine of ten of those
// that an attack can show are proven, and what the scan left in the tables is what
// its report says.
func TestTheWeakBankIsProvenWeakAndLeftAsTheReportSays(t *testing.T) {
	bank, left, r := scanBank(t, "weak")
	provable, proven := 0, 0
	for _, row := range held(bank, r).Rows {
		if mark := row.Mark(); mark == "FALSE" || mark == "MISSED" {
			t.Errorf("%s %s is %s: %s", row.Endpoint, row.Weakness, row.Truth, row.Verdict)
		}
		if row.Truth == lab.Vulnerable && !strings.HasPrefix(row.Weakness, "cookie-") {
			provable++
			if row.Verdict == "proven" {
				proven++
			}
		}
	}
	if 10*proven < 9*provable {
		t.Errorf("%d of %d framing and forgery weaknesses are proven", proven, provable)
	}
	expectNamed(t, left, r)
}

func TestTheRepairedBankGivesNoFindingAboveInfo(t *testing.T) {
	_, left, r := scanBank(t, "repaired")
	for _, f := range r.Findings {
		if f.Severity != finding.Info {
			t.Errorf("%s %s at %s: %s", f.State, f.Severity, f.Endpoint, f.Why)
		}
	}
	expectNamed(t, left, r)
}

// expectNamed holds what really changed against what the report admits.
func expectNamed(t *testing.T, left []finding.Change, r report.Report) {
	t.Helper()
	text, err := json.Marshal(r.Remaining())
	if err != nil {
		t.Fatal(err)
	}
	admitted := string(text)
	for _, c := range left {
		item, _, _ := strings.Cut(c.Where, "].")
		quoted, _ := json.Marshal(item)
		if !strings.Contains(admitted, strings.Trim(string(quoted), `"`)) {
			t.Errorf("%s was %q and is %q, which the report does not name", c.Where, c.Before, c.After)
		}
	}
}
