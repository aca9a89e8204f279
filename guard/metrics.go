package guard

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/mantlet-dev/mantlet/policy"
)

// Metrics counts what guards decide and change. It is safe for concurrent use; a
// program makes one and hands it to every guard it builds.
type Metrics struct {
	tallies map[policy.Reason]*tally // complete, never written to: reading takes no lock

	safeMethod, sameOrigin, ownOrigin, crossSite *tally // of tallies, for nearly every request

	// framing, sharing and cookies count responses in which something was tightened.
	framing, sharing, cookies atomic.Uint64
}

// A tally counts one reason.
type tally struct{ n [2][2][2]atomic.Uint64 } // by outcome, mode, and whether it was a socket

// NewMetrics gives counters at zero.
func NewMetrics() *Metrics {
	m := &Metrics{tallies: map[policy.Reason]*tally{}}
	for _, reason := range slices.Concat(refusalReasons, allowReasons) {
		m.tallies[reason] = new(tally)
	}
	m.safeMethod, m.sameOrigin = m.tallies[policy.SafeMethod], m.tallies[policy.SameOrigin]
	m.ownOrigin, m.crossSite = m.tallies[policy.OwnOrigin], m.tallies[policy.CrossSite]
	return m
}

func (m *Metrics) tally(reason policy.Reason) *tally {
	switch reason {
	case policy.SafeMethod:
		return m.safeMethod
	case policy.SameOrigin:
		return m.sameOrigin
	case policy.OwnOrigin:
		return m.ownOrigin
	case policy.CrossSite:
		return m.crossSite
	}
	return m.tallies[reason]
}

// allowReasons are all with which a request can go on, and a redirect.
var allowReasons = []policy.Reason{
	policy.SafeMethod, policy.Exempt, policy.TrustedOrigin, policy.SameOrigin, policy.UserInitiated, policy.OwnOrigin, policy.OwnReferer,
	policy.NoCredentials, policy.ValidToken, policy.SocketOrigin, policy.PreflightAnswered, policy.FrameWithoutCookies, policy.HTTPSRedirect,
}

func (m *Metrics) count(d policy.Decision, reported, socket bool) {
	if t := m.tally(d.Reason); t != nil {
		t.n[index(d.Allowed)][index(reported)][index(socket)].Add(1)
	}
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Count is how many events were counted with this reason and mode.
func (m *Metrics) Count(reason policy.Reason, mode Mode) (sum uint64) {
	if t := m.tallies[reason]; t != nil {
		for outcome := range t.n {
			for socket := range t.n[outcome] {
				sum += t.n[outcome][index(mode == Report)][socket].Load()
			}
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
	single("mantlet_guard_sharing_tightened_total", "Responses that the application shares with an origin that is not on the list; taken from it where the rule is enforced.", m.sharing.Load())
	single("mantlet_guard_cookies_hardened_total", "Set-Cookie lines that got an attribute.", m.cookies.Load())
	err := out.Flush()
	return counted.n, err
}

func (m *Metrics) lines() []string {
	var lines []string
	for reason, t := range m.tallies {
		for outcome, word := range []string{"refused", "allowed"} {
			for mode, called := range []Mode{Enforce, Report} {
				for socket, rule := range []Rule{ruleOf(reason), RuleSockets} {
					if n := t.n[outcome][mode][socket].Load(); n > 0 {
						lines = append(lines, fmt.Sprintf("mantlet_guard_decisions_total{rule=%q,reason=%q,mode=%q,outcome=%q} %d", rule, reason, called, word, n))
					}
				}
			}
		}
	}
	slices.Sort(lines)
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
