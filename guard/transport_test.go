package guard

import (
	"net/netip"
	"net/url"
	"testing"

	"github.com/mantlet-dev/mantlet/policy"
)

func mustURL(s string) *url.URL {
	u, err := url.ParseRequestURI(s)
	if err != nil {
		panic(err)
	}
	return u
}

func TestPlainRequestsGoToHTTPSWithoutALoop(t *testing.T) {
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for _, test := range []struct {
		name     string
		secure   bool
		proxies  []netip.Prefix
		method   string
		lines    []string
		status   int
		location string
	}{
		{"plain", false, nil, "GET /a%2fb?c=d", nil, 308, "https://app.example:8443/a%2fb?c=d"},
		{"plain, other port", false, nil, "HEAD /", []string{"Host: app.example:80"}, 421, ""},
		{"plain, double slash", false, nil, "GET //evil.example/", nil, 308, "https://app.example:8443//evil.example/"},
		{"plain and unsafe", false, nil, "POST /", []string{"Origin: http://app.example"}, 403, ""},
		{"over TLS", true, nil, "GET /", nil, 200, ""},
		{"behind a terminator", false, loopback, "GET /", []string{"X-Forwarded-Proto: https"}, 200, ""},
		{"behind a terminator, plain there", false, loopback, "GET /", []string{"X-Forwarded-Proto: http"}, 308, "https://app.example:8443/"},
		{"behind a terminator that does not say", false, loopback, "GET /", nil, 200, ""},
		{"behind one that nobody declared", false, nil, "GET /", []string{"X-Forwarded-Proto: https"}, 403, ""},
		{"another's host", false, nil, "GET /", []string{"Host: evil.example"}, 421, ""},
	} {
		rules := policy.Rules{Hosts: []string{"https://app.example:8443", "app.example:8443"}}
		s := serve(t, test.secure, rules, Options{Transport: Transport{Redirect: true, TrustedProxies: test.proxies}}, nil)
		host := []string{"Host: app.example:8443"}
		if len(test.lines) > 0 && test.lines[0][:4] == "Host" {
			host = nil
		}
		res := s.send(t, append(append([]string{test.method + " HTTP/1.1"}, host...), test.lines...)...)
		if res.StatusCode != test.status || res.Header.Get("Location") != test.location {
			t.Errorf("%s: got %d %s (%s)", test.name, res.StatusCode, res.Header.Get("Location"), reasonOf(t, res))
		}
		mustBeGuarded(t, test.name, res.Header)
	}
}

func TestForwardedProtoIsBelievedOfTrustedProxiesOnly(t *testing.T) {
	for _, test := range []struct {
		proxies []netip.Prefix
		want    string
	}{
		{nil, ""},
		{[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, ""},
		{[]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, "max-age=31536000"},
	} {
		s := serve(t, false, policy.Rules{}, Options{Transport: Transport{TrustedProxies: test.proxies}}, nil)
		res := s.send(t, get, appHost, "X-Forwarded-Proto: https")
		if got := res.Header.Get("Strict-Transport-Security"); got != test.want {
			t.Errorf("%v: HSTS %q", test.proxies, got)
		}
	}
}

func TestNoHSTSForLocalhost(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{}, nil)
	for host, want := range map[string]bool{"localhost:8443": false, "a.localhost": false, "app.example": true, "localhost.example": true} {
		if got := s.send(t, get, "Host: "+host).Header.Get("Strict-Transport-Security") != ""; got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
}
