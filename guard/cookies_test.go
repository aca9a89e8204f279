package guard

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/policy"
)

func TestCookiesLeaveHardened(t *testing.T) {
	options := Options{SessionCookies: []string{"id", "sso"}, Cookies: Cookies{CrossSite: []string{"sso"}, Readable: []string{"auth_hint"}, HostPrefix: []string{"shop"}}}
	for _, test := range []struct{ name, line, want string }{
		{"bare session", "id=1", "id=1; Secure; HttpOnly; SameSite=Lax"},
		{"complete", "id=1; Secure; HttpOnly; SameSite=Strict", "id=1; Secure; HttpOnly; SameSite=Strict"},
		{"odd case counts", "id=1; SECURE; httponly; samesite=lax", "id=1; SECURE; httponly; samesite=lax"},
		{"SameSite nobody knows", "id=1; Secure; HttpOnly; SameSite=Relaxed", "id=1; Secure; HttpOnly; SameSite=Relaxed; SameSite=Lax"},
		{"session with None", "id=1; SameSite=None", "id=1; SameSite=None; Secure; HttpOnly; SameSite=Lax"},
		{"listed session with None", "sso=1; SameSite=None", "sso=1; SameSite=None; Secure; HttpOnly"},
		{"other with None", "theme=1; SameSite=None", "theme=1; SameSite=None; Secure"},
		{"other stays readable", "theme=dark", "theme=dark; Secure; SameSite=Lax"},
		{"guessed session", "PHPSESSID=1", "PHPSESSID=1; Secure; HttpOnly; SameSite=Lax"},
		{"Django's token stays readable", "csrftoken=1", "csrftoken=1; Secure; SameSite=Lax"},
		{"Angular's token stays readable", "XSRF-TOKEN=1", "XSRF-TOKEN=1; Secure; SameSite=Lax"},
		{"listed readable", "auth_hint=1", "auth_hint=1; Secure; SameSite=Lax"},
		{"deletion", "id=; Max-Age=0; Path=/", "id=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"},
		{"prefixed on demand", "shop=1; Path=/app; Domain=app.example; HttpOnly", "__Host-shop=1; HttpOnly; Path=/; Secure; SameSite=Lax"},
		{"nameless", "=1", "=1"},
	} {
		s := serve(t, true, policy.Rules{}, options, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Set-Cookie"] = []string{test.line}
		}))
		if got := s.send(t, get, appHost).Header.Get("Set-Cookie"); got != test.want {
			t.Errorf("%s: got %q", test.name, got)
		}
	}
}

func TestStrictSessionsAreRaised(t *testing.T) {
	c := newCookieRules(Options{SessionCookies: []string{"id"}, Cookies: Cookies{SameSite: policy.SameSiteStrict}})
	for line, want := range map[string]policy.SameSite{"id=1": policy.SameSiteStrict, "id=1; SameSite=Lax": policy.SameSiteStrict,
		"theme=1": policy.SameSiteLax, "theme=1; SameSite=Strict": policy.SameSiteStrict} {
		if got := policy.ParseSetCookie(c.harden(line, true)).SameSite; got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

func TestPlainSitesGetNoSecureCookies(t *testing.T) {
	s := serve(t, false, policy.Rules{}, Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session=1")
	}))
	if got := s.send(t, get, appHost).Header.Get("Set-Cookie"); got != "session=1; HttpOnly; SameSite=Lax" {
		t.Errorf("got %q", got)
	}
}

func TestPrefixedCookiesReachTheApplicationUnderTheirName(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{Cookies: Cookies{HostPrefix: []string{"id"}}}, nil)
	for sent, want := range map[string]string{
		"a=1; __Host-id=good; id=planted": "a=1; id=good",
		"id=planted":                      "",
		"a=1; id=planted; b=2":            "a=1; b=2",
		"__Host-id=good":                  "id=good",
	} {
		if got := s.send(t, get, appHost, "Cookie: "+sent).Header.Get("X-Cookie"); got != want {
			t.Errorf("%s: the application saw %q", sent, got)
		}
	}
}

func TestTokensFollowThePrefixedSession(t *testing.T) {
	s := serve(t, true, strict, Options{SessionCookies: []string{"id"}, Cookies: Cookies{HostPrefix: []string{"id"}}}, nil)
	token := tokenFor(t, s.guard, "__Host-id=good")
	for cookie, want := range map[string]policy.Reason{"__Host-id=good": "", "id=planted; __Host-id=good": "", "id=planted": policy.InvalidToken} {
		wantReason(t, s, want, append(append([]string{}, ownPost...), "Cookie: "+cookie, "X-CSRF-Token: "+token)...)
	}
	// What the application sets is bound under the name it has there.
	h := http.Header{"Set-Cookie": {"id=new; Path=/"}}
	r := &http.Request{Method: "GET", Host: "app.example", URL: mustURL("/"), Header: http.Header{}, TLS: &tls.ConnectionState{}}
	token, err := s.guard.Token(h, r)
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, s, "", append(append([]string{}, ownPost...), "Cookie: __Host-id=new", "X-CSRF-Token: "+token)...)
}

func TestSessionCookiesThatComeTwiceAreRefused(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{SessionCookies: []string{"id"}}, nil)
	for cookies, want := range map[string]int{
		"id=1": 200, "id=1; other=id=2": 200, "a=1; id=1": 200, "xid=1; id=2; idx=3": 200,
		"id=1; id=2": 403, "id=1;id=1": 403, "a=1, id=1; id=2": 403, "id=1\r\nCookie: id=2": 403,
		`x="a id=1"; id=2`: 403, "__Host-id=1; __Host-id=2": 403,
	} {
		res := s.send(t, get, appHost, "Cookie: "+cookies)
		if res.StatusCode != want {
			t.Errorf("%s: got %d", cookies, res.StatusCode)
		}
	}
}

// The guard's own session cookie is looked at where a token is bound to it.
func TestTheGuardsOwnSessionMustNotComeTwiceWithAToken(t *testing.T) {
	for name, cookies := range map[string]string{
		"prefixed": "__Host-mantlet-session=1; __Host-mantlet-session=2", "bare": "mantlet-session=1, mantlet-session=2",
		"two lines": "mantlet-session=1\r\nCookie: mantlet-session=1",
	} {
		s := serve(t, true, policy.Rules{}, Options{}, nil)
		wantReason(t, s, policy.DuplicateCookie, "POST / HTTP/1.1", appHost, "Cookie: "+cookies, "X-CSRF-Token: "+strings.Repeat("A", 66))
		if res := s.send(t, "POST / HTTP/1.1", appHost, "Origin: https://app.example", "Cookie: "+cookies); res.StatusCode != 200 {
			t.Errorf("%s: got %d where the browser says who asks", name, res.StatusCode)
		}
		// In report it is told of, and the token decides as if it had come once.
		s = serve(t, true, policy.Rules{}, Options{ReportOnly: []Rule{RuleCookies}}, nil)
		wantReason(t, s, policy.InvalidToken, "POST / HTTP/1.1", appHost, "Cookie: "+cookies, "X-CSRF-Token: "+strings.Repeat("A", 66))
		if s.guard.metrics.Count(policy.DuplicateCookie, Report) != 1 {
			t.Errorf("%s: not reported", name)
		}
	}
}

// R105: where session cookies are named, the guard's own is one of them, whatever else
// speaks for the request.
func TestTheGuardsOwnSessionMustNotComeTwiceWhereSessionsAreNamed(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{SessionCookies: sid}, nil)
	set := http.Header{}
	token, err := s.guard.Token(set, httptest.NewRequest(http.MethodGet, "https://app.example/", nil))
	if err != nil {
		t.Fatal(err)
	}
	own, _, _ := strings.Cut(set.Get("Set-Cookie"), ";")
	once := []string{"POST / HTTP/1.1", appHost, "X-CSRF-Token: " + token, "Cookie: " + own}
	if res := s.send(t, once...); res.StatusCode != 200 {
		t.Fatalf("once: got %d", res.StatusCode)
	}
	twice := append(once[:3:3], "Cookie: "+own+"; __Host-mantlet-session=planted")
	wantReason(t, s, policy.DuplicateCookie, twice...)
	wantReason(t, s, policy.DuplicateCookie, append(twice, "Origin: https://app.example")...)
	wantReason(t, s, policy.DuplicateCookie, append([]string{get}, twice[1:]...)...)

	s = serve(t, true, policy.Rules{}, Options{SessionCookies: sid, ReportOnly: []Rule{RuleCookies}}, nil)
	if res := s.send(t, append(twice, "Origin: https://app.example")...); res.StatusCode != 200 || s.guard.metrics.Count(policy.DuplicateCookie, Report) != 1 {
		t.Errorf("in report: got %d, told %d times", res.StatusCode, s.guard.metrics.Count(policy.DuplicateCookie, Report))
	}
}

// FuzzHarden: hardening never loosens a cookie, names no other and never panics.
func FuzzHarden(f *testing.F) {
	f.Add("id=1; SameSite=None; Secure", true)
	f.Add("id=\x00; domain=a", false)
	c := newCookieRules(Options{SessionCookies: []string{"id"}, Cookies: Cookies{HostPrefix: []string{"p"}}})
	f.Fuzz(func(t *testing.T, line string, secure bool) {
		before := policy.ParseSetCookie(line)
		after := policy.ParseSetCookie(c.harden(line, secure))
		if before.Name == "" {
			return
		}
		if strings.TrimPrefix(after.Name, hostPrefix) != strings.TrimPrefix(before.Name, hostPrefix) || after.Value != before.Value {
			t.Errorf("%q became %+v", line, after)
		}
		if before.Secure && !after.Secure || before.HTTPOnly && !after.HTTPOnly || after.SameSite < before.SameSite || secure && !after.Secure {
			t.Errorf("%q was loosened to %+v", line, after)
		}
	})
}

func FuzzCookieHeader(f *testing.F) {
	f.Add("id=1; id=2")
	f.Add(`id="a; id=b", id`)
	f.Fuzz(func(t *testing.T, line string) {
		h := http.Header{"Cookie": {line}}
		if _, ok := cookieValue(h, "id"); ok && !strings.Contains(line, "id ") {
			if bare, _ := countCookie(h["Cookie"], "id="); bare == 0 {
				t.Errorf("%q: found and not counted", line)
			}
		}
	})
}
