package scope

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/mantlet-dev/mantlet/policy"
)

// ErrBudget is returned once a grant's number of requests is used up.
var ErrBudget = errors.New("request budget used up")

// A Grant is the usable form of a claim. It is safe for concurrent use and has no
// exported fields: what it permits was decided by Open.
type Grant struct {
	starts  []string
	targets []policy.Origin
	bounds  *bounds
	mode    Mode
	consent string
	scanID  string
	agent   string
	local   bool // everything in scope is on loopback

	budget  int64
	spent   atomic.Int64
	timeout time.Duration
	maxBody int64

	limiter  *rate.Limiter
	slots    chan struct{}
	health   health
	dialer   *dialer
	strict   *http.Transport // for hosts that must show a good certificate
	lenient  *http.Transport // for loopback, where development servers sign their own
	redactor *Redactor
	roots    *x509.CertPool // nil: this machine's
}

func newGrant(c Claim, targets []policy.Origin, b *bounds, mode Mode, consent string) *Grant {
	local := allLoopback(b.origins)
	g := &Grant{
		starts: slices.Clone(c.Targets), targets: targets, bounds: b, mode: mode, consent: consent, scanID: newScanID(), local: local,
		budget:   int64(budget(c.MaxRequests, local)),
		timeout:  cmp.Or(c.Timeout, defaultTimeout),
		maxBody:  cmp.Or(c.MaxBody, defaultBody),
		limiter:  newLimiter(c.Rate, local),
		redactor: newRedactor(),
	}
	g.agent = "Mantlet/" + cmp.Or(c.Version, "dev") + " (+https://github.com/mantlet-dev/mantlet; scan=" + g.scanID + ")"
	g.slots = make(chan struct{}, concurrency(c.Concurrency, local))
	g.dialer = &dialer{hosts: c.Hosts, private: c.Private, timeout: g.timeout, resolver: c.Resolver}
	g.roots = c.Roots
	g.strict = newTransport(g.dialer, cap(g.slots), &tls.Config{RootCAs: c.Roots,
		InsecureSkipVerify: strings.TrimSpace(c.InsecureCertificate) != ""}) // #nosec G402: the user's own word, with a reason on record
	g.lenient = newTransport(g.dialer, cap(g.slots), &tls.Config{InsecureSkipVerify: true}) // #nosec G402: loopback only, see transport
	return g
}

func newLimiter(wanted float64, local bool) *rate.Limiter {
	if local {
		if wanted == 0 {
			return rate.NewLimiter(rate.Inf, 1)
		}
		return rate.NewLimiter(rate.Limit(wanted), 1)
	}
	return rate.NewLimiter(rate.Limit(min(cmp.Or(wanted, politeRate), hardRate)), 1)
}

func budget(wanted int, local bool) int {
	if local {
		return cmp.Or(wanted, loopbackRequests)
	}
	return cmp.Or(wanted, defaultRequests)
}

func concurrency(wanted int, local bool) int {
	if local {
		return cmp.Or(wanted, defaultConcurrency)
	}
	return cmp.Or(wanted, politeConcurrency)
}

func newTransport(d *dialer, conns int, conf *tls.Config) *http.Transport {
	return &http.Transport{
		Proxy:                 nil, // a proxy from the environment would be another door
		DialContext:           d.dial,
		TLSClientConfig:       conf,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          4 * conns,
		MaxIdleConnsPerHost:   conns,
		IdleConnTimeout:       30 * time.Second,
		TLSHandshakeTimeout:   d.timeout,
		ResponseHeaderTimeout: d.timeout,
		// A megabyte of header is no page's; the body has its own cap.
		MaxResponseHeaderBytes: 1 << 20,
	}
}

// transport picks by the host that is really asked.
func (g *Grant) transport(host string) *http.Transport {
	o, err := policy.OriginOfURL("https://" + host)
	if err == nil && o.IsLoopback() {
		return g.lenient
	}
	return g.strict
}

// Allows says whether the claim covers a URL; the error wraps ErrOutOfScope and
// says why not. A URL is covered if its origin was declared (sockets count as
// their http scheme) and its path matches an include pattern, if there are any,
// and no exclude pattern. In a pattern * is anything within a segment, ** is
// anything, and what lies below a matching path matches too.
func (g *Grant) Allows(rawURL string) error { return g.bounds.allows(rawURL) }

// Active says whether attacks that change state may be tried.
func (g *Grant) Active() bool { return g.mode == Active }

// Mode is Passive or Active.
func (g *Grant) Mode() Mode { return g.mode }

// Consent says why the mode was allowed: "passive", "loopback", "verified: …" or
// "insecure: …" with the reason given.
func (g *Grant) Consent() string { return g.consent }

// ScanID is the random name of this scan, as it stands in the User-Agent.
func (g *Grant) ScanID() string { return g.scanID }

// UserAgent is how the scan names itself; the browser should use it too.
func (g *Grant) UserAgent() string { return g.agent }

// Requests counts what was sent so far, the browser's requests included.
func (g *Grant) Requests() int { return int(g.spent.Load()) }

// Targets are the origins of the claim's targets, in order; further origins are
// in scope but not among them.
func (g *Grant) Targets() []policy.Origin { return slices.Clone(g.targets) }

// Starts are the targets' URLs as they were claimed.
func (g *Grant) Starts() []string { return slices.Clone(g.starts) }

// Origins are all origins in scope.
func (g *Grant) Origins() []policy.Origin { return slices.Clone(g.bounds.origins) }

// Local says whether everything in scope is on loopback.
func (g *Grant) Local() bool { return g.local }

// Redactor is the one that knows this scan's secrets.
func (g *Grant) Redactor() *Redactor { return g.redactor }

// spend takes one request from the budget.
func (g *Grant) spend() error {
	if g.spent.Add(1) > g.budget {
		g.spent.Add(-1)
		return ErrBudget
	}
	return nil
}

// pace waits until the rate allows another request.
func (g *Grant) pace(ctx context.Context, u *url.URL) error {
	if err := g.health.await(ctx, strings.ToLower(u.Host)); err != nil {
		return err
	}
	return g.limiter.Wait(ctx)
}
