package forminject

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzResponse: whatever the head of a response says, a page with a field is kept from
// shared caches and said to be no longer than it is, and nothing of it is lost.
func FuzzResponse(f *testing.F) {
	f.Add("text/html; charset=utf-8", "", "max-age=1, Public", "<form method=post>")
	f.Add("text/html; charset=utf-16", "gzip", "no-store", "<p>")
	f.Add("text/html; a=1; a=2", "identity", "S-MAXAGE = 1", "<form method=post>")
	f.Fuzz(func(t *testing.T, kind, encoding, cache, page string) {
		h := http.Header{"Content-Type": {kind}, "Cache-Control": {cache}, "Content-Encoding": {encoding}, "Content-Length": {"1"}, "Etag": {"x"}}
		res := &http.Response{StatusCode: 200, Header: h, Body: io.NopCloser(strings.NewReader(page)), Request: httptest.NewRequest("GET", "/", nil)}
		if Refuses(res) != "" {
			if kept, _ := io.ReadAll(res.Body); string(kept) != page || res.Header.Get("Etag") != "x" {
				t.Fatalf("a page that is left alone became %q with %v", kept, res.Header)
			}
			return
		}
		put(t, res)
		got, err := io.ReadAll(res.Body)
		if err != nil || string(bytes.ReplaceAll(got, field, nil)) != strings.ReplaceAll(page, string(field), "") {
			t.Errorf("%q became %q, %v", page, got, err)
		}
		line := strings.ToLower(strings.Join(res.Header["Cache-Control"], ","))
		if strings.Contains(line, "public") || strings.Contains(line, "s-maxage") && !strings.Contains(line, "no-store") || !strings.Contains(line, "private") && !strings.Contains(line, "no-store") {
			t.Errorf("a page with a field may be kept by others: %q became %q", cache, line)
		}
		if res.Header.Get("Content-Length") != "" || res.Header.Get("Etag") != "" {
			t.Errorf("the old page is still described: %v", res.Header)
		}
	})
}
