package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

func TestAudience(t *testing.T) {
	tests := []struct {
		name   string
		lines  []string
		want   Audience
		listed string
	}{
		{"no rule", nil, AudienceEveryone, ""},
		{"a star", []string{csp + "*"}, AudienceEveryone, ""},
		{"http: takes in https", []string{csp + "http:"}, AudienceEveryone, ""},
		{"https:", []string{csp + "https:"}, AudienceHTTPS, ""},
		{"self", []string{csp + "'self'"}, AudienceSameOrigin, ""},
		{"its own host", []string{csp + "victim.test"}, AudienceSameOrigin, ""},
		{"self and a partner", []string{csp + "'self' partner.example"}, AudienceListed, "partner.example"},
		{"a partner and its upgrade", []string{csp + "http://partner.example:80"}, AudienceListed, "http://partner.example:80"},
		{"what all policies name", []string{csp + "*.a.example b.example", csp + "x.a.example b.example"}, AudienceListed, "b.example x.a.example b.example"},
		{"policies that name nobody in common", []string{csp + "a.example", csp + "b.example"}, AudienceNobody, ""},
		{"none", []string{csp + "'none'"}, AudienceNobody, ""},
		{"DENY", []string{xfo + "DENY"}, AudienceNobody, ""},
		{"SAMEORIGIN", []string{xfo + "SAMEORIGIN"}, AudienceSameOrigin, ""},
		{"ALLOW-FROM", []string{xfo + "ALLOW-FROM https://partner.example"}, AudienceEveryone, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, target := ParseFraming(tt.lines), embedders(t, self)[0]
			if got := f.Audience(target); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			var listed []string
			for _, s := range f.Listed(target) {
				listed = append(listed, s.Text)
			}
			if got := strings.Join(listed, " "); got != tt.listed {
				t.Errorf("listed %q, want %q", got, tt.listed)
			}
		})
	}
}

func TestEffectsNameWhatMissesAndWhy(t *testing.T) {
	tests := []struct {
		name    string
		line    string
		inForce bool
		why     string // part of it
	}{
		{"a list in force", csp + "'self'", true, "must be named"},
		{"a second directive", HeaderCSP + ": frame-ancestors; frame-ancestors *", false, "earlier frame-ancestors"},
		{"a misspelt name", HeaderCSP + ": frame-ancestor 'none'", false, "no such directive"},
		{"a colon after the name", HeaderCSP + ": frame-ancestors: 'none'", false, "no such directive"},
		{"a forgotten semicolon", HeaderCSP + ": default-src 'self' frame-ancestors 'none'", false, "semicolon"},
		{"a byte outside ASCII", csp + "'none'\xa0", false, "not printable ASCII"},
		{"a policy without the directive", HeaderCSP + ": default-src 'none'", false, "do not stand in"},
		{"a report", HeaderCSPReportOnly + ": frame-ancestors 'none'", false, "blocks nothing"},
		{"an unquoted keyword", csp + "self", true, "host of that name"},
		{"an unknown token", csp + "'none-at-all'", true, "is skipped"},
		{"a host with a stray colon", csp + "partner.example:", true, "of that scheme"},
		{"a path", csp + attacker + "/page", true, "matches no page"},
		{"an unknown value", xfo + "ALLOW-FROM https://partner.example", false, "no other value"},
		{"two values", xfo + "DENY, SAMEORIGIN", true, "count as DENY"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, e := range ParseFraming([]string{tt.line}).Effects() {
				if e.InForce == tt.inForce && strings.Contains(e.Why, tt.why) {
					return
				}
			}
			t.Errorf("no effect with in force %v and %q in %+v", tt.inForce, tt.why, ParseFraming([]string{tt.line}).Effects())
		})
	}
}

func TestEveryFramingReasonIsExplained(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "framing_reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	reasons := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
			reasons++
			value, _ := strconv.Unquote(lit.Value)
			if text := Reason(value).Explain(); text == "" || strings.HasSuffix(text, ".") {
				t.Errorf("%s: explanation %q", value, text)
			}
		}
		return true
	})
	if reasons != len(framingReasons) {
		t.Errorf("%d constants, %d explanations", reasons, len(framingReasons))
	}
}
