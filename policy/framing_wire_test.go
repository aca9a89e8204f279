package policy

import "testing"

func TestHeaderLinesAreDividedAsChromiumDividesThem(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  XFOState
	}{
		{"names know no case", []string{"x-fRAME-options:deny"}, XFODeny},
		{"a blank before the colon does not matter", []string{"X-Frame-Options\t : DENY"}, XFODeny},
		{"a name with another byte is no header", []string{"X-Frame-Options\xa0: DENY"}, XFOAbsent},
		{"a line without a colon is no header", []string{"X-Frame-Options=DENY"}, XFOAbsent},
		{"a line that starts with a blank continues the one before", []string{"X-Other: a", " X-Frame-Options: DENY"}, XFOAbsent},
		{"a first line that starts with a blank is dropped", []string{" X-Frame-Options: DENY"}, XFOAbsent},
		{"a folded value is joined by a blank", []string{"X-Frame-Options: SAME\r\n ORIGIN"}, XFOInvalid},
		{"a value may start on the next line", []string{"X-Frame-Options:\r\n\tDENY"}, XFODeny},
		{"an empty continuation adds nothing", []string{"X-Frame-Options: DENY\r\n "}, XFODeny},
		{"what is no header cannot be continued", []string{"X-Other\r\n X-Frame-Options: DENY"}, XFOAbsent},
		{"a lone LF ends a line", []string{"X-Other: a\nX-Frame-Options: DENY"}, XFODeny},
		{"a lone CR ends a line", []string{"X-Other: a\rX-Frame-Options: DENY"}, XFODeny},
		{"two CR end no headers", []string{"X-Other: a\r\rX-Frame-Options: DENY"}, XFODeny},
		{"two LF end the headers", []string{"X-Other: a\n\nX-Frame-Options: DENY"}, XFOAbsent},
		{"LF CR LF ends the headers", []string{"X-Other: a\n", "X-Frame-Options: DENY"}, XFOAbsent},
		{"a vertical tab around a value is trimmed", []string{"X-Frame-Options: \vDENY\f"}, XFODeny},
		{"a no-break space is not", []string{"X-Frame-Options: DENY\xa0"}, XFOInvalid},
		{"an empty value conflicts with another", []string{"X-Frame-Options: SAMEORIGIN,"}, XFOConflicting},
		{"a backslash hides a quote", []string{`X-Frame-Options: "a\", SAMEORIGIN", b`}, XFOInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ParseFraming(tt.lines).XFO().State; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestNoDocumentForeseesWhatIsNotShown(t *testing.T) {
	tests := []struct {
		name   string
		status int
		lines  []string
		want   Reason
	}{
		{"a page", 200, []string{"Content-Type: text/html; charset=utf-8"}, ""},
		{"an error page", 500, nil, ""},
		{"JSON", 200, []string{"Content-Type: application/problem+json"}, ""},
		{"a type that is none is guessed", 200, []string{"Content-Type: garbage"}, ""},
		{"inline is shown", 200, []string{"Content-Disposition: inline"}, ""},
		{"no content", 204, nil, FrameNoContent},
		{"not modified", 304, nil, FrameNoContent},
		{"an attachment", 200, []string{"Content-Disposition: Attachment; filename=a.html"}, FrameDownload},
		{"an archive", 200, []string{"Content-Type: application/zip"}, FrameDownload},
		{"a table", 200, []string{"Content-Type: text/csv"}, FrameDownload},
		{"a NUL byte", 200, []string{"X-Other: \x00"}, FrameResponseUnreadable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := NoDocument(tt.status, tt.lines); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMixedContentLooksAtEveryLinkOfTheChain(t *testing.T) {
	tests := []struct {
		name  string
		chain []string // target first
		want  bool
	}{
		{"http in https", []string{"http://victim.test", attacker}, true},
		{"http in http", []string{"http://victim.test", "http://attacker.example"}, false},
		{"https in http", []string{self, "http://attacker.example"}, false},
		{"https in http in https", []string{self, "http://attacker.example", attacker}, true},
		{"loopback is exempt", []string{"http://localhost:8000", attacker}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chain := embedders(t, tt.chain...)
			if got := MixedContent(chain[0], chain[1:]...); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
