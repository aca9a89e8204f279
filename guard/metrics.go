package guard

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mantlet-dev/mantlet/policy"
)

// Metrics counts what guards decide and change. It is safe for concurrent use; a
// program makes one and hands it to every guard it builds.
type Metrics struct {
	mu        sync.RWMutex
	decisions map[Event]*atomic.Uint64

	// Framing and Cookies count responses in which something was tightened.
	framing, cookies atomic.Uint64
}

// NewMetrics gives counters at zero.
func NewMetrics() *Metrics {
	return &Metrics{decisions: map[Event]*atomic.Uint64{}}
}

func (m *Metrics) decision(e Event) {
	m.mu.RLock()
	n := m.decisions[e]
	m.mu.RUnlock()
	if n == nil {
		n = m.add(e)
	}
	n.Add(1)
}

// add makes a counter. Labels come from closed lists, so their number is bounded.
func (m *Metrics) add(e Event) *atomic.Uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.decisions[e] == nil {
		m.decisions[e] = new(atomic.Uint64)
	}
	return m.decisions[e]
}

// Count is how many events were counted with this reason and mode.
func (m *Metrics) Count(reason policy.Reason, mode Mode) uint64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var sum uint64
	for e, n := range m.decisions {
		if e.Decision.Reason == reason && e.Mode == mode {
			sum += n.Load()
		}
	}
	return sum
}

// WriteTo writes the counters in the Prometheus text format (version 0.0.4).
func (m *Metrics) WriteTo(w io.Writer) (int64, error) {
	counted := &countingWriter{w: w}
	out := bufio.NewWriter(counted)
	fmt.Fprint(out, "# HELP mantlet_guard_decisions_total Decisions by rule, reason and mode.\n# TYPE mantlet_guard_decisions_total counter\n")
	for _, line := range m.lines() {
		fmt.Fprintln(out, line)
	}
	single := func(name, help string, n uint64) {
		fmt.Fprintf(out, "# HELP %s %s\n# TYPE %s counter\n%s %d\n", name, help, name, name, n)
	}
	single("mantlet_guard_framing_tightened_total", "Responses whose own framing headers were changed.", m.framing.Load())
	single("mantlet_guard_cookies_hardened_total", "Set-Cookie lines that got an attribute.", m.cookies.Load())
	err := out.Flush()
	return counted.n, err
}

func (m *Metrics) lines() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var lines []string
	for e, n := range m.decisions {
		outcome := "refused"
		if e.Decision.Allowed {
			outcome = "allowed"
		}
		lines = append(lines, fmt.Sprintf("mantlet_guard_decisions_total{rule=%q,reason=%q,mode=%q,outcome=%q} %d",
			e.Rule, e.Decision.Reason, e.Mode, outcome, n.Load()))
	}
	slices.SortFunc(lines, strings.Compare)
	return lines
}

// ServeHTTP answers a scrape. Mount it where only the monitoring reaches it.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set(headerContentType, "text/plain; version=0.0.4; charset=utf-8")
	m.WriteTo(w) // a scraper that went away is no error of ours
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
