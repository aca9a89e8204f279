package policy

import (
	"strings"
	"testing"
	"time"
)

func origin(t *testing.T, s string) Origin {
	t.Helper()
	o, err := ParseOrigin(s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestParseSetCookieReadsLinesAsABrowserDoes(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		want       Cookie
	}{
		{"name and value are trimmed", " k \t= v ", Cookie{Name: "k", Value: "v"}},
		{"the value keeps its own equals signs and quotes", `k="a=b"`, Cookie{Name: "k", Value: `"a=b"`}},
		{"no equals sign makes a nameless cookie", "v; Secure", Cookie{Value: "v", Secure: true}},
		{"attribute names and SameSite ignore case", "k=1; sEcUrE; HTTPONLY; samesite=nOnE",
			Cookie{Name: "k", Value: "1", Secure: true, HTTPOnly: true, SameSite: SameSiteNone}},
		{"a flag's value does not matter", "k=1; Secure=false", Cookie{Name: "k", Value: "1", Secure: true}},
		{"the last of two attributes counts", "k=1; SameSite=Strict; SameSite=None", Cookie{Name: "k", Value: "1", SameSite: SameSiteNone}},
		{"a junk SameSite undoes an earlier good one", "k=1; SameSite=Strict; SameSite=Bogus", Cookie{Name: "k", Value: "1"}},
		{"a quoted SameSite is junk", `k=1; SameSite="None"`, Cookie{Name: "k", Value: "1"}},
		{"spaces around an attribute's equals sign are trimmed", "k=1; SameSite = Lax ", Cookie{Name: "k", Value: "1", SameSite: SameSiteLax}},
		{"a domain loses its leading dot and its case", "k=1; Domain=.Victim.TEST", Cookie{Name: "k", Value: "1", Domain: "victim.test"}},
		{"a path without slash is no path", "k=1; Path=app", Cookie{Name: "k", Value: "1"}},
		{"a later useless path undoes an earlier one", "k=1; Path=/a; Path=b", Cookie{Name: "k", Value: "1"}},
		{"a junk max-age is none", "k=1; Max-Age=1h", Cookie{Name: "k", Value: "1"}},
		{"an overlong attribute is ignored", "k=1; Path=/" + strings.Repeat("a", 1024), Cookie{Name: "k", Value: "1"}},
		{"bytes beyond ASCII are kept", "k=\xfc; Domain=\xdc", Cookie{Name: "k", Value: "\xfc", Domain: "\xdc"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ParseSetCookie(tt.line); got != tt.want {
				t.Errorf("ParseSetCookie(%q) = %+v, want %+v", tt.line, got, tt.want)
			}
		})
	}
}

func TestExpiresIsReadLeniently(t *testing.T) {
	want := time.Date(2031, time.November, 6, 8, 49, 37, 0, time.UTC)
	for _, s := range []string{
		"Thu, 06 Nov 2031 08:49:37 GMT", "Thursday, 06-Nov-31 08:49:37 GMT", "Thu Nov  6 08:49:37 2031", "6 november 2031 8:49:37",
	} {
		if got := parseCookieDate(s); !got.Equal(want) {
			t.Errorf("parseCookieDate(%q) = %v, want %v", s, got, want)
		}
	}
	for _, s := range []string{"", "tomorrow", "31 Feb 2031 00:00:00", "1st Nov 2031 00:00:00", "06 Nov 2031 24:00:00", "06 Nov 2031"} {
		if got := parseCookieDate(s); !got.IsZero() {
			t.Errorf("parseCookieDate(%q) = %v, want it unreadable", s, got)
		}
	}
}

func TestStoredBy(t *testing.T) {
	long := strings.Repeat("a", 4096)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, at, line string
		want           Reason
	}{
		{"a plain cookie is kept", "https://victim.test", "k=1", CookieStored},
		{"a control character spoils the line", "https://victim.test", "k=1\x01", CookieControlCharacter},
		{"a tab around a value does not", "https://victim.test", "k\t=\t1\t; Path=/\t", CookieStored},
		{"a tab inside it does", "https://victim.test", "k=1\t2", CookieControlCharacter},
		{"or inside an attribute nobody knows", "https://victim.test", "k=1; x=1\t2", CookieControlCharacter},
		{"a nameless value cannot hold an equals sign", "https://victim.test", "=a=b", CookieNamelessPair},
		{"a year before all calendars deletes", "https://victim.test", "k=1; Expires=06 Nov 1600 00:00:00", CookieExpired},
		{"nothing at all is no cookie", "https://victim.test", " = ; Secure", CookieEmpty},
		{"4096 bytes fit", "https://victim.test", long[1:] + "=1", CookieStored},
		{"4097 do not", "https://victim.test", long + "=1", CookieTooLarge},
		{"a nameless value cannot pass for a prefix", "https://victim.test", "=__host-k=1", CookiePrefixInValue},
		{"Secure needs encryption", "http://victim.test", "k=1; Secure", CookieSecureOverPlain},
		{"or this machine", "http://localhost:8000", "k=1; Secure", CookieStored},
		{"a parent domain may be named", "https://sub.victim.test", "k=1; Domain=victim.test", CookieStored},
		{"a sibling may not", "https://sub.victim.test", "k=1; Domain=other.victim.test", CookieDomainForeign},
		{"nor a child", "https://victim.test", "k=1; Domain=sub.victim.test", CookieDomainForeign},
		{"nor a suffix that is no label", "https://notvictim.test", "k=1; Domain=victim.test", CookieDomainForeign},
		{"nor a host with a port", "https://victim.test", "k=1; Domain=victim.test:443", CookieDomainForeign},
		{"nor a public suffix", "https://one.co.uk", "k=1; Domain=co.uk", CookieDomainPublicSuffix},
		{"unless it is the host itself", "https://github.io", "k=1; Domain=github.io", CookieStored},
		{"an address may name itself", "https://192.0.2.1", "k=1; Domain=192.0.2.1", CookieStored},
		{"but not a part of itself", "https://192.0.2.1", "k=1; Domain=2.1", CookieDomainForeign},
		{"None needs Secure", "https://victim.test", "k=1; SameSite=None", CookieNoneNeedsSecure},
		{"Partitioned needs Secure", "https://victim.test", "k=1; Partitioned", CookiePartitionedNeedsSecure},
		{"__Secure- needs Secure", "https://victim.test", "__Secure-k=1", CookieSecurePrefixBroken},
		{"in any case", "https://victim.test", "__sEcUrE-k=1", CookieSecurePrefixBroken},
		{"__Host- needs its path written out", "https://victim.test", "__Host-k=1; Secure", CookieHostPrefixBroken},
		{"__Host- forbids a domain", "https://victim.test", "__Host-k=1; Secure; Path=/; Domain=victim.test", CookieHostPrefixBroken},
		{"an empty domain is none", "https://victim.test", "__Host-k=1; Secure; Path=/; Domain=", CookieStored},
		{"__Http- needs HttpOnly", "https://victim.test", "__Http-k=1; Secure", CookieHTTPPrefixBroken},
		{"__Host-Http- needs both promises", "https://victim.test", "__Host-Http-k=1; Secure; HttpOnly", CookieHTTPPrefixBroken},
		{"no age deletes", "https://victim.test", "k=1; Max-Age=0; Expires=Thu, 06 Nov 2031 08:49:37 GMT", CookieExpired},
		{"a hugely negative age deletes too", "https://victim.test", "k=1; Max-Age=-99999999999999999999", CookieExpired},
		{"a date in the past deletes", "https://victim.test", "k=1; Expires=Wed, 31 Dec 2025 23:59:59 GMT", CookieExpired},
		{"an age outdoes a date", "https://victim.test", "k=1; Max-Age=9; Expires=Wed, 31 Dec 2025 23:59:59 GMT", CookieStored},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ParseSetCookie(tt.line).StoredBy(Setting{Target: origin(t, tt.at), Now: now})
			if got.Reason != tt.want || got.Allowed != (tt.want == CookieStored) {
				t.Errorf("%q at %s: got %+v, want %s", tt.line, tt.at, got, tt.want)
			}
		})
	}
	if d := ParseSetCookie("k=; Expires=Thu, 01 Jan 1970 00:00:00 GMT").StoredBy(Setting{Target: origin(t, "https://victim.test")}); d.Reason != CookieExpired {
		t.Errorf("a deletion without a clock: got %+v, want %s", d, CookieExpired)
	}
	if d := ParseSetCookie("k=1; HttpOnly").StoredBy(Setting{Target: origin(t, "https://victim.test"), Kind: Script}); d.Reason != CookieHTTPOnlyFromScript {
		t.Errorf("HttpOnly by script: got %+v, want %s", d, CookieHTTPOnlyFromScript)
	}
}
