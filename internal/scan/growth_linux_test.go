package scan_test

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/check"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/scope"
	"github.com/mantlet-dev/mantlet/policy"
)

// A cost is what some work took of this process alone: no other work makes it more.
type cost struct {
	allocations uint64
	cpu         time.Duration
}

func costOf(work func()) cost {
	runtime.GC()
	before, allocated := cpuTime(), allocations()
	work()
	return cost{allocations() - allocated, cpuTime() - before}
}

func cpuTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // asks for nothing that can fail
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func allocations() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// observeWorkshop gives what is seen of a workshop as a visitor and as both users,
// and what it took to see it.
func observeWorkshop(tb testing.TB, routes int) (*observe.Site, cost) {
	tb.Helper()
	_, server := serveWorkshop(tb, routes, 0)
	grant, err := scope.Open(context.Background(), scope.Claim{Targets: []string{server.URL}, Version: "bench", MaxRequests: 1000 * routes})
	if err != nil {
		tb.Fatal(err)
	}
	sessions := []*identity.Session{identity.Anonymous(grant)}
	for _, user := range users {
		s, err := identity.Login(context.Background(), grant, workshopUser(user), nil)
		if err != nil {
			tb.Fatal(err)
		}
		sessions = append(sessions, s)
	}
	var site *observe.Site
	took := costOf(func() {
		site, err = observe.Collect(context.Background(), grant, sessions, observe.Options{MaxPages: max(300, routes)})
	})
	if err != nil {
		tb.Fatal(err)
	}
	return site, took
}

// Judging a site of ten times the routes takes about ten times as much: nothing is
// compared with everything else. Allocations are counted; CPU time, which other work
// disturbs a little, is given twice the room.
func TestJudgingGrowsNoFasterThanTheSite(t *testing.T) {
	const times = 10
	judge := func(routes int) cost {
		site, seen := observeWorkshop(t, routes)
		var found []finding.Finding
		took := costOf(func() { check.Run(site, policy.Rules{}, func(f finding.Finding) { found = append(found, f) }) })
		settled := costOf(func() { check.Chains(found) })
		t.Logf("%d routes, %d findings: seen %v, judged %v, settled %v", routes, len(found), seen, took, settled)
		return cost{took.allocations + settled.allocations, took.cpu + settled.cpu}
	}
	small, large := judge(100), judge(100*times)
	if most := small.allocations * times * 3 / 2; large.allocations > most {
		t.Errorf("%d allocations for %d routes and %d for ten times as many, want at most %d", small.allocations, 100, large.allocations, most)
	}
	if most := max(small.cpu, 10*time.Millisecond) * times * 2; large.cpu > most {
		t.Errorf("%v of CPU for %d routes and %v for ten times as many, want at most %v", small.cpu, 100, large.cpu, most)
	}
}

// BenchmarkCostPerRoute scans applications of three sizes as two users with all checks
// and proofs but those that take the browser, and prints what a route costs: requests,
// and CPU of scanner and application together. Neither may grow with the application.
func BenchmarkCostPerRoute(b *testing.B) {
	requests, cpu := map[int]float64{}, map[int]float64{}
	sizes := []int{20, 200, 1000}
	for _, routes := range sizes {
		b.Run(fmt.Sprintf("routes=%d", routes), func(b *testing.B) {
			asked, spent, memory := 0, time.Duration(0), int64(0)
			for b.Loop() {
				w, server := serveWorkshop(b, routes, 0)
				peak := watchMemory(100 * time.Millisecond)
				spent += costOf(func() { scanWorkshop(b, server.URL, routes, false) }).cpu
				memory = max(memory, peak())
				asked += w.requests()
			}
			scanned := float64(b.N * routes)
			requests[routes], cpu[routes] = float64(asked)/scanned, float64(spent.Microseconds())/1000/scanned
			b.ReportMetric(requests[routes], "requests/route")
			b.ReportMetric(cpu[routes], "ms-CPU/route")
			b.ReportMetric(float64(memory>>20), "MB-peak")
		})
	}
	small, large := sizes[0], sizes[len(sizes)-1]
	if requests[large] > 1.1*requests[small] {
		b.Errorf("a route costs %.1f requests among %d and %.1f among %d", requests[large], large, requests[small], small)
	}
	if cpu[large] > 2*cpu[small] {
		b.Errorf("a route costs %.1f ms of CPU among %d and %.1f among %d", cpu[large], large, cpu[small], small)
	}
}
