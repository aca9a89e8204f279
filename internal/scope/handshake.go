package scope

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/mantlet-dev/mantlet/policy"
)

// An Offer is what a handshake offers: versions of TLS from Min to Max, and up to TLS 1.2
// the suites, nil for the usual ones.
type Offer struct {
	Min, Max uint16
	Suites   []uint16
}

// Handshake connects to an origin in scope, makes the offer, sends nothing and hangs up.
// It gives what the server chose and the certificate as it is, unverified: that is for
// the caller to judge. It waits for its turn and counts as a request.
func (g *Grant) Handshake(ctx context.Context, o policy.Origin, offer Offer) (tls.ConnectionState, error) {
	if _, ok := g.bounds.originAt(o.Host(), o.Port()); !ok || o.Scheme() != "https" {
		return tls.ConnectionState{}, fmt.Errorf("handshake with %s: %w", o, ErrOutOfScope)
	}
	if err := g.limiter.Wait(ctx); err != nil {
		return tls.ConnectionState{}, err
	}
	if err := g.spend(); err != nil {
		return tls.ConnectionState{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	raw, err := g.dialer.dial(ctx, "tcp", dialKey(o))
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer raw.Close()
	conn := tls.Client(raw, &tls.Config{
		ServerName: strings.Trim(o.Host(), "[]"), MinVersion: offer.Min, MaxVersion: offer.Max, CipherSuites: offer.Suites,
		InsecureSkipVerify: true, // #nosec G402: nothing is sent, and the certificate is what is asked for
	})
	if err := conn.HandshakeContext(ctx); err != nil {
		return tls.ConnectionState{}, err
	}
	return conn.ConnectionState(), nil
}

// Roots are the authorities that certificates are verified by; nil for this machine's.
func (g *Grant) Roots() *x509.CertPool { return g.roots }

// A CertificateError says that the target's certificate does not verify, and what helps.
type CertificateError struct{ Err error }

func (e *CertificateError) Error() string {
	return fmt.Sprintf("the certificate does not verify: %s; renew it or have this machine trust who issued it (SSL_CERT_FILE names a file of certificates), "+
		"or scan all the same with --insecure-accept-certificate REASON", strings.TrimPrefix(e.Err.Error(), "x509: "))
}

func (e *CertificateError) Unwrap() error { return e.Err }

// certificateError is err in words for whoever owns the target, if it is about a
// certificate.
func certificateError(err error) error {
	var refused *tls.CertificateVerificationError
	if errors.As(err, &refused) {
		return &CertificateError{refused.Err}
	}
	return err
}
