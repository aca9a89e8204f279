package identity

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

func TestTheJarSendsWhatABrowserSends(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name, set string // set: URL it came from
		lines     []string
		to, want  string
		later     time.Duration
	}{
		{"host-only stays at its host", "http://a.example/x", []string{"s=1"}, "http://b.a.example/", "", 0},
		{"a domain covers hosts below it", "http://a.example/", []string{"s=1; Domain=a.example"}, "http://b.a.example/", "s=1", 0},
		{"a foreign domain is refused", "http://a.example/", []string{"s=1; Domain=b.example"}, "http://b.example/", "", 0},
		{"a public suffix is refused", "http://a.co.uk/", []string{"s=1; Domain=co.uk"}, "http://b.co.uk/", "", 0},
		{"other ports are the same host", "http://a.example:81/", []string{"s=1"}, "http://a.example:82/", "s=1", 0},
		{"Secure is kept from plain http", "http://a.example/", []string{"s=1; Secure"}, "http://a.example/", "", 0},
		{"Secure goes over https", "https://a.example/", []string{"s=1; Secure"}, "https://a.example/", "s=1", 0},
		{"Secure is fine on loopback", "http://127.0.0.1:8000/", []string{"s=1; Secure"}, "http://127.0.0.1:8000/", "s=1", 0},
		{"Secure is fine on localhost", "http://app.localhost/", []string{"s=1; Secure; SameSite=None"}, "http://app.localhost/", "s=1", 0},
		{"the default path is the folder", "http://a.example/x/y", []string{"s=1"}, "http://a.example/x/z", "s=1", 0},
		{"and not its neighbours", "http://a.example/x/y", []string{"s=1"}, "http://a.example/xx", "", 0},
		{"longer paths come first", "http://a.example/x/y", []string{"a=1; Path=/", "b=2; Path=/x"}, "http://a.example/x", "b=2; a=1", 0},
		{"the same name replaces", "http://a.example/", []string{"s=1; Path=/", "s=2; Path=/"}, "http://a.example/", "s=2", 0},
		{"an age in the past deletes", "http://a.example/", []string{"s=1; Path=/", "s=; Path=/; Max-Age=0"}, "http://a.example/", "", 0},
		{"a date in the past deletes", "http://a.example/", []string{"s=1; Path=/", "s=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}, "http://a.example/", "", 0},
		{"an age runs out", "http://a.example/", []string{"s=1; Max-Age=60"}, "http://a.example/", "", time.Minute},
		{"and not before", "http://a.example/", []string{"s=1; Max-Age=60"}, "http://a.example/", "s=1", 59 * time.Second},
		{"an endless age does not overflow", "http://a.example/", []string{"s=1; Max-Age=99999999999999"}, "http://a.example/", "s=1", time.Hour},
		{"SameSite does not matter on one's own visit", "http://a.example/", []string{"s=1; SameSite=Strict"}, "http://a.example/", "s=1", 0},
		{"__Host- needs its promise", "https://a.example/", []string{"__Host-s=1; Secure; Path=/x"}, "https://a.example/x", "", 0},
		{"a name is not needed", "http://a.example/", []string{"alone"}, "http://a.example/", "alone", 0},
		{"nonsense is dropped", "http://a.example/", []string{"", "=", ";;;", "a\x00b=1"}, "http://a.example/", "", 0},
	} {
		from, err := url.Parse(test.set)
		if err != nil {
			t.Fatal(err)
		}
		to, err := url.Parse(test.to)
		if err != nil {
			t.Fatal(err)
		}
		j := &jar{}
		j.store(http.MethodGet, from, test.lines, now)
		if got := j.header(to, now.Add(test.later)); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestNonsenseKeepsItsShape(t *testing.T) {
	for _, v := range []string{"abc123", "deadbeef0123", "eyJhbGciOi.eyJzdWIi.c2ln", "a%2Fb%3D", "ABC-def_9", "…", ""} {
		got := nonsense(v)
		if len(got) != len(v) || got == v && v != "…" && v != "" {
			t.Errorf("%q became %q", v, got)
		}
	}
	if got := nonsense("a%2Fb"); got != "h%2Fi" {
		t.Errorf("the escape was not kept: %q", got)
	}
}

func TestWordsAreNoSecrets(t *testing.T) {
	for value, want := range map[string]bool{"dark": false, "english": false, "newsletter": false, "0123456789": false, "a1b2c3d4": true,
		"AbcdefghijklmnopqrstuvWxyz": true, "this is a long sentence, really": false, "user1": false} {
		if got := looksSecret(value); got != want {
			t.Errorf("%q: got %v, want %v", value, got, want)
		}
	}
}

func FuzzJar(f *testing.F) {
	f.Add("http://a.example/x", "s=1; Path=/; Max-Age=3", "http://a.example/")
	f.Fuzz(func(t *testing.T, from, line, to string) {
		u, err := url.Parse(from)
		v, err2 := url.Parse(to)
		if err != nil || err2 != nil {
			return
		}
		j := &jar{}
		j.store(http.MethodGet, u, []string{line}, time.Now())
		if j.header(v, time.Now()) != "" && !sameRegistrable(u, v) {
			t.Errorf("%q set at %s goes to %s", line, from, to)
		}
	})
}

// sameRegistrable is a necessary condition for any cookie to travel.
func sameRegistrable(a, b *url.URL) bool {
	x, errX := policy.OriginOfURL(a.String())
	y, errY := policy.OriginOfURL(b.String())
	return errX == nil && errY == nil && x.RegistrableDomain() == y.RegistrableDomain()
}
