package main

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestOutdatedTLSStandsSecondInTheReport scans a server on loopback whose certificate it
// signed itself: that is no finding there, the old versions are.
func TestOutdatedTLSStandsSecondInTheReport(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { safe(w, "<title>Shop</title>") }))
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10}
	server.StartTLS()
	t.Cleanup(server.Close)
	o := look(t, nil, server.URL, "--no-proofs", "--fail-on", "none")
	o.expect(t, exitClean, "Configuration and exposure", "Outdated TLS is accepted", "TLS 1.0 is accepted", "mantlet explain")
	o.leavesOut(t, "Browsers warn of the certificate")
	t.Log(o.stdout)

	modern := httptest.NewTLSServer(server.Config.Handler)
	t.Cleanup(modern.Close)
	look(t, nil, modern.URL, "--no-proofs").leavesOut(t, "Outdated TLS", "certificate")
}

func (o outcome) leavesOut(t *testing.T, words ...string) {
	t.Helper()
	for _, word := range words {
		if strings.Contains(o.stdout, word) {
			t.Errorf("it says %q:\n%s", word, o.stdout)
		}
	}
}
