package scan_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/report"
	"github.com/mantlet-dev/mantlet/internal/scan"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// A bill is what a scan cost, item by item: phases, and proofs by weakness.
type bill struct {
	report.Collector
	item     string
	requests map[string]int
	spent    map[string]time.Duration
	sent     int // requests up to the last progress
	at       time.Time
}

func (b *bill) Handle(m finding.Message) error {
	if p := m.Progress; p != nil {
		b.requests[b.item] += p.Requests - b.sent
		b.spent[b.item] += time.Since(b.at)
		b.sent, b.at, b.item = p.Requests, time.Now(), p.Phase
		if weakness := ""; p.Phase == "prove" {
			fmt.Sscan(p.Text, &weakness)
			b.item += " " + weakness
		}
	}
	return b.Collector.Handle(m)
}

// log prints the items, the dearest first.
func (b *bill) log(tb testing.TB) {
	items := slices.SortedFunc(maps.Keys(b.requests), func(x, y string) int { return b.requests[y] - b.requests[x] })
	for _, item := range items {
		tb.Logf("%7d requests %8.2f s  %s", b.requests[item], b.spent[item].Seconds(), item)
	}
}

func workshopUser(name string) identity.Spec {
	return identity.Spec{Name: name, Form: &identity.FormLogin{URL: "/login",
		Fields: map[string]string{"username": name}, Secrets: map[string]string{"password": name + "-password"}}}
}

// scanWorkshop scans as both users with all checks and proofs, and makes sure that
// nothing was left out and every weakness found.
func scanWorkshop(tb testing.TB, url string, routes int, withBrowser bool) (*bill, report.Report) {
	tb.Helper()
	grant, err := scope.Open(context.Background(), scope.Claim{Targets: []string{url}, Version: "bench", MaxRequests: 1000 * routes})
	if err != nil {
		tb.Fatal(err)
	}
	job := scan.Job{Grant: grant, Targets: []string{url}, Proofs: true, Tool: "mantlet bench", Browser: scan.Browser{Off: !withBrowser}, Pages: max(300, routes)}
	for _, user := range users {
		job.Identities = append(job.Identities, workshopUser(user))
	}
	b := &bill{requests: map[string]int{}, spent: map[string]time.Duration{}, at: time.Now()}
	if err := scan.Run(context.Background(), job, b); err != nil {
		tb.Fatal(err)
	}
	r := b.Report()
	if !r.End.Complete && withBrowser {
		tb.Errorf("the scan of %d routes is incomplete: %v", routes, r.End.Why)
	}
	wanted := []finding.Weakness{finding.BOLARead, finding.BOLAWrite}
	if withBrowser {
		wanted = append(wanted, finding.CSRF, finding.Clickjacking)
	}
	proven := map[finding.Weakness]int{}
	for _, f := range r.Findings {
		if f.State == finding.Proven {
			proven[f.Weakness]++
		}
	}
	for _, weakness := range wanted {
		if want := routes / areaRoutes / 2; proven[weakness] != want {
			tb.Errorf("%s: proved %d of %d in %d routes", weakness, proven[weakness], want, routes)
		}
	}
	return b, r
}

// A route costs as much in a large application as in a small one, in requests, and
// not more than so many. The routes of one page, that is one area's, are all of them.
func TestCostPerRouteDoesNotGrow(t *testing.T) {
	perRoute := func(routes int) float64 {
		w, server := serveWorkshop(t, routes, 0)
		b, _ := scanWorkshop(t, server.URL, routes, false)
		if testing.Verbose() {
			b.log(t)
		}
		return float64(w.requests()) / float64(routes)
	}
	small, large := perRoute(20), perRoute(200)
	t.Logf("%.1f requests for each of 20 routes, %.1f for each of 200", small, large)
	if large > 1.1*small {
		t.Errorf("a route costs %.1f requests among 200 and %.1f among 20", large, small)
	}
	if large > mostPerRoute {
		t.Errorf("a route costs %.1f requests, want at most %d", large, mostPerRoute)
	}
}

// mostPerRoute leaves some room above what a route of a workshop costs.
const mostPerRoute = 75

// thinking is how long the measured application takes for each answer: as one does
// that asks its database.
const thinking = 5 * time.Millisecond

// BenchmarkWorkshop scans applications of three sizes as two users, with all checks,
// proofs and the browser.
func BenchmarkWorkshop(b *testing.B) {
	if _, err := browser.Find(""); err != nil {
		b.Skip(err)
	}
	for _, routes := range []int{20, 200, 1000} {
		b.Run(fmt.Sprintf("routes=%d", routes), func(b *testing.B) { benchWorkshop(b, routes) })
	}
}

func benchWorkshop(b *testing.B, routes int) {
	var scanned time.Duration
	var asked, memory, proofs int64
	for b.Loop() {
		w, server := serveWorkshop(b, routes, thinking)
		peak, start := watchMemory(500*time.Millisecond), time.Now()
		bill, r := scanWorkshop(b, server.URL, routes, true)
		scanned += time.Since(start)
		memory = max(memory, peak())
		asked += int64(w.requests())
		proofs += int64(r.End.Coverage.Proofs)
		bill.log(b)
	}
	n := float64(b.N)
	b.ReportMetric(scanned.Seconds()/n, "s/scan")
	b.ReportMetric(float64(scanned.Milliseconds())/n/float64(routes), "ms/route")
	b.ReportMetric(float64(asked)/n, "requests/scan")
	b.ReportMetric(float64(asked)/n/float64(routes), "requests/route")
	b.ReportMetric(float64(proofs)/n, "browser-proofs")
	b.ReportMetric(float64(memory>>20), "MB-peak")
}

// What is shared between attempts is put back like everything else, and few objects
// are made for all of them.
func TestAWorkshopIsLeftAsItWasFound(t *testing.T) {
	w, server := serveWorkshop(t, 20, 0)
	before := w.stands()
	scanWorkshop(t, server.URL, 20, false)
	if after := w.stands(); after != before {
		t.Errorf("the state was\n%s\nand is\n%s", before, after)
	}
	// One is made for the list itself, and of those made to be destroyed one goes with
	// the victim's own request and one stands all forgeries.
	if most := 4 * len(w.areas); w.made > most {
		t.Errorf("%d objects were made in %d areas, want at most %d", w.made, len(w.areas), most)
	}
}
