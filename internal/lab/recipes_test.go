package lab

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// R106-R113, R117: what docs/recipes shows is what runs here, on each framework's
// servers and DynamoDB Local.
func TestRecipesDoWhatTheySay(t *testing.T) {
	needLab(t)
	python, err := filepath.Abs(filepath.Join(repository, ".lab/venv/bin/python"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d, err := StartDynamoDB(ctx, repository, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Stop()
	for _, framework := range Frameworks() {
		t.Run(framework, func(t *testing.T) {
			cmd := exec.CommandContext(ctx, python, "test_"+framework+".py")
			cmd.Dir = filepath.Join(repository, "lab/recipes")
			cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL_DYNAMODB="+d.Endpoint, "AWS_REGION="+d.Region,
				"AWS_ACCESS_KEY_ID=lab", "AWS_SECRET_ACCESS_KEY=lab", "AWS_SESSION_TOKEN=",
				"NO_PROXY=127.0.0.1,localhost", "no_proxy=127.0.0.1,localhost", "PYTHONDONTWRITEBYTECODE=1")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// Whoever copies one file has all of it, so the part that does not depend on the
// framework is there three times and must not drift apart.
func TestRecipesShareTheirMiddle(t *testing.T) {
	var first []byte
	for _, framework := range Frameworks() {
		text, err := os.ReadFile(filepath.Join(repository, "lab/recipes", framework+"_guard.py"))
		if err != nil {
			t.Fatal(err)
		}
		parts := bytes.Split(text, []byte("\n# What follows, down to the next line like this one"))
		if len(parts) != 2 {
			t.Fatalf("%s_guard.py has no middle", framework)
		}
		middle, _, ok := bytes.Cut(parts[1], []byte("\n# -----"))
		if !ok {
			t.Fatalf("the middle of %s_guard.py has no end", framework)
		}
		if first == nil {
			first = middle
		}
		if !bytes.Equal(first, middle) {
			t.Errorf("the middle of %s_guard.py differs from %s's", framework, Frameworks()[0])
		}
	}
}
