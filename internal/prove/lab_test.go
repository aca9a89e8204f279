package prove_test

import (
	"os"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/lab"
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

func startShop(t *testing.T, variant string) *lab.Instance {
	t.Helper()
	shop, err := lab.StartEmbedded(variant)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shop.Stop() })
	return shop
}
