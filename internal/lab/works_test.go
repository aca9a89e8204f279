package lab

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

func TestTheShopsOwnTestsHoldForEveryVariant(t *testing.T) {
	for _, variant := range variants {
		shop, err := StartEmbedded(variant)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { shop.Stop() })
		if n, err := shop.Works(t.Context(), shop.URL); err != nil || n != len(shopTasks) {
			t.Errorf("%s: %d tests, %v", variant, n, err)
		}
	}
}

// Tests that pass whatever is in front would say nothing.
func TestTheShopsOwnTestsSeeWhatABadProxyBreaks(t *testing.T) {
	for name, breaks := range map[string]func(r *http.Request) bool{
		"the club is joined in two steps": func(r *http.Request) bool { return r.URL.Path == "/membership/confirm" },
		"what is new arrives by itself":   func(r *http.Request) bool { return r.Header.Get("Upgrade") != "" },
		"settings are changed by scripts": func(r *http.Request) bool { return r.Header.Get("Content-Type") == "application/json" },
		"the currency's page is reached from": func(r *http.Request) bool {
			return r.URL.Path == "/currency" && r.Header.Get("Sec-Fetch-Site") == "cross-site"
		},
		"a note is written, found and thrown":   func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/delete") },
		"settings are changed by their forms":   func(r *http.Request) bool { return r.Method == "POST" && r.URL.Path == "/account/delivery" },
		"a button switches and switches back":   func(r *http.Request) bool { return r.Method == "POST" && r.URL.Path == "/terms" },
		"looking changes nothing":               func(r *http.Request) bool { return r.URL.Path == "/stamp.svg" },
		"an order is placed":                    func(r *http.Request) bool { return r.URL.Path == "/order" },
		"logging out ends it: POST /logout ans": func(r *http.Request) bool { return r.URL.Path == "/logout" },
	} {
		shop, err := StartEmbedded("weak")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { shop.Stop() })
		to, err := url.Parse(shop.URL)
		if err != nil {
			t.Fatal(err)
		}
		pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if breaks(r) {
				http.Error(w, "no", http.StatusForbidden)
				return
			}
			pass.ServeHTTP(w, r)
		}))
		t.Cleanup(proxy.Close)
		if _, err := shop.Works(t.Context(), proxy.URL); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
