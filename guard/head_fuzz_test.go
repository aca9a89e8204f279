package guard

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/policy"
)

// FuzzRequestHead: whatever the lines of a request say, the answer is guarded, shared
// with nobody but who is listed, and no foreign page's deed comes to the application.
func FuzzRequestHead(f *testing.F) {
	for _, kind := range []string{"application/json", "text/plain", "multipart/form-data; boundary=B"} {
		f.Add("POST", "/api/x", "https://evil.example", "cross-site", "sid=1", kind, "", "", "https")
		f.Add("OPTIONS", "/", "https://spa.example", "", "", kind, "PUT", "content-type, x-y", "")
	}
	f.Add("GET", "/", "", "same-origin", "sid=1; sid=2", "", "", "", "http")
	g, err := New(policy.Rules{Hosts: []string{"https://app.example"}, IsolateFrames: true, StrictPaths: []string{"/strict"}}, Options{
		SessionCookies: sid, JSONPaths: []string{"/api"}, Cookies: Cookies{HostPrefix: sid},
		CORS:       &CORS{Origins: []string{"https://spa.example"}, Methods: []string{"PUT"}, Headers: []string{"Content-Type"}, Credentials: true},
		Principals: Principals{PrincipalHeader: PrincipalHeader{Name: "X-User"}},
		Transport:  Transport{Redirect: true, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, method, target, origin, site, cookie, kind, asked, askedHeaders, proto string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Method, r.Host, r.TLS = method, "app.example", nil
		r.URL.Path, r.URL.RawPath = target, target
		for name, value := range map[string]string{"Origin": origin, "Sec-Fetch-Site": site, "Cookie": cookie, "Content-Type": kind, "X_user": cookie,
			"Access-Control-Request-Method": asked, "Access-Control-Request-Headers": askedHeaders, "X-Forwarded-Proto": proto} {
			if value != "" {
				r.Header[name] = []string{value}
			}
		}
		reached := false
		w := httptest.NewRecorder()
		g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			reached = true
			if r.Header["X_user"] != nil {
				t.Errorf("a client's word for its user came through")
			}
		})).ServeHTTP(w, r)
		mustBeGuarded(t, method+" "+target, w.Header())
		if to := w.Header().Get("Access-Control-Allow-Origin"); to != "" && to != "https://spa.example" {
			t.Errorf("shared with %q", to)
		}
		foreign := origin != "" && !strings.EqualFold(strings.TrimSuffix(origin, ":443"), "https://app.example")
		if safe := method == "GET" || method == "HEAD" || method == "OPTIONS"; reached && !safe && cookie != "" && (foreign || site == "cross-site") {
			t.Errorf("%s %s of %q, %q reached the application: %d", method, target, origin, site, w.Code)
		}
	})
}
