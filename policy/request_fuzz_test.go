package policy

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzJudgeNeverLaxer holds Judge against the standard library: what that
// refuses, we refuse, given the same trusted origins. Left out is the one place
// where we are laxer on purpose: a Host in upper case or with its default port.
func FuzzJudgeNeverLaxer(f *testing.F) {
	f.Add("POST", "app.example", "https://app.example", "same-origin", "", "websocket", "s=1", false)
	f.Add("GET", "app.example", "null", "cross-site", "https://app.example/", "", "", true)
	f.Add("PUT", "app.example:8443", "https://trusted.example", "", "", "", "s=1", true)
	f.Add("POST", "app.example", "http://app.example", "none", "", "", "", false)
	f.Add("post", "[::1]:80", "http://[::1]", "same-site", "", "", "", false)
	f.Fuzz(func(t *testing.T, method, host, origin, site, referer, upgrade, cookie string, tls bool) {
		scheme := map[bool]string{true: "https", false: "http"}[tls]
		own, err := OriginOfURL(scheme + "://" + host)
		if err != nil || own.String() != scheme+"://"+host {
			t.Skip("not a Host as browsers write it")
		}
		q := Request{Scheme: scheme, Host: host, Method: method, Path: "/x", Token: TokenValid, Header: http.Header{}}
		for name, value := range map[string]string{
			"Origin": origin, "Sec-Fetch-Site": site, "Referer": referer, "Upgrade": upgrade, "Cookie": cookie,
		} {
			if value != "" {
				q.Header.Set(name, value)
			}
		}
		rules := Rules{TrustedOrigins: []string{"https://trusted.example"}, AcceptReferer: true}
		d := rules.Judge(q)
		if d.Reason.Explain() == "" {
			t.Fatalf("%+v: unexplained reason %q", q, d.Reason)
		}
		library := http.NewCrossOriginProtection()
		if err := library.AddTrustedOrigin("https://trusted.example"); err != nil {
			t.Fatal(err)
		}
		r := &http.Request{Method: method, Host: host, Header: q.Header, URL: &url.URL{Path: "/x"}}
		if err := library.Check(r); err != nil && d.Allowed {
			t.Fatalf("%+v: the library refuses (%v), we allow (%s)", q, err, d.Reason)
		}
	})
}

// FuzzJudgeStricterRules holds: asking for more in the rules never allows more.
func FuzzJudgeStricterRules(f *testing.F) {
	f.Add("POST", "/pay", "Origin: https://app.example\nCookie: s=1", 0)
	f.Add("GET", "/admin/../x?_method=PUT", "Sec-Fetch-Site: cross-site\nSec-Fetch-Dest: iframe", 1)
	f.Fuzz(func(t *testing.T, method, path, lines string, token int) {
		h, err := ParseHeaderLines(strings.Split(lines, "\n"))
		if err != nil {
			t.Skip("no header")
		}
		path, query, _ := strings.Cut(path, "?")
		q := Request{Scheme: "https", Host: "app.example", Method: method, Path: path, Query: query, Header: h, Token: TokenState(token)}
		d := Rules{}.Judge(q)
		if d.Allowed {
			return
		}
		for _, stricter := range []Rules{
			{Strict: true}, {StrictPaths: []string{"/pay"}}, {Sensitive: []string{"/admin"}},
			{IsolateFrames: true}, {IsolateResources: true}, {Hosts: []string{"app.example"}},
		} {
			if s := stricter.Judge(q); s.Allowed {
				t.Fatalf("%+v: refused (%s), but allowed (%s) by %+v", q, d.Reason, s.Reason, stricter)
			}
		}
	})
}

// FuzzParseRules holds: nothing panics, and what parses validates.
func FuzzParseRules(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `{"hosts":["a"],"strict":true}`, `{"exempt":["POST /a",{"path":"/b"}]}`,
		`{"embedders":{"/":["self"]},"referer":"accept"}`, `{"origins":"https://a.example","x":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseRules(data)
		if err != nil {
			return
		}
		if err := r.Validate(); err != nil {
			t.Fatalf("%q parses and does not validate: %v", data, err)
		}
		r.Judge(Request{Scheme: "https", Host: "a", Method: "POST", Path: "/a"})
	})
}
