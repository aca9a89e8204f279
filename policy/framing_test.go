package policy

import (
	"net/http"
	"testing"
)

const (
	self     = "https://victim.test"
	attacker = "https://attacker.example"
	csp      = HeaderCSP + ": frame-ancestors "
	xfo      = HeaderXFO + ": "
)

// embedders makes origins of their written forms.
func embedders(t *testing.T, written ...string) []Origin {
	t.Helper()
	origins := make([]Origin, len(written))
	for i, w := range written {
		origins[i] = rowOrigin(t, w, w)
	}
	return origins
}

func TestFramingAllows(t *testing.T) {
	tests := []struct {
		name   string
		lines  []string
		target string
		chain  []string
		want   Decision
	}{
		{"a page without rules may be framed", nil, self, []string{attacker}, allow(FrameUnrestricted)},
		{"no rule applies to a top-level page", []string{xfo + "DENY"}, self, nil, allow(FrameTopLevel)},
		{"'none' keeps its own site out too", []string{csp + "'none'"}, self, []string{self}, deny(FrameAncestorsNone)},
		{"an empty list is 'none'", []string{csp}, self, []string{self}, deny(FrameAncestorsNone)},
		{"none without quotes is a host", []string{csp + "none"}, self, []string{self}, deny(FrameAncestorsMismatch)},
		{"'none' beside another source is ignored", []string{csp + "'none' " + attacker}, self, []string{attacker}, allow(FrameAncestorsMatch)},
		{"'self' asks for every ancestor", []string{csp + "'self'"}, self, []string{self, attacker}, deny(FrameAncestorsMismatch)},
		{"'self' includes the upgrade to https", []string{csp + "'self'"}, "http://127.0.0.1", []string{"https://127.0.0.1"}, allow(FrameAncestorsMatch)},
		{"'self' on another port has no upgrade", []string{csp + "'self'"}, "http://localhost:8080", []string{"https://localhost:8443"}, deny(FrameAncestorsMismatch)},
		{"a host without a scheme takes the target's", []string{csp + "attacker.example"}, self, []string{"http://attacker.example"}, deny(FrameAncestorsMismatch)},
		{"a host without a port means the default port", []string{csp + "attacker.example"}, self, []string{attacker + ":8443"}, deny(FrameAncestorsMismatch)},
		{"an http source takes in https", []string{csp + "http://attacker.example"}, self, []string{attacker}, allow(FrameAncestorsMatch)},
		{"a wildcard does not name the domain itself", []string{csp + "*.attacker.example"}, self, []string{attacker}, deny(FrameAncestorsMismatch)},
		{"a path other than / names no page", []string{csp + attacker + "/page"}, self, []string{attacker}, deny(FrameAncestorsMismatch)},
		{"* names every web origin", []string{csp + "*"}, self, []string{"http://attacker.example"}, allow(FrameAncestorsMatch)},
		{"* does not name an opaque origin", []string{csp + "*"}, self, []string{"null"}, deny(FrameAncestorsOpaque)},
		{"data: does not name a data document", []string{csp + "* data:"}, self, []string{"null", attacker}, deny(FrameAncestorsOpaque)},
		{"file: names a page from disk", []string{csp + "file:"}, self, []string{"file://"}, allow(FrameAncestorsMatch)},
		{"an IPv6 address cannot be named", []string{csp + "http://[::1]"}, "http://victim.test", []string{"http://[::1]"}, deny(FrameAncestorsNone)},
		{"two policies must both match", []string{csp + "*", csp + "'self'"}, self, []string{attacker}, deny(FrameAncestorsMismatch)},
		{"a comma separates policies", []string{csp + "*, frame-ancestors 'none'"}, self, []string{attacker}, deny(FrameAncestorsNone)},
		{"the first of two directives counts", []string{csp + "*; frame-ancestors 'none'"}, self, []string{attacker}, allow(FrameAncestorsMatch)},
		{"a non-ASCII byte drops the directive and what repeats it", []string{csp + "\xe9; frame-ancestors 'none'"}, self, []string{attacker}, allow(FrameUnrestricted)},
		{"a report-only policy blocks nobody", []string{HeaderCSPReportOnly + ": frame-ancestors 'none'"}, self, []string{attacker}, allow(FrameReportOnly)},
		{"default-src is no framing rule", []string{HeaderCSP + ": default-src 'none'"}, self, []string{attacker}, allow(FrameUnrestricted)},
		{"frame-ancestors * lifts X-Frame-Options", []string{xfo + "DENY", csp + "*"}, self, []string{attacker}, allow(FrameAncestorsMatch)},
		{"a report-only list does not lift it", []string{xfo + "DENY", HeaderCSPReportOnly + ": frame-ancestors *"}, self, []string{attacker}, deny(FrameXFODeny)},
		{"SAMEORIGIN looks at every ancestor", []string{xfo + "SAMEORIGIN"}, self, []string{self, attacker, self}, deny(FrameXFOForeign)},
		{"SAMEORIGIN lets its own origin", []string{xfo + "sameorigin"}, self, []string{self, self}, allow(FrameXFOSameOrigin)},
		{"SAMEORIGIN knows no upgrade", []string{xfo + "SAMEORIGIN"}, "http://127.0.0.1", []string{"https://127.0.0.1"}, deny(FrameXFOForeign)},
		{"two different values are a DENY", []string{xfo + "SAMEORIGIN", xfo + "ALLOWALL"}, self, []string{self}, deny(FrameXFOConflict)},
		{"two unknown values are still ignored", []string{xfo + "garbage", xfo + "rubbish"}, self, []string{attacker}, allow(FrameXFOInvalid)},
		{"ALLOW-FROM is unknown", []string{xfo + "ALLOW-FROM https://partner.example"}, self, []string{attacker}, allow(FrameXFOInvalid)},
		{"ALLOWALL is known", []string{xfo + "ALLOWALL"}, self, []string{attacker}, allow(FrameXFOAllowAll)},
		{"a comma in quotes separates no values", []string{xfo + `"DENY, SAMEORIGIN, x"`}, self, []string{attacker}, allow(FrameXFOInvalid)},
		{"a NUL byte makes the response unreadable", []string{"X-Other: \x00"}, self, []string{attacker}, deny(FrameResponseUnreadable)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ParseFraming(tt.lines).Allows(embedders(t, tt.target)[0], embedders(t, tt.chain...)...)
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestPathsOfSourcesDoNotMatterAfterARedirect(t *testing.T) {
	f := ParseFraming([]string{csp + attacker + "/page"})
	if f.Allows(embedders(t, self)[0], embedders(t, attacker)...).Allowed {
		t.Error("without a redirect the path must not match")
	}
	if !f.AfterRedirect().Allows(embedders(t, self)[0], embedders(t, attacker)...).Allowed {
		t.Error("after a redirect the path must not matter")
	}
}

func TestFramingOfReadsWhatNetHTTPKeeps(t *testing.T) {
	h := http.Header{}
	h.Add(HeaderXFO, "SAMEORIGIN")
	h.Add(HeaderXFO, "DENY")
	h["content-security-policy"] = []string{"default-src 'self'\nframe-ancestors *"}
	f := FramingOf(h)
	if got := f.XFO(); got.State != XFOConflicting || len(got.Values) != 2 {
		t.Errorf("X-Frame-Options: got %+v, want two conflicting values", got)
	}
	if len(f.Enforced()) != 0 {
		t.Errorf("a line break in a value started a directive: %v", f.Enforced())
	}
	if !f.XFOInForce() {
		t.Error("X-Frame-Options is in force where no frame-ancestors is")
	}
}

func TestWhatAFramingHandsOutIsACopy(t *testing.T) {
	f := ParseFraming([]string{csp + "'self'", xfo + "garbage"})
	f.Enforced()[0] = SourceList{}
	f.XFO().Values[0] = "DENY"
	if f.Enforced()[0].IsNone() || f.XFO().Values[0] != "garbage" {
		t.Error("changing a result changed the framing")
	}
}
