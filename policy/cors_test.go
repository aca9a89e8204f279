package policy

import "testing"

// What a page may read is what Fetch says, whatever the server meant (R67, R68).
func TestCORSReadable(t *testing.T) {
	evil := origin(t, "https://attacker.example")
	for _, tt := range []struct {
		name  string
		from  Origin
		lines []string
		want  Reason
	}{
		{"nothing said", evil, nil, CORSNoConsent},
		{"reflected with credentials", evil, []string{"Access-Control-Allow-Origin: https://attacker.example", "Access-Control-Allow-Credentials: true"}, CORSConsent},
		{"reflected without credentials", evil, []string{"Access-Control-Allow-Origin: https://attacker.example"}, CORSNoCredentials},
		{"credentials in capitals", evil, []string{"Access-Control-Allow-Origin: https://attacker.example", "Access-Control-Allow-Credentials: True"}, CORSNoCredentials},
		{"an asterisk with credentials", evil, []string{"Access-Control-Allow-Origin: *", "Access-Control-Allow-Credentials: true"}, CORSWildcard},
		{"another", evil, []string{"Access-Control-Allow-Origin: https://partner.test", "Access-Control-Allow-Credentials: true"}, CORSOtherOrigin},
		{"the same host unencrypted", evil, []string{"Access-Control-Allow-Origin: http://attacker.example", "Access-Control-Allow-Credentials: true"}, CORSOtherOrigin},
		{"two in one line", evil, []string{"Access-Control-Allow-Origin: https://attacker.example, https://partner.test", "Access-Control-Allow-Credentials: true"}, CORSSeveralOrigins},
		{"two lines", evil, []string{"Access-Control-Allow-Origin: https://attacker.example", "Access-Control-Allow-Origin: https://attacker.example"}, CORSSeveralOrigins},
		{"null to a sandboxed page", Opaque, []string{"Access-Control-Allow-Origin: null", "Access-Control-Allow-Credentials: true"}, CORSConsent},
		{"null to another", evil, []string{"Access-Control-Allow-Origin: null", "Access-Control-Allow-Credentials: true"}, CORSOtherOrigin},
	} {
		if got := CORSReadable(headers(t, tt.lines...), tt.from); got.Reason != tt.want || got.Allowed != (tt.want == CORSConsent) {
			t.Errorf("%s: got %v, want %s", tt.name, got, tt.want)
		}
	}
}

func TestPreflightConsents(t *testing.T) {
	consent := []string{"Access-Control-Allow-Origin: https://attacker.example", "Access-Control-Allow-Credentials: true"}
	for _, tt := range []struct {
		name, method string
		script       []string
		status       int
		answer       []string
		want         Reason
	}{
		{"JSON granted", "POST", []string{"Content-Type: application/json"}, 200, []string{"Access-Control-Allow-Headers: X-A, content-type"}, CORSConsent},
		{"JSON not granted", "POST", []string{"Content-Type: application/json"}, 200, nil, CORSHeader},
		{"an asterisk is a name", "POST", []string{"Content-Type: application/json"}, 200, []string{"Access-Control-Allow-Headers: *"}, CORSHeader},
		{"a redirect", "POST", []string{"Content-Type: application/json"}, 302, []string{"Access-Control-Allow-Headers: content-type"}, CORSPreflightStatus},
		{"DELETE granted", "delete", nil, 204, []string{"Access-Control-Allow-Methods: GET,DELETE"}, CORSConsent},
		{"DELETE as an asterisk", "DELETE", nil, 204, []string{"Access-Control-Allow-Methods: *"}, CORSMethod},
		{"PATCH in small letters is another method", "PATCH", nil, 204, []string{"Access-Control-Allow-Methods: patch"}, CORSMethod},
		{"POST needs no grant", "POST", []string{"X-Own: 1"}, 204, []string{"Access-Control-Allow-Headers: x-own"}, CORSConsent},
	} {
		p := Preflight{From: origin(t, "https://attacker.example"), Method: tt.method, Header: headers(t, tt.script...)}
		if got := p.Consents(tt.status, headers(t, append(consent, tt.answer...)...)); got.Reason != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, got, tt.want)
		}
	}
	p := Preflight{From: Opaque, Method: "put", Header: headers(t, "X-B: 1", "Content-Type: application/json", "Accept: */*")}
	q := p.Question()
	if q.Get("Origin") != "null" || q.Get("Access-Control-Request-Method") != "PUT" || q.Get("Access-Control-Request-Headers") != "content-type,x-b" {
		t.Errorf("the question is %v", q)
	}
}

func TestEveryCORSReasonIsExplained(t *testing.T) {
	for _, r := range []Reason{CORSConsent, CORSNoConsent, CORSSeveralOrigins, CORSWildcard, CORSOtherOrigin, CORSNoCredentials, CORSPreflightStatus, CORSMethod, CORSHeader} {
		if r.Explain() == "" {
			t.Errorf("%s is not explained", r)
		}
	}
}

// With the server's consent a page's request goes out as it is.
func TestConsentedRequestsArrive(t *testing.T) {
	m := Means{By: ByFetch, Page: origin(t, "https://attacker.example"), To: origin(t, "https://victim.test"), Method: "PUT", BodyType: "application/json", CORS: true}
	if got := Forge(m); got.Arrives || !got.Preflight {
		t.Errorf("without consent: %+v", got)
	}
	m.Consented = true
	got := Forge(m)
	if !got.Arrives || got.Method != "PUT" || got.ContentType != "application/json" || got.Origin != "https://attacker.example" || got.FetchSite != "cross-site" {
		t.Errorf("with consent: %+v", got)
	}
}
