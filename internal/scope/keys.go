package scope

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"

	"github.com/mantlet-dev/mantlet/policy"
)

// Keys are the public keys that the targets showed in certificates that verify, each as
// KeyHash has it: what a browser may trust of them, which knows other authorities than
// this machine. any says that every certificate will do, as it will for Do: all targets
// are on loopback, or the owner gave a reason. A target that shows no good certificate,
// or none at all, has no key; what is asked of it then says why.
func (g *Grant) Keys(ctx context.Context) (keys []string, any bool) {
	if g.local || g.strict.TLSClientConfig.InsecureSkipVerify {
		return nil, true
	}
	for _, o := range g.bounds.origins {
		if o.Scheme() != "https" {
			continue
		}
		state, err := g.Handshake(ctx, o, Offer{Min: tls.VersionTLS12})
		if err != nil || len(state.PeerCertificates) == 0 {
			continue
		}
		if leaf := state.PeerCertificates[0]; o.IsLoopback() || g.verifies(state.PeerCertificates, o) {
			keys = append(keys, KeyHash(leaf))
		}
	}
	return keys, false
}

func (g *Grant) verifies(chain []*x509.Certificate, o policy.Origin) bool {
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{DNSName: o.Host(), Roots: g.roots, Intermediates: between})
	return err == nil
}

// KeyHash is the SHA-256 of a certificate's public key in base64, as a pin has it
// (RFC 7469, section 2.4).
func KeyHash(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}
