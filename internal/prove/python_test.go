package prove_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/state"
)

const repository = "../.."

// needLab skips unless the whole lab is asked for: one bank takes minutes, and
// the measurement of accuracy tries them all.
func needLab(t *testing.T) {
	t.Helper()
	if os.Getenv("MANTLET_WHOLE_LAB") != "1" {
		t.Skip("set MANTLET_WHOLE_LAB=1, after scripts/setup, to try the Python applications")
	}
}

// The Python applications keep their state in DynamoDB, and that is where it is re-read.
func TestPythonIsProvenAsWeakAsItIs(t *testing.T) {
	needLab(t)
	d, err := lab.StartDynamoDB(t.Context(), repository, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Stop()
	for _, framework := range lab.Frameworks() {
		for _, variant := range []string{"weak", "repaired"} {
			t.Run(framework+"/"+variant, func(t *testing.T) {
				log := &bytes.Buffer{}
				app, err := lab.Start(t.Context(), framework, lab.Options{Dir: repository, Variant: variant, DynamoDB: d, Log: log})
				if err != nil {
					t.Fatalf("%v\n%s", err, log)
				}
				defer app.Stop()
				settled, remaining := tryLab(t, app, func(r *rig) {
					tables := app.DynamoDB
					reader, err := state.OpenDynamo(t.Context(), tables.Endpoint, tables.Region, tables.Names, r.grant.Redactor().Text)
					if err != nil {
						t.Fatal(err)
					}
					r.bench.Readers = []state.Reader{reader}
				})
				holdAgainst(t, app.Truth, settled)
				for _, f := range settled {
					if variant == "repaired" && f.State == finding.Proven {
						t.Errorf("%s at %s is proven on the repaired application", f.Weakness, f.Endpoint)
					}
				}
				for _, m := range remaining {
					t.Logf("remains: %s %s: %s", m.Endpoint, m.Purpose, m.Note)
				}
			})
		}
	}
}
