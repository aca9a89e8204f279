package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// root is the main module, seen from this one.
const root = "../.."

// inside runs benchmarks that have to live inside a package. Each round runs all of
// them once, so that they take turns here too.
func inside(o options, pkg, name string) (results []result, err error) {
	dir, err := os.MkdirTemp("", "mantlet-bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "bench.test")
	compile := exec.Command("go", "test", "-c", "-o", binary, pkg)
	compile.Dir = root
	if text, err := compile.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compile %s: %w: %s", pkg, err, bytes.TrimSpace(text))
	}
	for range o.rounds {
		round := exec.Command(binary, "-test.run", "^$", "-test.bench", "^"+name+"$", "-test.benchmem", "-test.benchtime", "5ms", "-test.cpu", "1")
		round.Dir = filepath.Join(root, pkg)
		text, err := round.Output()
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", pkg, err)
		}
		results = add(results, text)
	}
	if len(results) == 0 {
		return nil, fmt.Errorf("%s has no benchmark %s", pkg, name)
	}
	return results, nil
}

// add reads lines of the form "Benchmark/name 100 12.3 ns/op 0 B/op 0 allocs/op".
func add(results []result, text []byte) []result {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		_, name, _ := strings.Cut(fields[0], "/")
		values := map[string]float64{}
		for i := 2; i+1 < len(fields); i += 2 {
			values[fields[i+1]], _ = strconv.ParseFloat(fields[i], 64)
		}
		i := 0
		for i < len(results) && results[i].name != name {
			i++
		}
		if i == len(results) {
			results = append(results, result{name: name})
		}
		results[i].nanos = append(results[i].nanos, values["ns/op"])
		results[i].allocs = values["allocs/op"]
	}
	return results
}

// need is the results of these names, or what is missing.
func need(results []result, names ...string) error {
	for _, name := range names {
		found := false
		for _, r := range results {
			found = found || r.name == name
		}
		if !found {
			return fmt.Errorf("no result for %q", name)
		}
	}
	return nil
}

// tokens is G4.
func tokens(t *table, o options) error {
	results, err := inside(o, "./guard", "BenchmarkToken")
	if err == nil {
		err = need(results, "verify", "naive", "issue")
	}
	if err != nil {
		return err
	}
	t.tell("a token is verified or made (a naive HMAC-SHA256 verification is 1)", results, "naive")
	verify := find(results, "verify")
	t.atMost("G4", "verify: allocations", 0, verify.allocs, "%.0f")
	t.atMost("G4", "verify, against a naive HMAC", 0.35, ratio(verify, find(results, "naive")), "%.2f")
	t.atMost("G4", "issue: allocations", 2, find(results, "issue").allocs, "%.0f")
	return nil
}

// injection is G7 without the proxy around it.
func injection(t *table, o options) error {
	results, err := inside(o, "./internal/forminject", "BenchmarkRewrite")
	if err == nil {
		err = need(results, "rewriter", "tokenizer")
	}
	if err != nil {
		return err
	}
	t.tell("a field is put into the forms of a page of 100 kB (the rewriter is 1)", results, "rewriter")
	ours := find(results, "rewriter")
	t.atMost("G7", "rewriting: allocations", 0, ours.allocs, "%.0f")
	t.atLeast("G7", "speed, against the x/net/html tokenizer", 6, ratio(find(results, "tokenizer"), ours), "%.1f")
	t.note("G7 also asks for output that is byte for byte the tokenizer's, on 10 000 pages and split anywhere: go test ./internal/forminject asserts that.")
	return nil
}
