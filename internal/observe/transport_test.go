package observe

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// An issuer signs the certificates of a test.
type issuer struct {
	cert *x509.Certificate
	key  crypto.Signer
	pool *x509.CertPool
}

func newIssuer(t *testing.T) issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test House"}, NotBefore: time.Now().AddDate(-10, 0, 0),
		NotAfter: time.Now().AddDate(10, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	i := issuer{key: key, pool: x509.NewCertPool()}
	if i.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	i.pool.AddCert(i.cert)
	return i
}

// sign makes a good certificate for app.test that change has changed; with self it is
// its own issuer.
func (i issuer) sign(t *testing.T, key crypto.Signer, self bool, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "app"}, DNSNames: []string{"app.test"},
		NotBefore: time.Now().AddDate(0, 0, -30), NotAfter: time.Now().AddDate(0, 0, 60), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if change != nil {
		change(c)
	}
	by, with := i.cert, i.key
	if self {
		by, with = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, key.Public(), with)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func rsaKey(t *testing.T, bits int) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// host serves app.test with conf on loopback, and gives the claim that leads there.
func host(t *testing.T, conf *tls.Config, roots *x509.CertPool) scope.Claim {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<title>App</title>hello"))
	}))
	s.Config.ErrorLog = nil
	s.TLS = conf
	s.StartTLS()
	t.Cleanup(s.Close)
	return scope.Claim{Targets: []string{"https://app.test/"}, Hosts: map[string]string{"app.test:443": s.Listener.Addr().String()}, Roots: roots, Rate: 20}
}

func transportOf(t *testing.T, c scope.Claim) (Transport, error) {
	t.Helper()
	g, err := scope.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	got, err := askTransport(t.Context(), g, g.Origins()[0], time.Now())
	if sent := g.Requests(); sent > 4 {
		t.Errorf("%d handshakes", sent)
	}
	return got, err
}

// TestCertificatesAreJudgedAsBrowsersDo takes real handshakes with a certificate for
// each fault, and with a good one.
func TestCertificatesAreJudgedAsBrowsersDo(t *testing.T) {
	house, key := newIssuer(t), rsaKey(t, 2048)
	for name, c := range map[string]struct {
		key    crypto.Signer
		self   bool
		change func(*x509.Certificate)
		other  bool // the house is not trusted
		faults []string
		soon   bool
	}{
		"a good one":           {},
		"expired":              {change: func(c *x509.Certificate) { c.NotAfter = time.Now().AddDate(0, 0, -1) }, faults: []string{"it expired on"}},
		"not valid yet":        {change: func(c *x509.Certificate) { c.NotBefore = time.Now().AddDate(0, 0, 3) }, faults: []string{"it is not valid before"}},
		"for another":          {change: func(c *x509.Certificate) { c.DNSNames = []string{"other.test"} }, faults: []string{"it is not for app.test, but for other.test"}},
		"signed by itself":     {self: true, faults: []string{"it is signed by itself"}},
		"of an unknown issuer": {other: true, faults: []string{`"Test House" did`}},
		"with a small key":     {key: rsaKey(t, 1024), faults: []string{"its RSA key has 1024 bits"}},
		"about to end":         {change: func(c *x509.Certificate) { c.NotAfter = time.Now().AddDate(0, 0, 5) }, soon: true},
	} {
		t.Run(name, func(t *testing.T) {
			if c.key == nil {
				c.key = key
			}
			trusted := house.pool
			if c.other {
				trusted = newIssuer(t).pool
			}
			got, err := transportOf(t, host(t, &tls.Config{Certificates: []tls.Certificate{house.sign(t, c.key, c.self, c.change)}, MinVersion: tls.VersionTLS12}, trusted))
			if err != nil || len(got.Faults) != len(c.faults) || (got.Expires != "") != c.soon || len(got.Outdated) != 0 {
				t.Fatalf("got %+v, %v", got, err)
			}
			for i, part := range c.faults {
				if !strings.Contains(got.Faults[i], part) {
					t.Errorf("got %q, want %q", got.Faults[i], part)
				}
			}
		})
	}
}

// TestASignatureBySHA1IsAFault judges a chain that no library makes any more.
func TestASignatureBySHA1IsAFault(t *testing.T) {
	house := newIssuer(t)
	made := house.sign(t, rsaKey(t, 2048), false, nil)
	leaf, err := x509.ParseCertificate(made.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	leaf.SignatureAlgorithm = x509.SHA1WithRSA
	g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{"https://app.test/"}})
	if err != nil {
		t.Fatal(err)
	}
	var got Transport
	if err := got.judge([]*x509.Certificate{leaf}, g.Origins()[0], house.pool, time.Now()); err != nil || len(got.Faults) == 0 || !strings.Contains(got.Faults[0], "SHA1") {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestOutdatedTLSIsFound holds what servers agree to against what is said of them.
func TestOutdatedTLSIsFound(t *testing.T) {
	house := newIssuer(t)
	good := []tls.Certificate{house.sign(t, rsaKey(t, 2048), false, nil)}
	for name, c := range map[string]struct {
		conf *tls.Config
		want []string
	}{
		"today's":         {&tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}}, nil},
		"TLS 1.3 alone":   {&tls.Config{MinVersion: tls.VersionTLS13}, nil},
		"back to TLS 1.1": {&tls.Config{MinVersion: tls.VersionTLS11}, []string{"TLS 1.1 is accepted"}},
		"back to TLS 1.0": {&tls.Config{MinVersion: tls.VersionTLS10}, []string{"TLS 1.1 is accepted", "TLS 1.0 is accepted"}},
		"TLS 1.0 alone":   {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, []string{"TLS 1.0 is accepted"}},
		"RC4":             {&tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}}, []string{"RC4 is broken"}},
		"no secrecy":      {&tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}}, []string{"forward secrecy"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.conf.Certificates = good
			got, err := transportOf(t, host(t, c.conf, house.pool))
			if err != nil || len(got.Outdated) != len(c.want) || len(got.Faults) != 0 {
				t.Fatalf("got %+v, %v", got, err)
			}
			for i, part := range c.want {
				if !strings.Contains(got.Outdated[i], part) {
					t.Errorf("got %q, want %q", got.Outdated[i], part)
				}
			}
		})
	}
}

// TestABadCertificateStopsTheScanUnlessItsOwnerSaysOtherwise says what is wrong and what
// to do, and tells of the certificate either way.
func TestABadCertificateStopsTheScanUnlessItsOwnerSaysOtherwise(t *testing.T) {
	house := newIssuer(t)
	claim := host(t, &tls.Config{Certificates: []tls.Certificate{house.sign(t, rsaKey(t, 2048), true, nil)}}, house.pool)
	collect := func() (*Site, error) {
		g, err := scope.Open(t.Context(), claim)
		if err != nil {
			t.Fatal(err)
		}
		return Collect(t.Context(), g, []*identity.Session{identity.Anonymous(g)}, Options{})
	}
	site, err := collect()
	if err == nil || !strings.Contains(err.Error(), "the certificate does not verify") || !strings.Contains(err.Error(), "--insecure-accept-certificate REASON") {
		t.Errorf("got %v", err)
	}
	if site == nil || len(site.Transports) != 1 || len(site.Transports[0].Faults) != 1 {
		t.Errorf("got %+v", site)
	}
	claim.InsecureCertificate = "a test of ours"
	if g, err := scope.Open(t.Context(), claim); err != nil || !strings.Contains(g.Consent(), "not verified: a test of ours") {
		t.Errorf("the reason is not on record: %v, %v", g, err)
	}
	site, err = collect()
	if err != nil || len(site.Pages) == 0 || len(site.Transports[0].Faults) != 1 {
		t.Errorf("got %+v, %v", site, err)
	}
}

// TestOnLoopbackCertificatesAreNobodysBusiness is about servers under development, and
// about ports where nobody answers or nobody speaks TLS.
func TestOnLoopbackCertificatesAreNobodysBusiness(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	if got, err := transportOf(t, scope.Claim{Targets: []string{s.URL}}); err != nil || len(got.Faults) != 0 || got.Expires != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	if got, err := transportOf(t, scope.Claim{Targets: []string{strings.Replace(plain.URL, "http:", "https:", 1)}}); len(got.Faults)+len(got.Outdated) != 0 || err == nil {
		t.Errorf("where nobody speaks TLS: got %+v, %v", got, err)
	}
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	if _, err := transportOf(t, scope.Claim{Targets: []string{"https://" + nobody.Addr().String()}}); err == nil {
		t.Error("that nobody answers is not said")
	}
}

// TestNoHandshakeOutOfScope asks for one elsewhere.
func TestNoHandshakeOutOfScope(t *testing.T) {
	g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{"https://app.test/"}})
	if err != nil {
		t.Fatal(err)
	}
	other, err := scope.Open(t.Context(), scope.Claim{Targets: []string{"https://127.0.0.1:9/"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Handshake(context.Background(), other.Origins()[0], scope.Offer{}); err == nil || !strings.Contains(err.Error(), "scope") {
		t.Errorf("got %v", err)
	}
}
