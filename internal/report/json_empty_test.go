package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func TestAnEmptyReportHasListsAndNoNull(t *testing.T) {
	var out bytes.Buffer
	if err := JSON(&out, collect(t, finding.End{Complete: true}, "passive")); err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"findings", "refuted", "skips", "mutations"} {
		if !strings.Contains(out.String(), `"`+list+`": []`) {
			t.Errorf("%s is no empty list in %s", list, out.String())
		}
	}
}
