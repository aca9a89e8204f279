package check

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// said is all that the checks say about a recorded site, in words.
func said(t *testing.T, recording string) string {
	t.Helper()
	r := loaded(t, recording)
	var all strings.Builder
	Run(r.site, r.rules, func(f finding.Finding) { describeFully(&all, f) })
	return all.String()
}

func describeFully(w *strings.Builder, f finding.Finding) {
	describe(w, f)
	for _, e := range f.Evidence {
		fmt.Fprintf(w, "\tevidence %s %s %s\n", e.Kind, e.Text, e.Reason)
	}
	for _, c := range f.Vector {
		fmt.Fprintf(w, "\tcell %s %s %s: %s\n", c.From, c.Cookie, c.State, c.Why)
	}
}

func loaded(t *testing.T, name string) recording {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	r, err := readRecording(archive)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Requirements that a recorded site shows: what has to be said of it, and what not.
func TestRequirements(t *testing.T) {
	for _, row := range []struct {
		requirement, recording string
		want                   []string
		never                  []string
	}{
		{"R1 an X-Frame-Options value that browsers do not know counts as absent", "framing-weak/speaks-lax-policies",
			[]string{`browsers do not know X-Frame-Options "DENY;" and ignore it`, `"ALLOW-FROM https://partner.example"`}, nil},
		{"R2 several policies intersect and the first directive of a name counts", "framing-absent/silent-none",
			nil, []string{"framing-absent", "framing-weak"}},
		{"R3 a weak policy is another finding than an absent one", "framing-weak/speaks-lax-policies",
			[]string{"framing-weak GET /a", "framing-weak GET /b"}, []string{"framing-absent"}},
		{"R4 with neither header the finding names both", "framing-absent/speaks-public",
			[]string{"neither a Content-Security-Policy with frame-ancestors nor X-Frame-Options was sent"}, nil},
		{"R7 positions are cross-site, sibling and other port", "clickjacking/speaks-delete",
			[]string{"open cross-site", "open sibling", "open other-port"}, nil},
		{"R11 XHTML, SVG, XML, no type and upper-case types are judged like HTML", "framing-uncovered/speaks-kinds",
			[]string{"GET /cert", "GET /stamp.svg", "GET /feed", "GET /raw", "GET /upper"}, nil},
		{"R12 error pages are judged too", "framing-uncovered/speaks-kinds",
			[]string{"GET /broken", "GET /{unknown}", "GET /forbidden"}, nil},
		{"R13 FastAPI's default stack is named", "framing-absent/speaks-site-wide", []string{"FastAPI sends when no security layer"}, nil},
		{"R14 CORS is no frame policy", "framing-absent/speaks-site-wide", []string{"CORS policy that is there does not control framing"}, nil},
		{"R15 for the session cookie it is said whether it is sent in a frame", "clickjacking/speaks-neighbours-only",
			[]string{"cell cross-site aged refuted: The page may be framed, but the cookie sid does not travel", "cell sibling aged suspected",
				"evidence cookie sid=«cookie:3f9a1c»; Path=/; Secure; HttpOnly; SameSite=Strict cookie-strict-cross-site"}, nil},
		{"R16 a bearer token's frame is judged by where web storage is shared", "framing-absent/speaks-bearer",
			[]string{"cell cross-site aged refuted", "partition web storage", "cell sibling aged suspected"}, nil},
		{"R19 clicks in a row", "clickjacking/speaks-two-clicks", []string{"after 2 clicks", `click "Yes, close it"`}, nil},
		{"R22 sensitive controls come first", "clickjacking/speaks-three-candidates", []string{`control "Pay again" changes something. Three things`}, nil},
		{"R23 sensitive, framable and without a token is one finding that names all three", "clickjacking/speaks-three-layers",
			[]string{"sensitive control (permission), no header keeps other sites from framing the page, and its forms carry no anti-forgery token"}, nil},
		{"R25 the header check by hand uses GET", "framing-absent/speaks-public", []string{"curl -sS -o /dev/null -D - https://bank.test/about"}, []string{"curl -I"}},
		{"R26 a protected page gives no framing finding", "clickjacking/silent-protected", nil, []string{"framing-", "clickjacking"}},
		{"R28 token absent, empty, wrong", "csrf/speaks-only-if-proven", []string{"token left out", "token empty", "token wrong"}, nil},
		{"R28 token of another session", "csrf-token-unbound/speaks-token", []string{"token of another session"}, nil},
		{"R29 null, silent, look-alike and sibling origins", "csrf-origin-check/speaks-tokenless",
			[]string{"Origin: null", "without Referer", "begins or ends like", "host of the same site"}, nil},
		{"R30 encodings against JSON", "csrf-json/speaks-json", []string{"JSON sent as text/plain", "JSON sent without a content type", "JSON sent as a form"}, nil},
		{"R30 encodings of forms", "csrf/speaks-no-token", []string{"multipart/form-data"}, nil},
		{"R32 state-changing GET", "csrf-get/speaks-link", []string{"csrf-get GET /currency suspected", "csrf-get GET /items/{id}/delete suspected"}, nil},
		{"R33 forms without a token", "csrf/speaks-no-token", []string{"No field of the form behaves like an anti-forgery token"}, nil},
		{"R34 header tokens are recognised and left out", "csrf/speaks-only-if-proven", []string{"token in the header X-CSRFToken"}, nil},
		{"R36 constant tokens", "csrf-token-constant/speaks-shared", []string{"same value for alice and bob"}, nil},
		{"R36 tokens in the URL", "csrf-token-in-url/speaks-query", []string{"csrf-token-in-url POST /statements"}, nil},
		{"R37 tokens from before login", "csrf-token-before-login/speaks-token", []string{"token from before login"}, nil},
		{"R38 SameSite alone, and who still sends the cookie", "csrf-samesite-only/speaks-lax",
			[]string{"csrf-samesite-only POST /goal", "open sibling", "open other-port"}, []string{"open cross-site"}},
		{"R39 login forms", "csrf-login/speaks-plain", []string{"csrf-login POST /login"}, nil},
		{"R60 attributes of session cookies", "cookie-httponly/speaks-readable", []string{"sid is not HttpOnly"}, nil},
		{"R61 the emitted line counts", "cookie-samesite/speaks-not-emitted", []string{"not kept by browsers"}, nil},
		{"R62 the two-minute exception is told", "cookie-samesite/speaks-none-and-unset", []string{"for two minutes, other browsers longer"}, nil},
		{"R63 Secure over plain HTTP is told as not sent", "cookie-secure/speaks-lost", []string{"will not be sent"}, nil},
		{"R66 the cookie of a double submit counts", "cookie-secure/speaks-not-secure", []string{"csrftoken is not Secure"}, nil},
	} {
		t.Run(row.requirement, func(t *testing.T) {
			text := said(t, row.recording)
			for _, want := range row.want {
				if !strings.Contains(text, want) {
					t.Errorf("it does not say %q:\n%s", want, text)
				}
			}
			for _, never := range row.never {
				if strings.Contains(text, never) {
					t.Errorf("it says %q:\n%s", never, text)
				}
			}
		})
	}
}

// R41: who reads of a forged request is told that permissions below do not help.
func TestR41TheTextSaysThatPermissionsDoNotHelp(t *testing.T) {
	for _, w := range []finding.Weakness{finding.CSRF, finding.Clickjacking} {
		d, _ := finding.Describe(w)
		if !strings.Contains(d.Text, "IAM") || !strings.Contains(d.Text, "DynamoDB") {
			t.Errorf("%s does not speak of IAM and DynamoDB", w)
		}
	}
}

// What users of other scanners complain of: alarms for what needs no token. A
// passive scan says nothing about any of these above a remark.
func TestPassiveScansRaiseNoFalseAlarm(t *testing.T) {
	for _, recording := range []string{"csrf/silent-bearer", "csrf/silent-not-forms", "csrf/speaks-only-if-proven", "csrf-json/speaks-json",
		"csrf-get/silent-search", "csrf-token-unbound/speaks-token", "clickjacking/silent-protected", "csrf-samesite-only/speaks-lax"} {
		r := loaded(t, recording)
		var found []finding.Finding
		Run(r.site, r.rules, func(f finding.Finding) { found = append(found, f) })
		for _, f := range Settle(found) {
			alarm := f.Severity != finding.Info && !strings.HasPrefix(string(f.Weakness), "cookie-") && f.Weakness != finding.CSRFLogin &&
				f.Weakness != finding.TransportHSTS // the recordings are cut down to what their check reads
			if alarm {
				t.Errorf("%s: %s %s %s: %s", recording, f.Weakness, f.Endpoint, f.Severity, f.Why)
			}
		}
	}
}

func TestRunIsDeterministicAndLeavesTheSiteAlone(t *testing.T) {
	r := loaded(t, "clickjacking/speaks-three-candidates")
	before, _ := json.Marshal(r.site)
	first := said(t, "clickjacking/speaks-three-candidates")
	for range 20 {
		var again strings.Builder
		Run(r.site, r.rules, func(f finding.Finding) { describeFully(&again, f) })
		if again.String() != first {
			t.Fatalf("another run says something else:\n%s\n%s", first, again.String())
		}
	}
	if after, _ := json.Marshal(r.site); string(after) != string(before) {
		t.Error("the site was changed")
	}
}

func TestRunSkipsAloudWithoutAnIdentity(t *testing.T) {
	skips := Run(&observe.Site{Target: "https://bank.test/", Identities: []string{""}}, policy.Rules{}, func(f finding.Finding) {
		t.Errorf("an empty site has %s", f.Weakness)
	})
	if len(skips) != 1 || skips[0].Why == "" {
		t.Fatalf("got %+v, want one skip", skips)
	}
	if what := strings.Split(skips[0].What, ", "); !slices.Contains(what, "csrf") || slices.Contains(what, "framing-absent") {
		t.Errorf("skipped are %v, want the checks that need an identity and no others", what)
	}
}

// Broken URLs and headers in what was seen must not bring a scan down.
func TestRunSurvivesOddSites(t *testing.T) {
	site := &observe.Site{Target: ":", Identities: []string{"", "alice"},
		Exchanges: []*observe.Exchange{{Method: "GET", URL: "::", Status: 200, Type: "text/html"}, {Method: "GET", URL: "https://x/", Status: 200}},
		Actions:   []finding.Action{{Method: "POST", URL: "%zz"}, {Method: "POST", Login: true}, {Method: "GET", URL: "about:blank", Fields: []finding.Field{{Name: "a"}}}, {Method: "PUT"}},
		Cookies:   []observe.Cookie{{Line: "", Session: true}, {Line: "=;;", Session: true}, {Line: "a=b", Session: true, Identity: "alice"}},
		Tokens:    []observe.Token{{Action: 99, Shared: true}},
	}
	site.Pages = []*observe.Page{{Exchange: site.Exchanges[1], Controls: []observe.Control{{Action: 77}, {Action: -1}}, Links: []string{"%", "?csrf=1"}}}
	Settle(collect(site))
}

func collect(site *observe.Site) []finding.Finding {
	var found []finding.Finding
	Run(site, policy.Rules{}, func(f finding.Finding) { found = append(found, f) })
	return found
}

func BenchmarkRun(b *testing.B) {
	site := largeSite(300)
	for b.Loop() {
		collect(site)
	}
}

// largeSite has n pages, each with a form.
func largeSite(n int) *observe.Site {
	site := &observe.Site{Target: "https://bank.test/", Identities: []string{"", "alice"}}
	site.Cookies = []observe.Cookie{{Line: "sid=x; Secure; SameSite=None", Identity: "alice", Session: true,
		Endpoint: finding.Endpoint{Method: "POST", Route: "/login", URL: "https://bank.test/login"}}}
	for i := range n {
		url := fmt.Sprintf("https://bank.test/page/%d", i)
		x := &observe.Exchange{Identity: "alice", Method: "GET", URL: url, Route: fmt.Sprintf("/page/%d", i), Status: 200, Type: "text/html"}
		site.Exchanges = append(site.Exchanges, x)
		site.Pages = append(site.Pages, &observe.Page{Exchange: x, Controls: []observe.Control{{Selector: "button", Label: "Go", Action: i}}})
		site.Actions = append(site.Actions, finding.Action{Method: "POST", URL: url, Route: x.Route, Encoding: finding.EncodingURL, Page: url, Source: "form"})
	}
	return site
}
