package guard

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/mantlet-dev/mantlet/policy"
)

// The same requests through the guard and through the standard library's check,
// which knows nothing of tokens, sockets and headers.
func BenchmarkRequests(b *testing.B) {
	g, err := New(policy.Rules{}, Options{SessionCookies: sid})
	if err != nil {
		b.Fatal(err)
	}
	library := http.NewCrossOriginProtection()
	nothing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	for name, header := range map[string]http.Header{
		"safe":        {"Sec-Fetch-Site": {"none"}, "Cookie": {"sid=1"}, "Accept": {"text/html"}, "User-Agent": {"x"}},
		"fetch-site":  {"Sec-Fetch-Site": {"same-origin"}, "Origin": {"https://app.example"}, "Cookie": {"sid=1"}, "Accept": {"text/html"}},
		"origin-only": {"Origin": {"https://app.example"}, "Cookie": {"sid=1"}, "Accept": {"text/html"}},
		"refused":     {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}, "Cookie": {"sid=1"}},
	} {
		method := "POST"
		if name == "safe" {
			method = "GET"
		}
		r := httptest.NewRequest(method, "https://app.example/x", nil)
		r.Header = header
		w := &nullWriter{http.Header{}}
		for kind, h := range map[string]http.Handler{"guard": g.Handler(nothing), "library": library.Handler(nothing)} {
			b.Run(name+"/"+kind, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					clear(w.h)
					h.ServeHTTP(w, r)
				}
			})
		}
		b.Run(name+"/check", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.Check(r)
			}
		})
	}
}

func BenchmarkToken(b *testing.B) {
	g, err := New(policy.Rules{}, Options{SessionCookies: sid})
	if err != nil {
		b.Fatal(err)
	}
	bound := digest("application", "sid=1")
	token := g.tokens.newSigned(labelToken, bound)
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g.tokens.signed(labelToken, token, bound)
		}
	})
	b.Run("issue", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g.tokens.newSigned(labelToken, bound)
		}
	})
}
