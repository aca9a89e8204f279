package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

// A competitor is one of several that do the same task.
type competitor struct {
	name string
	once func()
}

// A result is what one competitor took in each round, and what it allocates.
type result struct {
	name   string
	nanos  []float64 // CPU time per call, by round
	allocs float64
}

func (r result) least() float64 { return slices.Min(r.nanos) }

// compete lets all run in turns, in an order that changes from round to round. CPU
// time of the process is counted and not time that passed: neighbours on the machine
// cost less of it, and collecting the garbage that one makes belongs to its cost. Each
// begins without the garbage of the one before.
func compete(o options, all []competitor) []result {
	results := make([]result, len(all))
	calls := make([]int, len(all))
	for i, c := range all {
		results[i] = result{name: c.name, allocs: testing.AllocsPerRun(100, c.once)}
		calls[i] = calibrate(c.once, o.slice)
	}
	for range o.rounds {
		for _, i := range rand.Perm(len(all)) {
			runtime.GC()
			took := timed(all[i].once, calls[i])
			results[i].nanos = append(results[i].nanos, float64(took)/float64(calls[i]))
		}
	}
	return results
}

func timed(once func(), calls int) time.Duration {
	begin := cpuTime()
	for range calls {
		once()
	}
	return cpuTime() - begin
}

// calibrate is how many calls fill the slice.
func calibrate(once func(), slice time.Duration) int {
	for calls := 1; ; calls *= 2 {
		if took := timed(once, calls); took > slice/4 {
			return max(1, int(float64(calls)*float64(slice)/float64(took)))
		}
	}
}

// find is a competitor's result.
func find(results []result, name string) result {
	i := slices.IndexFunc(results, func(r result) bool { return r.name == name })
	return results[i]
}

// leastRatio compares the least disturbed rounds.
func leastRatio(a, b result) float64 { return a.least() / b.least() }

// ratio is the median of the ratios within each round, whose neighbours were the same.
func ratio(a, b result) float64 {
	ratios := make([]float64, len(a.nanos))
	for i := range ratios {
		ratios[i] = a.nanos[i] / b.nanos[i]
	}
	return median(ratios)
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}

// tell writes all of a group beside the one that is 1.
func (t *table) tell(group string, results []result, one string) {
	base := find(results, one)
	for _, r := range results {
		t.cost(group, r.name, fmt.Sprintf("%.2f", ratio(r, base)), fmt.Sprintf("least %.2f; least %.0f ns; %.0f allocations", leastRatio(r, base), r.least(), r.allocs))
	}
}
