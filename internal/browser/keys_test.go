package browser

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A password must not be typed into the page of whoever answers in the target's place.
func TestOnlyKnownKeysAreTakenFromStrangers(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<title>welcome</title>")
	}))
	t.Cleanup(srv.Close)
	sum := sha256.Sum256(srv.Certificate().RawSubjectPublicKeyInfo)
	known := base64.StdEncoding.EncodeToString(sum[:])
	page := "https://victim.test:" + srv.URL[strings.LastIndex(srv.URL, ":")+1:] + "/"
	for _, test := range []struct {
		name  string
		keys  []string
		loads bool
	}{
		{"every key", nil, true},
		{"its key", []string{"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", known}, true},
		{"another's", []string{"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}, false},
		{"none", []string{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := start(t, Options{Keys: test.keys, Resolve: map[string]string{"victim.test": "127.0.0.1"}})
			rendered, err := b.Render(t.Context(), nil, page)
			if loads := err == nil && strings.Contains(rendered.HTML, "welcome"); loads != test.loads {
				t.Errorf("loads %v, want %v (%v): %.200s", loads, test.loads, err, rendered.HTML)
			}
		})
	}
}
