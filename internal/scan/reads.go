package scan

import (
	"context"
	"sync"

	"github.com/mantlet-dev/mantlet/internal/check"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/prove"
)

// An outcome is what came of an attempt.
type outcome struct {
	f   finding.Finding
	err error
}

// readsAtOnce is how many places are asked about side by side; the grant holds back
// more than the target may be asked at once.
const readsAtOnce = 16

// readFirst makes the attempts that only read, before anything is changed, and gives
// what came of them by their index. Places are tried side by side, plans on one place
// one after the other: what was proven may answer the next. What could not be read
// side by side is left out, to be tried alone.
func readFirst(ctx context.Context, bench *prove.Bench, findings []finding.Finding, total int, out *sink) map[int]outcome {
	var reads []finding.Finding
	lines, places := map[string][]int{}, []string{}
	for i, f := range findings {
		if !prove.Reads(f) {
			continue
		}
		reads = append(reads, f)
		at := f.Endpoint.String()
		if lines[at] == nil {
			places = append(places, at)
		}
		lines[at] = append(lines[at], i)
	}
	results := make([]outcome, len(findings))
	quiet := bench.Quieten(ctx, reads)
	var wait sync.WaitGroup
	slots := make(chan struct{}, readsAtOnce)
	for _, at := range places {
		slots <- struct{}{}
		out.progress("prove", 0, total, "%s %s and what else is only read", findings[lines[at][0]].Weakness, at)
		wait.Go(func() {
			defer func() { <-slots }()
			var tried check.Tried
			for _, i := range lines[at] {
				if ctx.Err() == nil && !tried.Moot(findings[i]) {
					results[i].f, results[i].err = quiet.Attempt(ctx, findings[i])
					tried.Note(results[i].f)
				}
			}
		})
	}
	wait.Wait()
	quiet.End(ctx)
	held := map[int]outcome{}
	for i, r := range results {
		if r.f.Plan != nil && quiet.Holds(r.f) {
			held[i] = r
		}
	}
	return held
}
