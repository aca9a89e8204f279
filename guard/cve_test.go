package guard

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// What went wrong elsewhere must not go wrong here, through a real server with TLS:
// two of these bugs hid behind tests that never had one.
func TestWhatWentWrongElsewhere(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"CVE-2025-24358, CVE-2025-46721: the scheme is that of the connection":      schemeOfConnection,
		"CVE-2025-47909: trusted origins have a scheme":                             trustedScheme,
		"CVE-2025-47910: exempt is the path that is served":                         exemptPath,
		"golang/go#78563: Origin has no user":                                       originGrammar,
		"CVE-2023-45128, CVE-2023-45141: a token of the attacker's own":             plantedToken,
		"CVE-2025-66630: tokens cannot be guessed":                                  unpredictableTokens,
		"CVE-2024-38513: a session id that the client chose":                        chosenSession,
		"CVE-2023-29003, CVE-2024-43787, CVE-2024-48913: content types decide not":  contentTypes,
		"CVE-2026-27978: null is an origin":                                         nullOrigin,
		"CVE-2026-27977: a WebSocket is opened by somebody":                         socketOrigin,
		"Next.js 92703: a malformed Origin is refused, not an error":                malformedOrigin,
		"CVE-2024-25124: everybody with credentials":                                wildcardCredentials,
		"CVE-2026-69207: endless Access-Control-Request-Headers":                    endlessRequestHeaders,
		"CVE-2026-67990, CVE-2026-67993: logging in is a change":                    loginForgery,
		"CVE-2026-25765: a path that looks like a host":                             authorityPath,
		"CVE-2020-8166: one token gives no other":                                   derivedTokens,
		"CVE-2016-7401: two readings of a cookie header":                            cookieReadings,
		"kubetail 1155, 1158: plain http works, invented values do not":             plainHTTP,
		"Envoy: what is reported is counted, all of it":                             shadowCounts,
		"DNS rebinding: Origin equals Host, and both are another's":                 rebinding,
		"teleport 62476: a handshake is unsafe although GET is not":                 socketOrigin,
		"starlette-csrf, APISIX: equal values prove nothing":                        equalValues,
		"Traefik 5538: headers survive errors, redirects and what the app sets too": headersSurvive,
	} {
		t.Run(name, test)
	}
}

func victim(lines ...string) []string {
	return append([]string{"POST /pay HTTP/1.1", appHost, "Cookie: sid=victim"}, lines...)
}

func wantReason(t *testing.T, s *site, want policy.Reason, lines ...string) {
	t.Helper()
	before := s.served.Load()
	res := s.send(t, lines...)
	if got := reasonOf(t, res); got != want || (want == "") != (s.served.Load() > before) {
		t.Errorf("%q: got %d %q, want %q", lines, res.StatusCode, got, want)
	}
	mustBeGuarded(t, lines[0], res.Header)
}

func schemeOfConnection(t *testing.T) {
	s := serve(t, true, policy.Rules{AcceptReferer: true}, Options{}, nil)
	wantReason(t, s, policy.InsecureOrigin, victim("Origin: http://app.example")...)
	wantReason(t, s, policy.ForeignReferer, victim("Referer: http://app.example/")...)
	wantReason(t, s, "", victim("Referer: https://app.example/")...)
	wantReason(t, s, policy.InsecureOrigin, "POST https://app.example/pay HTTP/1.1", appHost, "Cookie: sid=victim", "Origin: http://app.example")
}

func trustedScheme(t *testing.T) {
	s := serve(t, true, policy.Rules{TrustedOrigins: []string{"https://trusted.example"}}, Options{}, nil)
	wantReason(t, s, "", victim("Origin: https://trusted.example")...)
	wantReason(t, s, policy.ForeignOrigin, victim("Origin: http://trusted.example")...)
	wantReason(t, s, policy.ForeignOrigin, victim("Origin: https://trusted.example:8443")...)
}

func exemptPath(t *testing.T) {
	s := serve(t, true, policy.Rules{Exempt: []policy.Exemption{{Path: "/hook/"}}}, Options{}, nil)
	wantReason(t, s, "", "POST /hook/ HTTP/1.1", appHost, "Origin: https://evil.example")
	for _, path := range []string{"/hook", "/x/../hook/", "/./hook/", "//hook/", "/hook/%2e", "/%68ook/", "/hook/x", "/hook/../pay", "/hook/;x"} {
		wantReason(t, s, policy.ForeignOrigin, "POST "+path+" HTTP/1.1", appHost, "Origin: https://evil.example")
	}
}

func originGrammar(t *testing.T) {
	s := serve(t, true, policy.Rules{TrustedOrigins: []string{"https://trusted.example"}}, Options{}, nil)
	for _, origin := range []string{"https://evil.example@app.example", "https://app.example@evil.example", "https://user@trusted.example", "https://app.example:443",
		"https://app.example/", "https://app.example?", "https://app.example#", "HTTPS://app.example", "https://app.example:", "https:app.example"} {
		wantReason(t, s, policy.MalformedOrigin, victim("Origin: "+origin)...)
	}
}

func plantedToken(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{SessionCookies: sid}, nil)
	theirs := tokenFor(t, s.guard, "sid=attacker")
	wantReason(t, s, policy.InvalidToken, victim("X-CSRF-Token: "+theirs)...)
	wantReason(t, s, policy.InvalidToken, append(victim("X-CSRF-Token: "+theirs), "Cookie: csrf_token="+theirs)...)
	wantReason(t, s, "", victim("X-CSRF-Token: "+tokenFor(t, s.guard, "sid=victim"))...)
}

func unpredictableTokens(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{SessionCookies: sid}, nil)
	seen := map[string]bool{}
	for range 2000 {
		seen[tokenFor(t, s.guard, "sid=victim")] = true
	}
	if len(seen) != 2000 {
		t.Errorf("%d different ones of 2000", len(seen))
	}
	other := serve(t, true, policy.Rules{}, Options{SessionCookies: sid}, nil)
	wantReason(t, s, policy.InvalidToken, victim("X-CSRF-Token: "+tokenFor(t, other.guard, "sid=victim"))...)
}

func chosenSession(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{}, nil)
	for _, chosen := range []string{"attacker", strings.Repeat("A", 66), ""} {
		r := httptest.NewRequest("GET", "https://app.example/", nil)
		r.Header.Set("Cookie", hostPrefix+sessionName+"="+chosen)
		h := http.Header{}
		if _, err := s.guard.Token(h, r); err != nil || strings.HasPrefix(h.Get("Set-Cookie"), hostPrefix+sessionName+"="+chosen+";") || h.Get("Set-Cookie") == "" {
			t.Errorf("%q was adopted: %v", chosen, h)
		}
	}
}

func contentTypes(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{}, nil)
	for _, kind := range []string{"text/plain", "TEXT/PLAIN", "application/x-www-form-urlencoded; charset=utf-8", "Application/X-WWW-Form-UrlEncoded", "multipart/form-data",
		"application/json", "application/json ; x", ";", "text/plain, application/json", "image/png", ""} {
		lines := victim("Sec-Fetch-Site: cross-site", "Origin: https://evil.example")
		if kind != "" {
			lines = append(lines, "Content-Type: "+kind)
		}
		wantReason(t, s, policy.CrossSite, append(lines, "", "a=1")...)
	}
}

func nullOrigin(t *testing.T) {
	s := serve(t, true, policy.Rules{AcceptReferer: true}, Options{}, nil)
	wantReason(t, s, policy.NullOrigin, victim("Origin: null")...)
	wantReason(t, s, policy.NullOrigin, victim("Origin: null", "Referer: https://app.example/")...)
	wantReason(t, s, policy.CrossSite, victim("Origin: null", "Sec-Fetch-Site: cross-site")...)
}

func socketOrigin(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{}, nil)
	socket := []string{"GET /hmr HTTP/1.1", appHost, "Upgrade: websocket", "Connection: Upgrade, close", "Cookie: sid=victim"}
	wantReason(t, s, policy.ForeignOrigin, append(socket, "Origin: https://evil.example")...)
	wantReason(t, s, policy.MissingOrigin, socket...)
	wantReason(t, s, "", append(socket, "Origin: https://app.example")...)
}

func malformedOrigin(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{}, nil)
	for _, origin := range []string{"https://[", "://", "%", "https://%zz", "https://a b", "\x80", "https://[::1", "https://a:99999", "https://:1", strings.Repeat("a", 9000)} {
		wantReason(t, s, policy.MalformedOrigin, victim("Origin: "+origin)...)
	}
	wantReason(t, s, policy.MalformedOrigin, victim("Origin:")...)
}

func wildcardCredentials(t *testing.T) {
	if _, err := New(policy.Rules{}, Options{CORS: &CORS{Origins: []string{"*"}, Credentials: true}}); err == nil {
		t.Error("taken")
	}
	s := serve(t, true, policy.Rules{}, Options{CORS: &CORS{Origins: []string{"*"}}}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	}))
	if h := s.send(t, get, appHost, "Origin: https://evil.example").Header; h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("got %v", h)
	}
}

func endlessRequestHeaders(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{CORS: &CORS{Origins: []string{"https://spa.example"}, Headers: []string{"x-a"}}}, nil)
	for _, value := range []string{strings.Repeat("a,", 200000), strings.Repeat(",", 400000), strings.Repeat(" ", 400000) + "x", strings.Repeat("x-a ,", 80000)} {
		begin := time.Now()
		wantReason(t, s, policy.PreflightRefused, "OPTIONS / HTTP/1.1", appHost, "Origin: https://spa.example", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: x-a,"+value+"z")
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
	}
}

func loginForgery(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{SessionCookies: sid}, nil)
	login := []string{"POST /login HTTP/1.1", appHost, "Content-Type: application/x-www-form-urlencoded"}
	wantReason(t, s, policy.ForeignOrigin, append(login, "Origin: https://evil.example", "", "user=attacker")...)
	wantReason(t, s, policy.CrossSite, append(login, "Sec-Fetch-Site: cross-site", "", "user=attacker")...)
	wantReason(t, s, policy.ForeignReferer, append(login, "Referer: https://evil.example/", "", "user=attacker")...)
}

func authorityPath(t *testing.T) {
	s := behind(t, true, policy.Rules{Hosts: []string{"app.example"}}, Options{}, ProxyOptions{}, echo)
	for target, want := range map[string]string{"//evil.example/x": "GET //evil.example/x host=app.example", "/\\evil.example": `GET /%5Cevil.example host=app.example`} {
		if got := text(t, s.send(t, "GET "+target+" HTTP/1.1", appHost)); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s", target, got)
		}
	}
	if res := s.send(t, "GET http://evil.example/ HTTP/1.1", appHost); res.StatusCode != 421 {
		t.Errorf("a full address of another host: %d", res.StatusCode)
	}
}

func derivedTokens(t *testing.T) {
	s := serve(t, true, policy.Rules{Strict: true}, Options{SessionCookies: sid, Tokens: Tokens{Actions: NewMemoryTokens(10, nil)}}, nil)
	r := httptest.NewRequest("GET", "https://app.example/", nil)
	r.Header.Set("Cookie", "sid=victim")
	action, err := s.guard.ActionToken(http.Header{}, r, Action{Name: "pay"}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, s, policy.InvalidToken, append(victim("Origin: https://app.example"), "X-CSRF-Token: "+action)...)
	if d := s.guard.TakeAction(r, tokenFor(t, s.guard, "sid=victim"), Action{Name: "pay"}); d.Allowed {
		t.Error("a page's token is good for an action")
	}
}

func cookieReadings(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{SessionCookies: sid}, nil)
	for _, cookie := range []string{"sid=a; sid=b", "ga=x, sid=b; sid=a", `ga="x; sid=b"; sid=a`, "sid=a;sid=b", "sid=a\tsid=b"} {
		wantReason(t, s, policy.DuplicateCookie, "POST / HTTP/1.1", appHost, "Origin: https://app.example", "Cookie: "+cookie)
	}
	wantReason(t, s, policy.InvalidToken, "POST / HTTP/1.1", appHost, "Cookie: ga=]sid=planted", "X-CSRF-Token: "+tokenFor(t, s.guard, "sid=planted"))
}

func plainHTTP(t *testing.T) {
	s := serve(t, false, policy.Rules{}, Options{}, nil)
	wantReason(t, s, "", victim("Origin: http://app.example")...)
	wantReason(t, s, policy.UnknownFetchSite, victim("Origin: http://app.example", "Sec-Fetch-Site: same_origin")...)
	wantReason(t, s, policy.UnknownFetchSite, victim("Origin: http://app.example", "Sec-Fetch-Site:")...)
}

func shadowCounts(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{ReportOnly: []Rule{RuleForgery}}, nil)
	for range 50 {
		s.send(t, victim("Origin: https://evil.example")...)
	}
	if n := s.guard.metrics.Count(policy.ForeignOrigin, Report); n != 50 || s.served.Load() != 50 {
		t.Errorf("%d counted, %d served", n, s.served.Load())
	}
}

func rebinding(t *testing.T) {
	s := serve(t, true, policy.Rules{Hosts: []string{"app.example"}}, Options{}, nil)
	wantReason(t, s, policy.HostNotAllowed, "POST / HTTP/1.1", "Host: evil.example", "Origin: https://evil.example", "Sec-Fetch-Site: same-origin")
	wantReason(t, s, policy.HostNotAllowed, "GET / HTTP/1.1", "Host: evil.example")
	wantReason(t, s, policy.HostNotAllowed, "GET / HTTP/1.1", "Host: app.example.evil.example")
	wantReason(t, s, "", "GET / HTTP/1.1", "Host: APP.example:443")
}

func equalValues(t *testing.T) {
	s := serve(t, true, policy.Rules{Strict: true}, Options{SessionCookies: sid}, nil)
	for _, value := range []string{"a", fmt.Sprintf("%066d", 1), tokenFor(t, s.guard, "sid=attacker")} {
		wantReason(t, s, policy.InvalidToken, "POST / HTTP/1.1", appHost, "Origin: https://app.example", "Cookie: sid=victim; csrf_token="+value, "X-CSRF-Token: "+value)
	}
}

func headersSurvive(t *testing.T) {
	s := serve(t, true, policy.Rules{}, Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(xfo, "ALLOWALL")
		w.Header().Set(csp, "frame-ancestors *")
		http.Error(w, "x", 500)
	}))
	mustBeGuarded(t, "set otherwise", s.send(t, get, appHost).Header)
}
