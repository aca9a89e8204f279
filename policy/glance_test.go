package policy

import (
	"net/http"
	"net/url"
	"testing"
)

// rulesForGlance ask for everything that a Glance must leave to Decide, each alone.
var rulesForGlance = []Rules{
	{}, {Hosts: []string{"app.example"}}, {Hosts: []string{"https://app.example"}}, {Hosts: []string{"http://app.example:8080", "https://app.example:8443"}},
	{Hosts: []string{"https://app.example", "app.example"}}, {Hosts: []string{"APP.example", "[::1]", "other.example", "app.example:443", "app.example:8080"}},
	{Hosts: []string{"https://app.example/"}}, {TrustedOrigins: []string{"https://app.example"}}, {TrustedOrigins: []string{"https://evil.example", "null"}},
	{Strict: true}, {StrictPaths: []string{"/x"}}, {Exempt: []Exemption{{Path: "/x"}}}, {Sensitive: []string{"/x"}},
	{IsolateFrames: true}, {IsolateResources: true}, {AcceptReferer: true}, {SocketOrigins: []string{"https://evil.example"}},
	{Embedders: map[string][]string{"/": {"https://evil.example"}}},
}

// agree fails where a Glance is sure of what Decide sees differently.
func agree(t *testing.T, rules *Rules, glance *Glance, scheme string, r *http.Request) (sure bool) {
	d, sure := glance.Decide(scheme, r)
	if !sure {
		return false
	}
	var q Request
	rules.Take(&q, r)
	q.Scheme = scheme
	if want := rules.Decide(&q); d != want {
		t.Fatalf("%s %s://%s?%s HTTP/%d %v under %+v: %v at a glance, %v by all the facts", r.Method, scheme, r.Host, r.URL.RawQuery, r.ProtoMajor, r.Header, *rules, d, want)
	}
	return true
}

// Every combination of what matters: the shortcut loses no protection (goals G8 and G9).
func TestAGlanceAgrees(t *testing.T) {
	schemes := []string{"https", "http"}
	hosts := []string{"app.example", "app.example:443", "app.example:80", "app.example:8080", "app.example:8443", "APP.example", "[::1]", "a,b", ""}
	origins := [][]string{nil, {"https://app.example"}, {"http://app.example"}, {"https://app.example:443"}, {"http://app.example:8080"}, {"https://app.example:8443"},
		{"https://evil.example"}, {"null"}, {"https://app.example,https://evil.example"}, {"https://app.example", "https://evil.example"}, {"https://u@app.example"}}
	sites := [][]string{nil, {"same-origin"}, {"none"}, {"cross-site"}, {"same-site"}, {""}, {"same-origin,none"}, {"same-origin", "cross-site"}}
	others := []http.Header{nil, {"Upgrade": {"websocket"}}, {"X-Http-Method": {"DELETE"}}, {"X-Http-Method-Override": {"PUT"}}, {"X-Method-Override": {"get"}}, {"Host": {"evil.example"}},
		{"Cookie": {"s=1"}, "Referer": {"https://evil.example/"}}, {"Sec-Fetch-Dest": {"iframe"}, "Sec-Fetch-Mode": {"navigate"}}}
	sure := 0
	for _, rules := range rulesForGlance {
		glance := rules.Glance()
		for _, method := range []string{"GET", "OPTIONS", "POST", "post", "CONNECT"} {
			for _, scheme := range schemes {
				for _, host := range hosts {
					for i, other := range others {
						for _, site := range sites {
							for _, origin := range origins {
								header := other.Clone()
								if header == nil {
									header = http.Header{}
								}
								if site != nil {
									header[headerFetchSite] = site
								}
								if origin != nil {
									header[headerOrigin] = origin
								}
								r := &http.Request{Method: method, Host: host, Header: header, ProtoMajor: 1 + i%2, URL: &url.URL{Path: "/x"}}
								if agree(t, &rules, glance, scheme, r) {
									sure++
								}
							}
						}
					}
				}
			}
		}
	}
	if sure == 0 {
		t.Error("it was never sure")
	}
}

// What it is there for, and what it must look at twice.
func TestWhatAGlanceIsSureOf(t *testing.T) {
	declared := Rules{Hosts: []string{"other.example", "https://app.example"}}
	for _, test := range []struct {
		name   string
		rules  Rules
		method string
		query  string
		header http.Header
		want   Reason // "" where it is not sure
	}{
		{"a page", Rules{}, "GET", "", nil, SafeMethod},
		{"a page of a declared host", declared, "GET", "id=1", http.Header{"Sec-Fetch-Site": {"cross-site"}}, SafeMethod},
		{"an own form", Rules{}, "POST", "", http.Header{"Origin": {"https://app.example"}, "Sec-Fetch-Site": {"same-origin"}}, SameOrigin},
		{"an own form at a declared host", declared, "POST", "", http.Header{"Origin": {"https://app.example"}, "Sec-Fetch-Site": {"same-origin"}}, SameOrigin},
		{"an own form of an older browser", Rules{}, "POST", "", http.Header{"Origin": {"https://app.example"}}, OwnOrigin},
		{"a forged form", Rules{}, "POST", "", http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}, CrossSite},
		{"an overridden method", Rules{}, "GET", "", http.Header{"X-Http-Method-Override": {"POST"}}, ""},
		{"an overridden method in the query", Rules{}, "GET", "_method=POST", nil, ""},
		{"a socket", Rules{}, "GET", "", http.Header{"Upgrade": {"websocket"}}, ""},
		{"an origin that contradicts", Rules{}, "POST", "", http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"same-origin"}}, ""},
		{"a trusted origin", Rules{TrustedOrigins: []string{"https://evil.example"}}, "POST", "", http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}, ""},
		{"another host", Rules{Hosts: []string{"other.example"}}, "GET", "", nil, ""},
		{"a token is asked for", Rules{Strict: true}, "POST", "", http.Header{"Origin": {"https://app.example"}, "Sec-Fetch-Site": {"same-origin"}}, ""},
	} {
		r := &http.Request{Method: test.method, Host: "app.example", Header: test.header, ProtoMajor: 1, URL: &url.URL{Path: "/x", RawQuery: test.query}}
		glance := test.rules.Glance()
		if d, sure := glance.Decide("https", r); sure != (test.want != "") || sure && d.Reason != test.want {
			t.Errorf("%s: got %v, sure %v", test.name, d, sure)
		}
		if n := testing.AllocsPerRun(100, func() { glance.Decide("https", r) }); n != 0 {
			t.Errorf("%s: %v allocations", test.name, n)
		}
		agree(t, &test.rules, glance, "https", r)
	}
}

// FuzzAGlanceAgrees: a shortcut must never lead elsewhere.
func FuzzAGlanceAgrees(f *testing.F) {
	f.Add("POST", "app.example", "https://app.example", "same-origin", "", "", "a=b", 2, true)
	f.Add("GET", "app.example:8080", "", "none", "websocket", "PUT", "_method=PUT", 5, false)
	f.Fuzz(func(t *testing.T, method, host, origin, site, upgrade, override, query string, which int, tls bool) {
		header := http.Header{}
		for name, value := range map[string]string{headerOrigin: origin, headerFetchSite: site, headerUpgrade: upgrade, methodOverrides[0]: override} {
			if value != "" {
				header[name] = []string{value}
			}
		}
		rules := rulesForGlance[uint(which)%uint(len(rulesForGlance))]
		if which < 0 {
			rules = Rules{Hosts: []string{host, "https://" + host}}
		}
		r := &http.Request{Method: method, Host: host, Header: header, ProtoMajor: 1, URL: &url.URL{Path: "/x", RawQuery: query}}
		agree(t, &rules, rules.Glance(), map[bool]string{true: "https", false: "http"}[tls], r)
	})
}
