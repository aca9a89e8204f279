package scan_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/report"
	"github.com/mantlet-dev/mantlet/internal/scan"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// An app is a victim with n settings, each on a page of its own with a form that
// checks nothing.
type app struct {
	n        int
	mu       sync.Mutex
	settings map[string]string
}

func serveApp(tb testing.TB, n int) *httptest.Server {
	a := &app{n: n, settings: map[string]string{}}
	server := httptest.NewServer(a)
	tb.Cleanup(server.Close)
	return server
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Content-Security-Policy", "frame-ancestors 'none'") // forged requests are what is measured
	if r.URL.Path == "/login" && r.Method == http.MethodPost {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "5f0c1d9a7be24c11", Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode})
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	if r.URL.Path == "/login" {
		io.WriteString(w, `<form method=post action=/login><input name=username><input name=password type=password><button>Log in</button></form>`)
		return
	}
	if c, err := r.Cookie("sid"); err != nil || c.Value != "5f0c1d9a7be24c11" {
		http.Redirect(w, r, "/login", http.StatusFound)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.Method == http.MethodPost {
		a.settings[r.URL.Path] = r.FormValue("note")
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
		return
	}
	a.page(w, r.URL.Path)
}

func (a *app) page(w io.Writer, path string) {
	for i := range a.n {
		fmt.Fprintf(w, "<a href=%s>setting %d</a>\n", place(i), i)
	}
	if path != "/" {
		fmt.Fprintf(w, "<form method=post action=%s><input name=note value=%q><button>Save</button></form>", path, a.settings[path])
	}
}

// place is the path of setting i: words, as an application has them, so that no
// two are taken for one route with an identifier.
func place(i int) string {
	areas := []string{"profile", "billing", "team", "alerts", "privacy", "exports", "devices", "calendar", "archive", "travel"}
	pages := []string{"name", "address", "language", "colour", "summary"}
	return "/" + areas[i%len(areas)] + "/" + pages[i/len(areas)]
}

func runScan(tb testing.TB, url string, proofs bool) report.Report {
	tb.Helper()
	grant, err := scope.Open(context.Background(), scope.Claim{Targets: []string{url}, Version: "bench"})
	if err != nil {
		tb.Fatal(err)
	}
	job := scan.Job{Grant: grant, Targets: []string{url}, Proofs: proofs, Tool: "mantlet bench", Browser: scan.Browser{Off: !proofs},
		Identities: []identity.Spec{{Name: "alice", Form: &identity.FormLogin{URL: "/login",
			Fields: map[string]string{"username": "alice"}, Secrets: map[string]string{"password": "alice-password"}}}}}
	var collected report.Collector
	if err := scan.Run(context.Background(), job, &collected); err != nil {
		tb.Fatal(err)
	}
	r := collected.Report()
	if !r.End.Complete {
		tb.Fatalf("the scan is incomplete: %v", r.End.Why)
	}
	return r
}

// plainFetch is the peer of every figure: the same routes, fetched once each, one
// after the other, and nothing done with them.
func plainFetch(tb testing.TB, url string, n int) time.Duration {
	tb.Helper()
	start := time.Now()
	for i := range n {
		request, _ := http.NewRequest(http.MethodGet, url+place(i), nil)
		request.AddCookie(&http.Cookie{Name: "sid", Value: "5f0c1d9a7be24c11"})
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			tb.Fatal(err)
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
	return time.Since(start)
}

// BenchmarkFiftyRoutesWithoutProofs crawls and checks fifty routes as an identity
// and as a visitor.
func BenchmarkFiftyRoutesWithoutProofs(b *testing.B) {
	server := serveApp(b, 50)
	var plain, scanned time.Duration
	for b.Loop() {
		plain += plainFetch(b, server.URL, 50)
		start := time.Now()
		r := runScan(b, server.URL, false)
		scanned += time.Since(start)
		if r.End.Coverage.Actions < 50 {
			b.Fatalf("saw %d actions, want at least 50", r.End.Coverage.Actions)
		}
	}
	b.ReportMetric(scanned.Seconds()/float64(b.N), "s/scan")
	b.ReportMetric(scanned.Seconds()/plain.Seconds(), "x-plain-fetch")
}

// BenchmarkTwentyProofs scans twenty weak forms and proves each in the browser,
// controls and all positions included.
func BenchmarkTwentyProofs(b *testing.B) {
	if _, err := browser.Find(""); err != nil {
		b.Skip(err)
	}
	server := serveApp(b, 20)
	var plain, scanned time.Duration
	for b.Loop() {
		plain += plainFetch(b, server.URL, 20)
		start := time.Now()
		r := runScan(b, server.URL, true)
		scanned += time.Since(start)
		proven := 0
		for _, f := range r.Findings {
			if f.State == finding.Proven && f.Weakness == finding.CSRF {
				proven++
			}
		}
		if proven != 20 {
			b.Fatalf("proved %d of 20", proven)
		}
	}
	b.ReportMetric(scanned.Seconds()/float64(b.N), "s/scan")
	b.ReportMetric(scanned.Seconds()/plain.Seconds(), "x-plain-fetch")
}
