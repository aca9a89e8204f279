package main

import (
	"bytes"
	"strings"
	"testing"
)

// A measurement of nothing must not look like one in which all was well.
func TestAccuracyRefusesToMeasureNothing(t *testing.T) {
	for _, row := range []struct{ args, says string }{
		{"--lab casino", "there are shop, bank, tracker, clinic"},
		{"--variant perfect", "none of the chosen labs has it"},
		{"--lab bank --variant lax", "none of the chosen labs has it"},
		{"http://127.0.0.1:1/", "name its truth file with --truth"},
	} {
		t.Run(row.args, func(t *testing.T) {
			t.Chdir(t.TempDir())
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), append([]string{"accuracy"}, strings.Fields(row.args)...),
				&env{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }})
			if code != exitUsage || !strings.Contains(stderr.String(), row.says) {
				t.Errorf("exit %d, want %d; says %q, want %q", code, exitUsage, stderr.String(), row.says)
			}
			if stdout.Len() > 0 {
				t.Errorf("prints %q", stdout.String())
			}
		})
	}
}
