package state_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/state"
)

type plain struct{}

func (plain) Do(r *http.Request) (*http.Response, error) { return http.DefaultTransport.RoundTrip(r) }

func TestHTTPReaderReadsEveryPage(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/me", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"email":"a@b","key":"s3cret"}`)
	})
	mux.HandleFunc("/gone", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusSeeOther) })
	site := httptest.NewServer(mux)
	defer site.Close()
	reader := state.HTTPReader{Session: plain{}, URLs: []string{site.URL + "/me", site.URL + "/gone"},
		Redact: func(s string) string { return strings.ReplaceAll(s, "s3cret", "[redacted]") }}
	got, err := reader.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for where, want := range map[string]string{"GET /me $.email": "a@b", "GET /me $.key": "[redacted]",
		"GET /gone status": "303", "GET /gone redirect": "/login"} {
		if got[where] != want {
			t.Errorf("%s: got %q, want %q", where, got[where], want)
		}
	}
	site.Close()
	if _, err := reader.Read(context.Background()); err == nil || !strings.Contains(err.Error(), "read back") {
		t.Errorf("a site that is gone: got %v", err)
	}
}
