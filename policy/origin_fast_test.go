package policy

import (
	"net/http"
	"testing"
)

// FuzzPlainOriginAgreesWithTheLongWay: a shortcut must never lead elsewhere.
func FuzzPlainOriginAgreesWithTheLongWay(f *testing.F) {
	for _, seed := range []string{"https://app.example", "http://a:8080", "https://a:443", "https://a:0443", "https://A", "https://a/",
		"https://a@b", "https://a:", "https://[::1]", "http://1.2.3.4:65536", "https://a..b", "ws://a", "https://-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fast, ok := plainSerialized(s)
		if !ok {
			return
		}
		slow, err := OriginOfURL(s)
		if other := (Origin{"https", "app.example", 8443}); !fast.isWritten(s) || other.isWritten(s) != (s == other.String()) {
			t.Errorf("%q: its own origin, or another one, is not told", s)
		}
		if err != nil || slow != fast || slow.String() != s {
			t.Errorf("%q: %v in short, %v (%v) the long way", s, fast, slow, err)
		}
	})
}

func TestJudgingAllocatesNothing(t *testing.T) {
	rules := Rules{Hosts: []string{"www.app.example", "app.example"}, TrustedOrigins: []string{"https://sso.example"},
		Embedders: map[string][]string{"/widget": {"https://partner.example"}}, IsolateFrames: true}
	for _, test := range []struct {
		name string
		q    Request
		want Reason
	}{
		{"a safe request", request("GET", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "document"), SafeMethod},
		{"decided by Sec-Fetch-Site", request("POST", "Sec-Fetch-Site", "same-origin", "Origin", "https://app.example", "Cookie", "s=1"), SameOrigin},
		{"decided by Origin", request("POST", "Origin", "https://app.example", "Cookie", "s=1"), OwnOrigin},
		{"refused for Sec-Fetch-Site", request("POST", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"), CrossSite},
		{"refused for Origin", request("POST", "Origin", "https://evil.example"), ForeignOrigin},
		{"a socket", request("GET", "Upgrade", "websocket", "Origin", "https://app.example", "Cookie", "s=1"), OwnOrigin},
	} {
		var got Decision
		allocations := testing.AllocsPerRun(100, func() { got = rules.Judge(test.q) })
		if got.Reason != test.want || allocations != 0 {
			t.Errorf("%s: got %v with %v allocations", test.name, got, allocations)
		}
	}
}

func request(method string, header ...string) Request {
	q := Request{Scheme: "https", Host: "app.example", Method: method, Path: "/account", Header: http.Header{}}
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	return q
}

func TestEmbeddersHoldForEveryReadingOfAPath(t *testing.T) {
	rules := Rules{Embedders: map[string][]string{"/": {"https://p.example"}, "/account": nil, "/widget": {"https://w.example"}}}
	for path, want := range map[string]string{
		"/":                       "https://p.example",
		"/shop/caf%C3%A9":         "https://p.example",
		"/widget/1":               "https://w.example",
		"/widget/":                "https://w.example",
		"/widgets":                "https://p.example",
		"/account/x":              "",
		"/%61ccount":              "",
		"/widget/../account":      "",
		"/widget/%2e%2e/account":  "",
		"/widget//x":              "",
		"/widget/..%2faccount":    "",
		"/shop/..;/account":       "",
		`/shop/..%5caccount`:      "",
		"/widget/%zz":             "",
		"/shop/%2561ccount/../..": "",
	} {
		got := ""
		if list := rules.EmbeddersOf(path); len(list) > 0 {
			got = list[0]
		}
		if got != want {
			t.Errorf("%s: embedded by %q, want %q", path, got, want)
		}
	}
	if got := (Rules{}).EmbeddersOf("/x"); got != nil {
		t.Errorf("no rules: embedded by %v", got)
	}
}
