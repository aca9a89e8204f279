package guard

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
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
	g, err := New(policy.Rules{}, Options{SessionCookies: sid, Tokens: Tokens{Keys: [][]byte{oneKey}}})
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
	// What one writes without a second thought; it is 1 in goal G4.
	b.Run("naive", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !naive(oneKey, token, bound) {
				b.Fatal("refused")
			}
		}
	})
	b.Run("issue", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g.tokens.newSigned(labelToken, bound)
		}
	})
}

// naive verifies the same token with a new HMAC and new slices each time.
func naive(secret []byte, text string, bound binding) bool {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != tokenSize {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(labelToken))
	for _, part := range [][]byte{bound[:], raw[1 : 1+nonceSize]} {
		mac.Write([]byte{byte(len(part) >> 8), byte(len(part))})
		mac.Write(part)
	}
	return hmac.Equal(mac.Sum(nil), raw[1+nonceSize:])
}

// G4, as far as it can be asserted.
func TestTokensAllocateLittle(t *testing.T) {
	g, err := New(policy.Rules{}, Options{Tokens: Tokens{Keys: [][]byte{oneKey}}})
	if err != nil {
		t.Fatal(err)
	}
	bound := digest("application", "sid=1")
	token := g.tokens.newSigned(labelToken, bound)
	if !g.tokens.signed(labelToken, token, bound) || !naive(oneKey, token, bound) {
		t.Fatal("the token does not verify")
	}
	if raceDetector {
		t.Skip("the race detector makes pools forget")
	}
	if n := testing.AllocsPerRun(200, func() { g.tokens.signed(labelToken, token, bound) }); n > 0 {
		t.Errorf("verify: %v allocations", n)
	}
	if n := testing.AllocsPerRun(200, func() { g.tokens.newSigned(labelToken, bound) }); n > 2 {
		t.Errorf("issue: %v allocations", n)
	}
}
