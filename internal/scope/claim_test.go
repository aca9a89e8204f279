package scope

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/policy"
)

func verifiedBy(how string) func(context.Context, policy.Origin) (string, error) {
	return func(context.Context, policy.Origin) (string, error) { return how, nil }
}

func TestOpenDecidesTheModeByOwnership(t *testing.T) {
	for _, test := range []struct {
		name    string
		claim   Claim
		mode    Mode
		consent string
		refused bool
	}{
		{"loopback is active by itself", Claim{Targets: []string{"http://127.0.0.1:8000"}}, Active, "loopback", false},
		{"localhost and IPv6 are loopback", Claim{Targets: []string{"http://localhost", "http://[::1]:1", "http://a.localhost"}}, Active, "loopback", false},
		{"elsewhere the default is passive", Claim{Targets: []string{"https://shop.example"}}, Passive, "passive", false},
		{"one public target among local ones makes all passive", Claim{Targets: []string{"http://localhost", "https://shop.example"}}, Passive, "passive", false},
		{"loopback can be passive", Claim{Targets: []string{"http://localhost"}, Mode: Passive}, Passive, "passive", false},
		{"active elsewhere is refused", Claim{Targets: []string{"https://shop.example"}, Mode: Active}, "", "", true},
		{"a further origin needs ownership too", Claim{Targets: []string{"http://localhost"}, Origins: []string{"https://api.example"}, Mode: Active}, "", "", true},
		{"verified ownership allows it", Claim{Targets: []string{"https://shop.example"}, Mode: Active, Verified: verifiedBy("a record")},
			Active, "verified: https://shop.example by a record", false},
		{"a reason allows it and is put on record", Claim{Targets: []string{"https://shop.example"}, Mode: Active, InsecureReason: " our staging "},
			Active, "insecure: ownership not shown: our staging", false},
		{"an empty reason is none", Claim{Targets: []string{"https://shop.example"}, Mode: Active, InsecureReason: "  "}, "", "", true},
		{"a private address is not loopback", Claim{Targets: []string{"http://10.0.0.1"}, Mode: Active}, "", "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			g, err := Open(t.Context(), test.claim)
			var refused *RefusedError
			if errors.As(err, &refused) != test.refused {
				t.Fatalf("got error %v, want refused %v", err, test.refused)
			}
			if test.refused {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if g.Mode() != test.mode || g.Consent() != test.consent {
				t.Errorf("got %s because %q, want %s because %q", g.Mode(), g.Consent(), test.mode, test.consent)
			}
		})
	}
}

func TestOpenRefusesBrokenClaims(t *testing.T) {
	for _, test := range []struct {
		name, want string
		claim      Claim
	}{
		{"no target", "no target", Claim{}},
		{"no scheme", "not an http", Claim{Targets: []string{"shop.example"}}},
		{"another scheme", "not an http", Claim{Targets: []string{"ftp://shop.example"}}},
		{"a file", "not an http", Claim{Targets: []string{"file:///etc/passwd"}}},
		{"a password in the URL", "identity", Claim{Targets: []string{"http://me:secret@127.0.0.1"}}},
		{"a mode that is none", "neither passive nor active", Claim{Targets: []string{"http://127.0.0.1"}, Mode: "wild"}},
		{"a pattern that is no path", "must begin with", Claim{Targets: []string{"http://127.0.0.1"}, Exclude: []string{"logout"}}},
		{"a target that is excluded", "excluded", Claim{Targets: []string{"http://127.0.0.1/admin/x"}, Exclude: []string{"/admin"}}},
		{"a negative rate", "negative", Claim{Targets: []string{"http://127.0.0.1"}, Rate: -1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(t.Context(), test.claim)
			var refused *RefusedError
			if err == nil || errors.As(err, &refused) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want a usage error with %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

func TestAllows(t *testing.T) {
	g, err := Open(t.Context(), Claim{
		Targets: []string{"http://127.0.0.1:8000/app"}, Origins: []string{"http://localhost:9000"},
		Include: []string{"/app", "/api/**", "/*/edit"}, Exclude: []string{"/app/logout", "**/secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		url  string
		want bool
	}{
		{"http://127.0.0.1:8000/app", true},
		{"http://127.0.0.1:8000/app/", true},
		{"http://127.0.0.1:8000/app/x?y=z", true},
		{"HTTP://127.0.0.1:8000/app", true},
		{"ws://127.0.0.1:8000/app/socket", true},
		{"http://localhost:9000/api/v1", true},
		{"http://127.0.0.1:8000/item/edit", true},
		{"http://127.0.0.1:8000/item/7/edit", false},
		{"http://127.0.0.1:8000/application", false},
		{"http://127.0.0.1:8000/", false},
		{"http://127.0.0.1:8000/app/logout", false},
		{"http://127.0.0.1:8000/app/logout/now", false},
		{"http://127.0.0.1:8000/app/logouts", true},
		{"http://127.0.0.1:8000/app/%6cogout", false},
		{"http://127.0.0.1:8000/app/x/../logout", false},
		{"http://127.0.0.1:8000/app//logout", false},
		{"http://127.0.0.1:8000/app/x/secret", false},
		{"http://127.0.0.1:8001/app", false},
		{"https://127.0.0.1:8000/app", false},
		{"http://localhost:8000/app", false},
		{"http://127.0.0.1:8000@evil.example/app", false},
		{"http://me@127.0.0.1:8000/app", false},
		{"http://evil.example/app", false},
		{"file:///app", false},
		{"javascript:alert(1)", false},
		{"//127.0.0.1:8000/app", false},
		{"http://127.0.0.1:8000\\@evil.example/app", false},
		{"", false},
	} {
		err := g.Allows(test.url)
		if (err == nil) != test.want || err != nil && !errors.Is(err, ErrOutOfScope) {
			t.Errorf("%s: got %v, want allowed %v", test.url, err, test.want)
		}
	}
}

func TestPublicAddresses(t *testing.T) {
	for addr, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "8.8.8.8": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"0.0.0.0": false, "0.1.2.3": false, "224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false, "203.0.113.9": false,
		"::1": false, "::": false, "fe80::1": false, "fc00::1": false, "ff02::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false,
		"64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001:db8::1": false,
	} {
		if got := isPublic(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: got public %v, want %v", addr, got, want)
		}
	}
}

func TestPermitLooksAtTheAddressThatIsDialled(t *testing.T) {
	d := &dialer{private: []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16")}}
	for _, test := range []struct {
		name, host, address string
		want                bool
	}{
		{"a public name at a public address", "shop.example", "93.184.216.34:443", true},
		{"a public name that led to loopback", "shop.example", "127.0.0.1:443", false},
		{"a public name that led to cloud metadata", "shop.example", "169.254.169.254:80", false},
		{"a public name that led to loopback in IPv6 clothes", "shop.example", "[::ffff:127.0.0.1]:80", false},
		{"a name in a range that was declared", "staging.example", "10.20.3.4:80", true},
		{"a name in a range that was not", "staging.example", "10.21.3.4:80", false},
		{"a private address that is itself the target", "192.168.1.5", "192.168.1.5:80", true},
		{"a private address that led elsewhere", "192.168.1.5", "192.168.1.6:80", false},
		{"localhost on loopback", "localhost", "[::1]:80", true},
		{"localhost that led away", "localhost", "93.184.216.34:80", false},
	} {
		if err := d.permit(test.host, test.address); (err == nil) != test.want {
			t.Errorf("%s: got %v, want permitted %v", test.name, err, test.want)
		}
	}
}
