package guard

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/policy"
)

func TestFoolishConfigurationsAreRefusedAtStart(t *testing.T) {
	for _, test := range []struct {
		name    string
		rules   policy.Rules
		options Options
		want    string
	}{
		{"everybody, with credentials", policy.Rules{}, Options{CORS: &CORS{Origins: []string{"*"}, Credentials: true}}, "never with credentials"},
		{"everybody and one", policy.Rules{}, Options{CORS: &CORS{Origins: []string{"*", "https://a.example"}}}, "stands alone"},
		{"null shared with", policy.Rules{}, Options{CORS: &CORS{Origins: []string{"null"}}}, "sandboxed"},
		{"nobody shared with", policy.Rules{}, Options{CORS: &CORS{}}, "needs origins"},
		{"pattern", policy.Rules{}, Options{CORS: &CORS{Origins: []string{"https://*.example"}}}, "pattern"},
		{"suffix without scheme", policy.Rules{}, Options{CORS: &CORS{Origins: []string{".example"}}}, "no scheme"},
		{"plain http with credentials", policy.Rules{}, Options{CORS: &CORS{Origins: []string{"http://a.example"}, Credentials: true}}, "speak for"},
		{"trailing slash", policy.Rules{}, Options{CORS: &CORS{Origins: []string{"https://a.example/"}}}, "serialised"},
		{"all headers", policy.Rules{}, Options{CORS: &CORS{Origins: []string{"https://a.example"}, Headers: []string{"*"}}}, "no method or header"},
		{"no-referrer", policy.Rules{}, Options{ReferrerPolicy: "no-referrer"}, "Origin: null"},
		{"unsafe-url", policy.Rules{}, Options{ReferrerPolicy: "unsafe-url"}, "full addresses"},
		{"misspelt referrer policy", policy.Rules{}, Options{ReferrerPolicy: "same_origin"}, "no browser"},
		{"trusted null", policy.Rules{TrustedOrigins: []string{"null"}}, Options{}, "no one's origin"},
		{"trusted host", policy.Rules{TrustedOrigins: []string{"a.example"}}, Options{}, "no scheme"},
		{"exempt pattern", policy.Rules{Exempt: []policy.Exemption{{Path: "/api/*"}}}, Options{}, "plain absolute path"},
		{"short key", policy.Rules{}, Options{Tokens: Tokens{Keys: [][]byte{{1}}}}, "fewer than 32"},
		{"token in a cookie", policy.Rules{}, Options{Tokens: Tokens{Headers: []string{"cookie"}}}, "no header for tokens"},
		{"redirect to whatever host", policy.Rules{}, Options{Transport: Transport{Redirect: true}}, "needs hosts"},
		{"SameSite=None", policy.Rules{}, Options{Cookies: Cookies{SameSite: policy.SameSiteNone}}, "protects nothing"},
		{"prefix twice", policy.Rules{}, Options{Cookies: Cookies{HostPrefix: []string{"__Host-a"}}}, "prefix already"},
		{"cookie name", policy.Rules{}, Options{SessionCookies: []string{"a=b"}}, "no cookie's name"},
		{"stripping without isolation", policy.Rules{}, Options{StripFrames: true}, "do not isolate"},
		{"unknown mode", policy.Rules{}, Options{Framing: "merge"}, "none of tighten"},
		{"unknown rule", policy.Rules{}, Options{ReportOnly: []Rule{"csrf"}}, "no rule is called"},
		{"off without a reason", policy.Rules{}, Options{InsecureOff: map[Rule]string{RuleForgery: " "}}, "needs a reason"},
		{"off and report", policy.Rules{}, Options{InsecureOff: map[Rule]string{RuleForgery: "x"}, ReportOnly: []Rule{RuleForgery}}, "as well"},
	} {
		if _, err := New(test.rules, test.options); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}

func TestWhatWeakensTheGuardIsLogged(t *testing.T) {
	var log bytes.Buffer
	_, err := New(policy.Rules{Exempt: []policy.Exemption{{Path: "/hook", Reason: "signed by the sender"}}},
		Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), ReportOnly: []Rule{RuleTokens}, InsecureOff: map[Rule]string{RuleCORS: "the gateway does"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"the gateway does", "rule=tokens", "signed by the sender"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is not in the log:\n%s", want, &log)
		}
	}
}

func TestEveryReasonHasARuleAnAnswerAndASentence(t *testing.T) {
	for _, reason := range refusalReasons {
		a := newAnswers()[reason]
		if reason.Explain() == "" || a.status < 400 || ruleOf(reason) == "" {
			t.Errorf("%s: %q, status %d, rule %q", reason, reason.Explain(), a.status, ruleOf(reason))
		}
	}
}
