package observe

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/scope"
	"github.com/mantlet-dev/mantlet/policy"
)

// A Transport is how an origin speaks TLS.
type Transport struct {
	Origin string
	// Outdated are versions and suites that the server agreed to and should not.
	Outdated []string
	// Faults are what is wrong with its certificate. On loopback, where people sign
	// certificates themselves, there are none.
	Faults []string
	// Expires is set if the certificate ends within two weeks: when it does.
	Expires string
}

const (
	mostTransports = 5 // origins that are looked at, with four handshakes each at most
	expiresSoon    = 14 * 24 * time.Hour
	smallestRSA    = 2048
	day            = "2 January 2006"
)

// askTransports looks how the origins in scope speak TLS. Whatever goes wrong is a skip.
func (c *collector) askTransports() {
	asked := 0
	for _, o := range c.grant.Origins() {
		if o.Scheme() != "https" || asked == mostTransports {
			continue
		}
		asked++
		t, err := askTransport(c.ctx, c.grant, o, time.Now())
		if err != nil {
			c.skip(finding.Skip{What: "TLS of " + o.String(), Why: err.Error()})
		}
		c.site.Transports = append(c.site.Transports, t)
	}
}

// askTransport makes the handshakes with one origin. Its error says what could not be
// looked at; what was is in the Transport all the same.
func askTransport(ctx context.Context, g *scope.Grant, o policy.Origin, now time.Time) (Transport, error) {
	t := Transport{Origin: o.String()}
	chosen, err := g.Handshake(ctx, o, scope.Offer{Min: tls.VersionTLS12})
	var unreached *net.OpError
	if errors.As(err, &unreached) && unreached.Op == "dial" || ctx.Err() != nil {
		return t, err
	}
	old, oldErr := g.Handshake(ctx, o, scope.Offer{Min: tls.VersionTLS10, Max: tls.VersionTLS11})
	if oldErr == nil {
		t.Outdated = append(t.Outdated, tls.VersionName(old.Version)+" is accepted")
		if old.Version == tls.VersionTLS11 {
			if _, err := g.Handshake(ctx, o, scope.Offer{Min: tls.VersionTLS10, Max: tls.VersionTLS10}); err == nil {
				t.Outdated = append(t.Outdated, "TLS 1.0 is accepted")
			}
		}
	}
	weak, weakErr := g.Handshake(ctx, o, scope.Offer{Min: tls.VersionTLS10, Max: tls.VersionTLS12, Suites: weakSuites()})
	if weakErr == nil {
		t.Outdated = append(t.Outdated, tls.CipherSuiteName(weak.CipherSuite)+" is accepted: "+whyWeak(weak.CipherSuite))
	}
	if err != nil && oldErr != nil && weakErr != nil {
		return t, fmt.Errorf("no handshake came about: %w", err)
	}
	if err != nil && oldErr == nil {
		chosen = old
	}
	var unjudged error
	if len(chosen.PeerCertificates) > 0 && !o.IsLoopback() {
		unjudged = t.judge(chosen.PeerCertificates, o, g.Roots(), now)
	}
	return t, errors.Join(unjudged, undecided(oldErr), undecided(weakErr))
}

// undecided is err if it is no answer of the server's: one that hangs up or sends an
// alert has refused the offer.
func undecided(err error) error {
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, scope.ErrBudget) {
		return fmt.Errorf("whether outdated TLS is accepted is not known: %w", err)
	}
	return nil
}

// weakSuites are the suites that no server should agree to: broken ciphers, and those
// with which a key that is stolen once opens what was recorded before.
func weakSuites() []uint16 {
	var ids []uint16
	for _, s := range slices.Concat(tls.InsecureCipherSuites(), tls.CipherSuites()) {
		if whyWeak(s.ID) != "" {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

func whyWeak(id uint16) string {
	switch name := tls.CipherSuiteName(id); {
	case strings.Contains(name, "_RC4_"):
		return "RC4 is broken"
	case strings.Contains(name, "_3DES_"):
		return "3DES has blocks too short for long connections"
	case strings.HasPrefix(name, "TLS_RSA_"):
		return "who gets hold of the server's key can read what was recorded before (no forward secrecy)"
	}
	return ""
}

// judge holds a certificate against what browsers ask of one.
func (t *Transport) judge(chain []*x509.Certificate, o policy.Origin, roots *x509.CertPool, now time.Time) error {
	leaf, host := chain[0], strings.Trim(o.Host(), "[]")
	fault := func(format string, args ...any) { t.Faults = append(t.Faults, fmt.Sprintf(format, args...)) }
	switch {
	case now.Before(leaf.NotBefore):
		fault("it is not valid before %s", leaf.NotBefore.Format(day))
	case now.After(leaf.NotAfter):
		fault("it expired on %s", leaf.NotAfter.Format(day))
	case leaf.NotAfter.Sub(now) < expiresSoon:
		t.Expires = leaf.NotAfter.Format(day)
	}
	if leaf.VerifyHostname(host) != nil {
		fault("it is not for %s, but for %s", host, issuedFor(leaf))
	}
	for _, c := range chain {
		if name := c.SignatureAlgorithm.String(); (strings.Contains(name, "SHA1") || strings.Contains(name, "MD5")) && !signsItself(c) {
			fault("it rests on a signature made with %s", name)
			break
		}
	}
	if key, ok := leaf.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() < smallestRSA {
		fault("its RSA key has %d bits, %d are the least", key.N.BitLen(), smallestRSA)
	}
	return t.judgeIssuer(chain, roots, leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore)/2))
}

// judgeIssuer looks whether somebody known stands behind the certificate, at a time at
// which it is valid. Without known authorities nothing can be said.
func (t *Transport) judgeIssuer(chain []*x509.Certificate, roots *x509.CertPool, at time.Time) error {
	if roots == nil {
		system, err := x509.SystemCertPool()
		if err != nil || system.Equal(x509.NewCertPool()) {
			return errors.New("this machine knows no certificate authorities, so who issued the certificate is not judged")
		}
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at})
	var unknown x509.UnknownAuthorityError
	switch {
	case !errors.As(err, &unknown):
	case signsItself(chain[0]):
		t.Faults = append(t.Faults, "it is signed by itself")
	default:
		t.Faults = append(t.Faults, fmt.Sprintf("nobody that this machine trusts issued it: %q did, or certificates in between are not sent along", chain[len(chain)-1].Issuer.CommonName))
	}
	return nil
}

func signsItself(c *x509.Certificate) bool {
	return slices.Equal(c.RawIssuer, c.RawSubject)
}

// issuedFor is whom a certificate is for.
func issuedFor(c *x509.Certificate) string {
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	switch {
	case len(names) == 0:
		return "no host"
	case len(names) > 3:
		return strings.Join(names[:3], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}
