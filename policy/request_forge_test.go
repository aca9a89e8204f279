package policy

import (
	"net/http"
	"strings"
	"testing"
)

func TestNeedsPreflight(t *testing.T) {
	for _, tt := range []struct {
		name, method string
		lines        []string
		want         bool
	}{
		{"a plain POST goes", "POST", nil, false},
		{"in any case", "post", nil, false},
		{"PUT asks", "PUT", nil, true},
		{"text goes", "POST", []string{"Content-Type: text/plain;charset=UTF-8"}, false},
		{"JSON asks", "POST", []string{"Content-Type: application/json"}, true},
		{"JSON behind a semicolon goes", "POST", []string{"Content-Type: text/plain; application/json"}, false},
		{"JSON behind a comma asks", "POST", []string{"Content-Type: text/plain, application/json"}, true},
		{"a quote in the type asks", "POST", []string{`Content-Type: text/plain; a="b"`}, true},
		{"a header of one's own asks", "GET", []string{"X-Requested-With: XMLHttpRequest"}, true},
		{"the browser's own headers do not count", "GET", []string{"Cookie: a=1", "Sec-Fetch-Site: none", "Origin: null"}, false},
		{"a bearer token asks", "GET", []string{"Authorization: Bearer x"}, true},
		{"one range goes", "GET", []string{"Range: bytes=0-9"}, false},
		{"a range from the end asks", "GET", []string{"Range: bytes=-9"}, true},
		{"128 bytes of Accept go", "GET", []string{"Accept: " + strings.Repeat("a", 128)}, false},
		{"129 ask", "GET", []string{"Accept: " + strings.Repeat("a", 129)}, true},
		{"a language has few letters", "GET", []string{"Accept-Language: de_DE"}, true},
		{"overriding into TRACE is never sent", "GET", []string{"X-HTTP-Method-Override: TRACE"}, false},
		{"overriding into DELETE asks", "GET", []string{"X-HTTP-Method-Override: DELETE"}, true},
	} {
		if got := NeedsPreflight(tt.method, headers(t, tt.lines...)); got != tt.want {
			t.Errorf("%s: NeedsPreflight(%s, %q) = %t, want %t", tt.name, tt.method, tt.lines, got, tt.want)
		}
	}
}

func TestForge(t *testing.T) {
	evil, victim := origin(t, "https://attacker.example"), origin(t, "https://victim.test")
	form := Means{By: ByForm, Page: evil, To: victim, Method: "POST"}
	sandboxed, reflected, silent, plain := form, form, form, form
	sandboxed.Page = Opaque
	reflected.Via = []Origin{evil}
	silent.ReferrerPolicy = "no-referrer"
	plain.To = origin(t, "http://victim.test")
	for _, tt := range []struct {
		name  string
		means Means
		want  Sent
	}{
		{"a form POST says who sends it", form, Sent{Arrives: true, Method: "POST", ContentType: typeURLEncoded,
			Origin: "https://attacker.example", Referer: "https://attacker.example/", FetchSite: "cross-site", FetchMode: "navigate", FetchDest: "document"}},
		{"a sandboxed one does not", sandboxed, Sent{Arrives: true, Method: "POST", ContentType: typeURLEncoded,
			Origin: "null", FetchSite: "cross-site", FetchMode: "navigate", FetchDest: "document"}},
		{"nor one without a referrer", silent, Sent{Arrives: true, Method: "POST", ContentType: typeURLEncoded,
			Origin: "null", FetchSite: "cross-site", FetchMode: "navigate", FetchDest: "document"}},
		{"nor one that was redirected", reflected, Sent{Arrives: true, Method: "POST", ContentType: typeURLEncoded,
			Origin: "null", Referer: "https://attacker.example/", FetchSite: "cross-site", FetchMode: "navigate", FetchDest: "document"}},
		{"an encrypted page's form never arrives unencrypted", plain, Sent{}},
		{"a JSON fetch asks first", Means{By: ByFetch, CORS: true, Page: evil, To: victim, Method: "POST", Header: http.Header{"Content-Type": {"application/json"}}},
			Sent{Preflight: true, Method: "OPTIONS", Origin: "https://attacker.example", Referer: "https://attacker.example/",
				FetchSite: "cross-site", FetchMode: "cors", FetchDest: "empty", PreflightMethod: "POST", PreflightHeaders: "content-type"}},
		{"in no-cors mode it is not JSON any more", Means{By: ByFetch, Page: evil, To: victim, Method: "POST", BodyType: "text/plain;charset=UTF-8", Header: http.Header{"Content-Type": {"application/json"}}},
			Sent{Arrives: true, Method: "POST", ContentType: "text/plain;charset=UTF-8", Origin: "https://attacker.example", Referer: "https://attacker.example/",
				FetchSite: "cross-site", FetchMode: "no-cors", FetchDest: "empty"}},
		{"a socket says only its origin", Means{By: BySocket, Page: evil, To: origin(t, "wss://victim.test")}, Sent{Arrives: true, Method: "GET", Origin: "https://attacker.example"}},
		{"TRACE is nobody's to send", Means{By: ByFetch, CORS: true, Page: evil, To: victim, Method: "TRACE"}, Sent{}},
		{"the zero means are a link from nowhere", Means{To: victim}, Sent{Arrives: true, Method: "GET", FetchSite: "cross-site", FetchMode: "navigate", FetchDest: "document"}},
	} {
		if got := Forge(tt.means); forged(got) != forged(tt.want) {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, forged(got), forged(tt.want))
		}
	}
}

// everyMeans walks through what foreign pages can do to victim.
func everyMeans(t *testing.T, visit func(Means)) {
	victim := origin(t, "https://victim.test")
	pages := []Origin{Opaque, origin(t, "https://attacker.example"), origin(t, "https://sub.victim.test"), origin(t, "http://victim.test"), origin(t, "https://victim.test:8443")}
	for by := ByLink; by <= BySocket; by++ {
		if by == ByTyping {
			continue // no page's doing
		}
		for _, page := range pages {
			for _, method := range []string{"GET", "POST", "DELETE", "patch"} {
				for _, policy := range []string{"", noReferrer, unsafeURL, sameOriginReferrer} {
					m := Means{By: by, Page: page, To: victim, Method: method, ReferrerPolicy: policy}
					visit(m)
					m.CORS, m.Framed, m.Via = true, true, []Origin{victim}
					visit(m)
				}
			}
		}
	}
}

func TestWhatAForeignPageSendsIsRefusedUnlessItIsSafe(t *testing.T) {
	everyMeans(t, func(m Means) {
		s := Forge(m)
		if !s.Arrives {
			return
		}
		q := s.Request("/transfer", true)
		if m.By == BySocket {
			q.Header.Set("Upgrade", "websocket")
		}
		d := Rules{}.Judge(q)
		if d.Allowed && d.Reason != SafeMethod {
			t.Errorf("%+v arrives as %+v and is let through: %s", m, s, d.Reason)
		}
		q.Scheme, q.Header = "http", q.Header.Clone()
		for _, name := range []string{headerFetchSite, headerFetchMode, headerFetchDest} {
			q.Header.Del(name) // an older browser, or no TLS
		}
		if d := (Rules{Hosts: []string{"https://victim.test"}}).Judge(q); d.Allowed && d.Reason != SafeMethod {
			t.Errorf("%+v without fetch metadata is let through: %s", m, d.Reason)
		}
	})
}

func TestThePageItselfIsLetThrough(t *testing.T) {
	victim := origin(t, "https://victim.test")
	for _, policy := range []string{"", noReferrer, sameOriginReferrer, strictOriginReferrer} {
		for _, by := range []By{ByForm, ByFetch, ByBeacon, BySocket} {
			s := Forge(Means{By: by, CORS: true, Page: victim, To: victim, Method: "POST", ReferrerPolicy: policy})
			q := s.Request("/transfer", true)
			if by == BySocket {
				q.Header.Set("Upgrade", "websocket")
			}
			if d := (Rules{}).Judge(q); !s.Arrives || !d.Allowed {
				t.Errorf("means %d under %q: arrives %t, judged %+v", by, policy, s.Arrives, d)
			}
		}
	}
}
