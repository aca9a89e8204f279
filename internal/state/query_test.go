package state

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Queries are posted as the application's own page posts them, and only the one that
// shows a change is asked again.
func TestReadingByQueries(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Origin") != "http://"+r.Host {
			t.Errorf("%s with %v", r.Method, r.Header)
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"data": {"asked": `+strings.TrimSpace(string(body))+`}}`)
	}))
	t.Cleanup(server.Close)
	r := QueryReader{Session: server.Client(), Redact: strings.NewReplacer("one", "«1»").Replace, Queries: []Query{
		{URL: server.URL, Body: []byte(`"one"`), Source: "POST /graphql#me"},
		{URL: server.URL, Body: []byte(`"two"`), Source: "POST /graphql#notes"},
	}}
	facts, err := r.Read(t.Context())
	if err != nil || facts["POST /graphql#me $.data.asked"] != "«1»" || facts["POST /graphql#notes $.data.asked"] != "two" {
		t.Errorf("got %v, %v", facts, err)
	}
	narrow, ok := r.Narrow([]finding.Change{{Where: "POST /graphql#notes $.data.asked"}}).(QueryReader)
	if !ok || len(narrow.Queries) != 1 || narrow.Queries[0].Source != "POST /graphql#notes" {
		t.Errorf("narrowed to %+v", narrow)
	}
	if r.Narrow([]finding.Change{{Where: "GET /me $.name"}}) != nil {
		t.Error("no query shows that change")
	}
}
