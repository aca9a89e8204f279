package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/dynamotest"
	"github.com/mantlet-dev/mantlet/session/dynamo"
)

// tables runs the command and gives what it prints.
func tables(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	cmd := newTablesCommand(&env{stdin: strings.NewReader(""), stdout: &out, stderr: t.Output(), getenv: os.Getenv})
	cmd.SetArgs(args)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestTablesCreateMakesATableThatOpens(t *testing.T) {
	endpoint := dynamotest.Endpoint(t)
	name := dynamotest.Name("made")
	dynamotest.Drop(t, dynamotest.Client(endpoint), name)
	out, err := tables(t, "create", name, "--endpoint", endpoint, "--region", "us-east-1")
	if err != nil || !strings.Contains(out, "yes  expired items are removed") || !strings.Contains(out, "yes  deletion protection") {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, err := dynamo.Open(t.Context(), dynamotest.Client(endpoint), dynamo.Config{Table: name}); err != nil {
		t.Error(err)
	}
	if _, err := tables(t, "create", name, "--endpoint", endpoint, "--region", "us-east-1"); err == nil {
		t.Error("made a table twice")
	}
	if out, err := tables(t, "describe", name, "--endpoint", endpoint); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := tables(t, "describe", dynamotest.Name("missing"), "--endpoint", endpoint); err == nil {
		t.Error("described a table that is not there")
	}
}

func TestTablesPolicyPrintsADocument(t *testing.T) {
	file := filepath.Join(t.TempDir(), "notes.json")
	text := `{"Table": "notes", "Partition": "pk", "Sort": "sk", "OwnerPrefix": "u#", "Kind": "note#", "Writable": ["title"], "Privileged": ["role"]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"policy", "app-sessions", "--region", "eu-west-1", "--account", "123456789012"},
		{"policy", "app-sessions"},
		{"policy", "--declaration", file, "--read-only"},
		{"policy", "--declaration", file, "--per-owner", "${aws:PrincipalTag/user}", "--check", "members", "--transfers"},
	} {
		out, err := tables(t, args...)
		if err != nil || !json.Valid([]byte(out)) || !strings.Contains(out, `"dynamodb:Query"`) {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	out, err := tables(t, "policy", "--scanner", "accounts", "payees", "--region", "eu-west-1", "--account", "123456789012")
	if err != nil || !json.Valid([]byte(out)) || !strings.Contains(out, "table/payees/stream/*") || !strings.Contains(out, `"dynamodb:GetRecords"`) {
		t.Errorf("for the scanner: %v\n%s", err, out)
	}
	for _, args := range [][]string{{"policy", "--scanner"}, {"policy", "--scanner", "payees", "--declaration", file}, {"policy", "a", "b"}, {"policy"}, {"policy", "a-table", "--declaration", file}, {"policy", "--declaration", file + "x"}, {"policy", "*"}} {
		if out, err := tables(t, args...); err == nil {
			t.Errorf("%v: accepted\n%s", args, out)
		}
	}
}
