package scope

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
)

func TestKeysAreThoseOfCertificatesThatVerify(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
	srv.Config.ErrorLog = quiet
	srv.StartTLS()
	defer srv.Close()
	at, _ := url.Parse(srv.URL)
	known := x509.NewCertPool()
	known.AddCert(srv.Certificate()) // it is for example.com
	key := KeyHash(srv.Certificate())
	for _, test := range []struct {
		name  string
		claim Claim
		keys  []string
		any   bool
	}{
		{"known issuer", Claim{Targets: []string{"https://example.com"}, Roots: known}, []string{key}, false},
		{"unknown issuer", Claim{Targets: []string{"https://example.com"}}, nil, false},
		{"another's name", Claim{Targets: []string{"https://shop.test"}, Roots: known}, nil, false},
		{"the owner's word", Claim{Targets: []string{"https://shop.test"}, InsecureCertificate: "a staging machine"}, nil, true},
		{"plain http", Claim{Targets: []string{"http://shop.test"}}, nil, false},
		{"loopback", Claim{Targets: []string{srv.URL}}, nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.claim.Hosts = map[string]string{"example.com:443": at.Host, "shop.test:443": at.Host, "shop.test:80": at.Host}
			g, err := Open(t.Context(), test.claim)
			if err != nil {
				t.Fatal(err)
			}
			keys, any := g.Keys(t.Context())
			if !slices.Equal(keys, test.keys) || any != test.any {
				t.Errorf("got %v, any %v; want %v, any %v", keys, any, test.keys, test.any)
			}
		})
	}
}
