package scope

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// Mode is how far a scan may go.
type Mode string

const (
	// Passive scans look: GET and HEAD, and a login where one is configured.
	Passive Mode = "passive"
	// Active scans also try attacks that change the target's state.
	Active Mode = "active"
)

// A Claim is what somebody wants to test and within which limits. Zero values
// mean the defaults named at each field.
type Claim struct {
	Targets []string // URLs; at least one
	Origins []string // further origins in scope
	// Include and Exclude are path patterns, see Grant.Allows; no Include means all.
	Include, Exclude []string
	// Private are address ranges that are not public and that a target's name may
	// all the same lead to: a staging network, a container network.
	Private []netip.Prefix

	Mode        Mode          // "": active if all is on loopback, passive otherwise
	Rate        float64       // requests a second; 0: no limit on loopback, 5 elsewhere; never above 20 elsewhere
	Concurrency int           // 0: 8 on loopback, 2 elsewhere
	MaxRequests int           // 0: 50000 on loopback, 5000 elsewhere
	Timeout     time.Duration // of one request, its body included; 0: 10 s
	MaxBody     int64         // bytes of a response that may be read; 0: 2 MiB

	// InsecureReason replaces shown ownership by a reason that is put on record.
	InsecureReason string
	// InsecureCertificate is why certificates that do not verify are taken all the same,
	// "" if they are not. It is put on record.
	InsecureCertificate string
	// Verified says how ownership of an origin was shown, or an error if it was not;
	// nil: nothing is verified. Ownership.Verified is one.
	Verified func(context.Context, policy.Origin) (string, error)

	Version string // of Mantlet, for the User-Agent
	// Hosts leads host:port to another address. For tests.
	Hosts map[string]string
	// Roots are the authorities whose certificates are taken; nil is this machine's.
	Roots *x509.CertPool
	// Resolver looks up the names of hosts; nil is this machine's.
	Resolver *net.Resolver
}

const (
	defaultRequests    = 5000
	loopbackRequests   = 50000 // proofs re-read state often, and nobody else is bothered
	defaultTimeout     = 10 * time.Second
	defaultBody        = 2 << 20
	politeRate         = 5
	hardRate           = 20
	politeConcurrency  = 2
	defaultConcurrency = 8
)

// A RefusedError says that testing was not allowed and what would allow it.
type RefusedError struct {
	Origin policy.Origin
	Why    string
	Remedy string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("active testing of %s refused: %s; %s", e.Origin, e.Why, e.Remedy)
}

// Open turns a claim into a grant. Its error is a *RefusedError if the claim is
// well formed and not allowed; any other error is a mistake in the claim. It sends
// nothing to the target.
func Open(ctx context.Context, c Claim) (*Grant, error) {
	targets, err := parseTargets(c.Targets)
	if err != nil {
		return nil, err
	}
	further, err := parseOrigins(c.Origins)
	if err != nil {
		return nil, err
	}
	b, err := newBounds(append(append([]policy.Origin{}, targets...), further...), c.Include, c.Exclude)
	if err != nil {
		return nil, err
	}
	for _, raw := range c.Targets {
		if err := b.allows(raw); err != nil {
			return nil, fmt.Errorf("target %s: %w", raw, err)
		}
	}
	mode, consent, err := c.consent(ctx, b.origins)
	if err != nil {
		return nil, err
	}
	if c.Rate < 0 || c.Concurrency < 0 || c.MaxRequests < 0 || c.Timeout < 0 || c.MaxBody < 0 {
		return nil, errors.New("rate, concurrency, requests, timeout and body limits must not be negative")
	}
	if reason := strings.TrimSpace(c.InsecureCertificate); reason != "" {
		consent += "; insecure: certificates are not verified: " + reason
	}
	return newGrant(c, targets, b, mode, consent), nil
}

// consent decides the mode and says why it is allowed.
func (c Claim) consent(ctx context.Context, origins []policy.Origin) (Mode, string, error) {
	local := allLoopback(origins)
	switch {
	case c.Mode == Passive, c.Mode == "" && !local:
		return Passive, "passive", nil
	case c.Mode != Active && c.Mode != "":
		return "", "", fmt.Errorf("mode %q is neither passive nor active", c.Mode)
	case local:
		return Active, "loopback", nil
	case strings.TrimSpace(c.InsecureReason) != "":
		return Active, "insecure: ownership not shown: " + strings.TrimSpace(c.InsecureReason), nil
	}
	var shown []string
	for _, o := range origins {
		if o.IsLoopback() {
			continue
		}
		how, err := c.ownership(ctx, o)
		if err != nil {
			return "", "", &RefusedError{o, err.Error(),
				"show that it is yours with 'mantlet verify " + o.String() + "', or scan in passive mode"}
		}
		shown = append(shown, o.String()+" by "+how)
	}
	return Active, "verified: " + strings.Join(shown, "; "), nil
}

func (c Claim) ownership(ctx context.Context, o policy.Origin) (string, error) {
	if c.Verified == nil {
		return "", errors.New("ownership was not shown")
	}
	return c.Verified(ctx, o)
}

func parseTargets(raw []string) ([]policy.Origin, error) {
	if len(raw) == 0 {
		return nil, errors.New("no target given")
	}
	return parseOrigins(raw)
}

// parseOrigins takes URLs and keeps the origin of each, once.
func parseOrigins(raw []string) ([]policy.Origin, error) {
	var origins []policy.Origin
	seen := map[policy.Origin]bool{}
	for _, s := range raw {
		u, err := url.Parse(s)
		if err != nil {
			return nil, fmt.Errorf("%q is not a URL: %w", s, err)
		}
		if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, fmt.Errorf("%q is not an http or https URL with a host", s)
		}
		if u.User != nil {
			return nil, fmt.Errorf("%s: put user name and password into an identity, not into the URL", u.Redacted())
		}
		o, err := policy.OriginOfURL(s)
		if err != nil {
			return nil, err
		}
		if !seen[o] {
			seen[o] = true
			origins = append(origins, o)
		}
	}
	return origins, nil
}

func allLoopback(origins []policy.Origin) bool {
	for _, o := range origins {
		if !o.IsLoopback() {
			return false
		}
	}
	return true
}

func newScanID() string {
	var b [4]byte
	rand.Read(b[:]) // never fails (crypto/rand, Go 1.24)
	return hex.EncodeToString(b[:])
}
