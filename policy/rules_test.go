package policy

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// headers writes a header from "Name: value" lines.
func headers(t *testing.T, lines ...string) http.Header {
	t.Helper()
	h, err := ParseHeaderLines(lines)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// The battery is 32 shapes of requests that guards are known to disagree on. The
// site is https://app.example.com; https://trusted.example is trusted.
func TestJudgeBattery(t *testing.T) {
	rules := Rules{TrustedOrigins: []string{"https://trusted.example"}}
	const cookie, own = "Cookie: session=1", "Origin: https://app.example.com"
	for i, tt := range []struct {
		name    string
		request Request
		lines   []string
		want    Reason
		allowed bool
	}{
		{"same-origin with its own Origin", Request{}, []string{"Sec-Fetch-Site: same-origin", own}, SameOrigin, true},
		{"user-initiated", Request{}, []string{"Sec-Fetch-Site: none", own}, UserInitiated, true},
		{"cross-site with a foreign Origin", Request{}, []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, CrossSite, false},
		{"cross-site with the own Origin", Request{}, []string{"Sec-Fetch-Site: cross-site", own}, Contradiction, false},
		{"cross-site and nothing else", Request{}, []string{"Sec-Fetch-Site: cross-site"}, CrossSite, false},
		{"same-site sibling", Request{}, []string{"Sec-Fetch-Site: same-site", "Origin: https://sub.example.com"}, SameSiteOnly, false},
		{"cross-site from a trusted origin", Request{}, []string{"Sec-Fetch-Site: cross-site", "Origin: https://trusted.example"}, TrustedOrigin, true},
		{"a fetch site nobody sends", Request{}, []string{"Sec-Fetch-Site: friendly", own}, UnknownFetchSite, false},
		{"two fetch sites", Request{}, []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, AmbiguousHeader, false},
		{"no evidence at all", Request{}, nil, MissingToken, false},
		{"own Origin only", Request{}, []string{own}, OwnOrigin, true},
		{"own Origin over http", Request{}, []string{"Origin: http://app.example.com"}, InsecureOrigin, false},
		{"own Origin with its default port", Request{}, []string{"Origin: https://app.example.com:443"}, MalformedOrigin, false},
		{"upper-case Host", Request{Host: "APP.EXAMPLE.COM"}, []string{own}, OwnOrigin, true},
		{"Host with its default port", Request{Host: "app.example.com:443"}, []string{own}, OwnOrigin, true},
		{"foreign Origin only", Request{}, []string{"Origin: https://evil.example"}, ForeignOrigin, false},
		{"null Origin only", Request{}, []string{"Origin: null"}, NullOrigin, false},
		{"null Origin with an own Referer", Request{}, []string{"Origin: null", "Referer: https://app.example.com/"}, NullOrigin, false},
		{"Origin that ends like the own", Request{}, []string{"Origin: https://app.example.com.evil.example"}, ForeignOrigin, false},
		{"Origin with userinfo", Request{}, []string{"Origin: https://user@app.example.com"}, MalformedOrigin, false},
		{"Origin with a path", Request{}, []string{"Origin: https://app.example.com/x"}, MalformedOrigin, false},
		{"two Origins", Request{}, []string{own, "Origin: https://evil.example"}, AmbiguousHeader, false},
		{"trusted host over http", Request{}, []string{"Origin: http://trusted.example"}, ForeignOrigin, false},
		{"own Referer only", Request{}, []string{"Referer: https://app.example.com/form"}, MissingToken, false},
		{"foreign Referer only", Request{}, []string{"Referer: https://evil.example/"}, ForeignReferer, false},
		{"own Referer over http", Request{}, []string{"Referer: http://app.example.com/"}, ForeignReferer, false},
		{"lower-case method", Request{Method: "post"}, []string{"Sec-Fetch-Site: cross-site"}, CrossSite, false},
		{"PROPFIND", Request{Method: "PROPFIND"}, []string{"Sec-Fetch-Site: cross-site"}, CrossSite, false},
		{"TRACE", Request{Method: "TRACE"}, []string{"Sec-Fetch-Site: cross-site"}, MethodNotAllowed, false},
		{"cross-site link", Request{Method: "GET"}, []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, SafeMethod, true},
		{"cross-site GET that overrides its method", Request{Method: "GET"}, []string{"Sec-Fetch-Site: cross-site", "X-HTTP-Method-Override: DELETE"}, CrossSite, false},
		{"cross-site WebSocket", Request{Method: "GET"}, []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, ForeignOrigin, false},
	} {
		q := tt.request
		q.Scheme, q.Header = "https", headers(t, append(tt.lines, cookie)...)
		if q.Host == "" {
			q.Host = "app.example.com"
		}
		if q.Method == "" {
			q.Method = "POST"
		}
		if got := rules.Judge(q); got.Reason != tt.want || got.Allowed != tt.allowed {
			t.Errorf("%d, %s: got %+v, want %s", i+1, tt.name, got, tt.want)
		}
	}
}

func TestJudgeWithDeclaredRules(t *testing.T) {
	const own, cookie = "Origin: https://app.example", "Cookie: s=1"
	for _, tt := range []struct {
		name  string
		rules string
		q     Request
		lines []string
		want  Reason
	}{
		{"an unknown host is refused even for GET", `{"hosts":"app.example"}`, Request{Method: "GET", Host: "rebound.evil.example"}, nil, HostNotAllowed},
		{"a bare host stands for any port", `{"hosts":["app.example"]}`, Request{Method: "GET", Host: "app.example:8443"}, nil, SafeMethod},
		{"a host with a port only for that", `{"hosts":["app.example:8443"]}`, Request{Method: "GET"}, nil, HostNotAllowed},
		{"a declared origin knows the scheme better than the proxy's connection", `{"hosts":["https://app.example"]}`, Request{Scheme: "http"}, []string{own, cookie}, OwnOrigin},
		{"no host is no host", `{}`, Request{Method: "GET", Host: "\x00"}, nil, HostNotAllowed},
		{"an exempt path is let through", `{"exempt":[{"method":"POST","path":"/hook"}]}`, Request{Path: "/hook"}, []string{"Sec-Fetch-Site: cross-site", cookie}, Exempt},
		{"for its method only", `{"exempt":["PUT /hook"]}`, Request{Path: "/hook"}, []string{"Sec-Fetch-Site: cross-site"}, CrossSite},
		{"and not for what a router would clean into it", `{"exempt":["/hook"]}`, Request{Path: "/x/../hook"}, []string{"Sec-Fetch-Site: cross-site"}, CrossSite},
		{"nor below it", `{"exempt":["/hook"]}`, Request{Path: "/hook/x"}, []string{"Sec-Fetch-Site: cross-site"}, CrossSite},
		{"strict wants a token on top", `{"strict":true}`, Request{}, []string{"Sec-Fetch-Site: same-origin", cookie}, MissingToken},
		{"and takes one", `{"token_required":true}`, Request{Token: TokenValid}, []string{"Sec-Fetch-Site: same-origin", cookie}, ValidToken},
		{"not without credentials", `{"strict":true}`, Request{}, []string{"Sec-Fetch-Site: same-origin"}, SameOrigin},
		{"strict by path", `{"strict":["/pay"]}`, Request{Path: "/pay/now", Token: TokenInvalid}, []string{own, cookie}, InvalidToken},
		{"and not elsewhere", `{"strict":["/pay"]}`, Request{Path: "/payment"}, []string{own, cookie}, OwnOrigin},
		{"a token never outweighs a foreign origin", `{}`, Request{Token: TokenValid}, []string{"Origin: https://evil.example", cookie}, ForeignOrigin},
		{"a token decides where evidence is missing", `{}`, Request{Token: TokenValid}, []string{cookie}, ValidToken},
		{"no credentials, nothing to ride on", `{}`, Request{}, []string{"Authorization: Bearer x"}, NoCredentials},
		{"basic credentials are ambient", `{}`, Request{}, []string{"Authorization: basic eA=="}, MissingToken},
		{"so is a client certificate", `{}`, Request{ClientCertificate: true}, nil, MissingToken},
		{"an own Referer counts where the owner says so", `{"referer":"accept"}`, Request{}, []string{"Referer: https://app.example/x", cookie}, OwnReferer},
		{"a sensitive path is checked for GET", `{"sensitive":["/admin"]}`, Request{Method: "GET", Path: "/a/..%2fadmin/drop"}, []string{"Sec-Fetch-Site: cross-site"}, CrossSite},
		{"a question mark: with a query only", `{"sensitive":["/currency?"]}`, Request{Method: "GET", Path: "/currency", Query: "set=GBP"}, []string{"Sec-Fetch-Site: cross-site"}, CrossSite},
		{"so the page itself is linked to", `{"sensitive":["/currency?"]}`, Request{Method: "GET", Path: "/currency"}, []string{"Sec-Fetch-Site: cross-site"}, SafeMethod},
		{"and the site's own link works", `{"sensitive":["/currency?"]}`, Request{Method: "GET", Path: "/currency", Query: "set=GBP"}, []string{"Sec-Fetch-Site: same-origin", cookie}, SameOrigin},
		{"a segment in braces is any one", `{"sensitive":["/notes/{id}/drop"]}`, Request{Method: "GET", Path: "/notes/7/drop"}, []string{"Sec-Fetch-Site: cross-site"}, CrossSite},
		{"even written in another way", `{"sensitive":["/notes/{id}/drop"]}`, Request{Method: "GET", Path: "/x/../notes//7/%64rop"}, []string{"Sec-Fetch-Site: same-site"}, SameSiteOnly},
		{"not two, and not none", `{"sensitive":["/notes/{id}/drop"]}`, Request{Method: "GET", Path: "/notes/drop"}, []string{"Sec-Fetch-Site: cross-site"}, SafeMethod},
		{"same-origin with a foreign Origin is nobody's browser", `{}`, Request{}, []string{"Sec-Fetch-Site: same-origin", "Origin: https://evil.example"}, Contradiction},
		{"same-origin with a null Origin is a no-referrer page", `{}`, Request{}, []string{"Sec-Fetch-Site: same-origin", "Origin: null", cookie}, SameOrigin},
		{"a frame is refused before it is shown", `{"isolate_frames":true}`, Request{Method: "GET"}, []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Dest: iframe"}, CrossSiteFrame},
		{"unless somebody may embed it", `{"isolate_frames":true,"embedders":{"/widget":["https://partner.example"]}}`, Request{Method: "GET", Path: "/widget/1"}, []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Dest: iframe"}, SafeMethod},
		{"a form inside a frame is refused", `{"isolate_frames":true}`, Request{}, []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Dest: iframe", own, cookie}, FramedSubmission},
		{"a foreign image of ours is refused", `{"isolate_resources":true}`, Request{Method: "GET"}, []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, CrossSiteResource},
		{"the override may also be a field of the query", `{}`, Request{Method: "GET", Query: "a=1&_method=DELETE"}, []string{"Sec-Fetch-Site: cross-site"}, CrossSite},
		{"overriding into a safe method is safe", `{}`, Request{Method: "GET"}, []string{"X-HTTP-Method: HEAD", "Sec-Fetch-Site: cross-site"}, SafeMethod},
		{"a header's Host that differs is ambiguous", `{}`, Request{}, []string{"Host: evil.example"}, AmbiguousHeader},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rules, err := ParseRules([]byte(tt.rules))
			if err != nil {
				t.Fatal(err)
			}
			q := withDefaults(tt.q)
			q.Header = headers(t, tt.lines...)
			if got := rules.Judge(q); got.Reason != tt.want {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
		})
	}
}

func withDefaults(q Request) Request {
	if q.Scheme == "" {
		q.Scheme = "https"
	}
	if q.Host == "" {
		q.Host = "app.example"
	}
	if q.Method == "" {
		q.Method = "POST"
	}
	return q
}

func TestJudgeHandshake(t *testing.T) {
	rules := Rules{SocketOrigins: []string{"https://partner.example"}, TrustedOrigins: []string{"https://trusted.example"}}
	for _, tt := range []struct {
		name  string
		q     Request
		lines []string
		want  Reason
	}{
		{"the site itself", Request{Scheme: "wss"}, []string{"Origin: https://app.example", "Cookie: s=1"}, OwnOrigin},
		{"its unencrypted twin", Request{Scheme: "wss"}, []string{"Origin: http://app.example"}, InsecureOrigin},
		{"another port", Request{}, []string{"Origin: https://app.example:8443"}, ForeignOrigin},
		{"a listed origin", Request{}, []string{"Origin: https://partner.example", "Cookie: s=1"}, SocketOrigin},
		{"trusted for requests is not trusted for sockets", Request{}, []string{"Origin: https://trusted.example"}, ForeignOrigin},
		{"a sandboxed frame", Request{}, []string{"Origin: null"}, NullOrigin},
		{"no browser and no credentials", Request{}, nil, NoCredentials},
		{"no Origin and credentials", Request{}, []string{"Cookie: s=1"}, MissingOrigin},
		{"fetch metadata that contradicts", Request{}, []string{"Origin: https://app.example", "Sec-Fetch-Site: cross-site"}, Contradiction},
		{"over HTTP/2", Request{Method: "CONNECT", Protocol: "websocket"}, []string{"Origin: https://evil.example"}, ForeignOrigin},
		{"a POST in a socket's clothes", Request{Method: "POST"}, []string{"Cookie: s=1", "Origin: https://app.example", "Sec-Fetch-Site: same-origin"}, SameOrigin},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.q.Method == "" {
				tt.q.Method = "GET"
			}
			q := withDefaults(tt.q)
			q.Header = headers(t, append(tt.lines, "Upgrade: h2c, WebSocket")...)
			if got := rules.Judge(q); got.Reason != tt.want {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
		})
	}
}

func TestParseRules(t *testing.T) {
	got, err := ParseRules([]byte(`{
		"allowed_hosts": ["app.example", "https://app.example:8443"],
		"trusted": "https://trusted.example",
		"ws_origins": ["https://partner.example"],
		"embedders": {"/": [], "/widget": "self"},
		"exempt": ["POST /hook", "/open", {"method": "PUT", "path": "/in", "reason": "signed"}],
		"strict_paths": ["/a"], "strict": ["/b"], "sensitive": ["/admin/"], "referer": true
	}`))
	want := Rules{
		Hosts:          []string{"app.example", "https://app.example:8443"},
		TrustedOrigins: []string{"https://trusted.example"},
		SocketOrigins:  []string{"https://partner.example"},
		Embedders:      map[string][]string{"/": {}, "/widget": {"self"}},
		Exempt:         []Exemption{{"POST", "/hook", ""}, {"", "/open", ""}, {"PUT", "/in", "signed"}},
		Sensitive:      []string{"/admin/"}, StrictPaths: []string{"/a", "/b"}, AcceptReferer: true,
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	for _, tt := range []struct{ name, rules, complaint string }{
		{"an unknown key is named", `{"trusted_orgins":[]}`, `unknown key "trusted_orgins"`},
		{"two names of one rule", `{"origins":[],"trusted":[]}`, `mean the same`},
		{"a host without scheme is no origin", `{"trusted_origins":["trusted.example"]}`, "trusted_origins"},
		{"nor is the null origin", `{"trusted_origins":["null"]}`, "cannot be trusted"},
		{"nor a pattern", `{"origins":["https://*.example"]}`, "must be an exact"},
		{"a default port is not written", `{"origins":["https://a.example:443"]}`, "serialised"},
		{"an exemption is literal", `{"exempt":["POST /a/*"]}`, "plain absolute path"},
		{"an exemption's keys are known too", `{"exempt":[{"path":"/a","verb":"POST"}]}`, "verb"},
		{"a list is a list", `{"hosts":{"a":1}}`, "hosts: is not a list"},
		{"a query belongs to no path but as a mark at the end", `{"sensitive":["/a?b"]}`, "plain absolute path"},
		{"and to no other rule", `{"strict_paths":["/a?"]}`, "plain absolute path"},
		{"hosts have no path", `{"hosts":["app.example/x"]}`, "not a host"},
		{"no JSON", `[]`, "parse rules"},
	} {
		if _, err := ParseRules([]byte(tt.rules)); err == nil || !strings.Contains(err.Error(), tt.complaint) {
			t.Errorf("%s: got error %v, want one with %q", tt.name, err, tt.complaint)
		}
	}
	for _, nothing := range []string{"", "null", "{}", " \n"} {
		if got, err := ParseRules([]byte(nothing)); err != nil || !reflect.DeepEqual(got, Rules{}) {
			t.Errorf("ParseRules(%q) = %+v, %v, want the zero rules", nothing, got, err)
		}
	}
}

func TestEmbeddersOfTakesTheLongestPath(t *testing.T) {
	r := Rules{Embedders: map[string][]string{"/": {"self"}, "/widget": {"https://a.example"}, "/widget/pay": nil}}
	for path, want := range map[string]string{"/": "self", "/widgets": "self", "/widget": "https://a.example", "/widget/x": "https://a.example", "/widget/pay": ""} {
		if got := strings.Join(r.EmbeddersOf(path), " "); got != want {
			t.Errorf("EmbeddersOf(%q) = %q, want %q", path, got, want)
		}
	}
}
