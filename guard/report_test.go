package guard

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/policy"
)

// randomRequest draws a request in which the rules' questions interact.
func randomRequest(r *rand.Rand) *http.Request {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	q := httptest.NewRequest(pick("GET", "POST", "PUT", "TRACE", "post", "CONNECT", "OPTIONS"), "https://app.example"+
		pick("/", "/json", "/strict", "/hook", "/?_method=DELETE", "/widget"), strings.NewReader(pick("", "a=b")))
	q.Host = pick("app.example", "app.example", "app.example", "evil.example", "a/b")
	for _, values := range [][]string{
		{"Origin", "", "", "https://app.example", "https://evil.example", "null", "https://sso.example", "https://app.example/"},
		{"Sec-Fetch-Site", "", "", "same-origin", "cross-site", "same-site", "none", "x"},
		{"Sec-Fetch-Dest", "", "", "iframe", "document"},
		{"Sec-Fetch-Mode", "", "navigate", "cors"},
		{"Referer", "", "", "https://app.example/", "https://evil.example/"},
		{"Cookie", "", "sid=1", "sid=1; sid=2"},
		{"Upgrade", "", "", "", "websocket"},
		{"Content-Type", "", "application/json", "application/x-www-form-urlencoded"},
	} {
		if v := pick(values[1:]...); v != "" {
			q.Header.Set(values[0], v)
		}
	}
	if r.IntN(10) == 0 {
		q.Header.Add("Origin", "https://app.example")
	}
	return q
}

var busyRules = policy.Rules{Hosts: []string{"app.example"}, TrustedOrigins: []string{"https://sso.example"}, StrictPaths: []string{"/strict"},
	Exempt: []policy.Exemption{{Path: "/hook"}}, IsolateFrames: true, IsolateResources: true}

func busyOptions() Options {
	return Options{SessionCookies: sid, JSONPaths: []string{"/json"}, Tokens: Tokens{Keys: [][]byte{oneKey}}, CORS: &CORS{Origins: []string{"https://sso.example"}}}
}

// What a rule in report says, and what it says when it enforces, is the same for
// every request: there is no sampling and nothing is hidden by what comes before.
func TestReportAndEnforceTellTheSame(t *testing.T) {
	first := map[Mode][]policy.Reason{}
	for _, mode := range []Mode{Enforce, Report} {
		o := busyOptions()
		if mode == Report {
			o.ReportOnly = allRules
		}
		var said policy.Reason
		o.OnDecision = func(_ *http.Request, e Event) {
			if said == "" {
				said = e.Decision.Reason
			}
		}
		g, err := New(busyRules, o)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(5, 5))
		for range 10000 {
			said = ""
			d := g.Check(randomRequest(r))
			if mode == Report && !d.Allowed {
				t.Fatalf("refused in report: %s", d.Reason)
			}
			first[mode] = append(first[mode], said)
		}
	}
	for i, reason := range first[Enforce] {
		if first[Report][i] != reason {
			t.Fatalf("request %d: %s enforced, %s reported", i, reason, first[Report][i])
		}
	}
}

// One rule in report lets nothing past the others.
func TestOneRuleInReportLeavesTheOthersInForce(t *testing.T) {
	all, err := New(busyRules, busyOptions())
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range allRules {
		o := busyOptions()
		o.ReportOnly = []Rule{rule}
		g, err := New(busyRules, o)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(9, uint64(len(rule))))
		for range 5000 {
			q := randomRequest(r)
			again := q.Clone(q.Context())
			d := g.Check(q)
			if d.Allowed || all.Check(again).Allowed {
				continue
			}
			j := judgement{facts: policy.RequestOf(q)}
			// No host at all is refused always, and an unsafe request stays one without its upgrade.
			still := rule == RuleHosts && q.Host == "a/b" || rule == RuleSockets && (q.URL.RawQuery != "" || q.Method != "GET")
			if j.ruleOf(d.Reason) == rule && !still {
				t.Fatalf("%s is in report and refuses: %s", rule, d.Reason)
			}
		}
	}
	// A foreign host, in report, and a forged request at that.
	o := busyOptions()
	o.ReportOnly = []Rule{RuleHosts, RuleSockets, RuleIsolation}
	g, err := New(busyRules, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ method, target, header, value string }{
		{"POST", "https://evil.example/", "Origin", "https://third.example"},
		{"GET", "https://app.example/?_method=DELETE", "Upgrade", "websocket"},
	} {
		q := httptest.NewRequest(test.method, test.target, nil)
		q.Header.Set("Sec-Fetch-Site", "cross-site")
		q.Header.Set(test.header, test.value)
		if q.Header.Get("Origin") == "" {
			q.Header.Set("Origin", "https://third.example")
		}
		if d := g.Check(q); d.Allowed {
			t.Errorf("%s %s: slipped through beside a rule in report: %s", test.method, test.target, d.Reason)
		}
	}
}

func TestEveryRequestIsCounted(t *testing.T) {
	o := busyOptions()
	o.ReportOnly = []Rule{RuleForgery}
	o.Metrics = NewMetrics()
	g, err := New(busyRules, o)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		g.Check(randomRequest(r))
	}
	w := httptest.NewRecorder()
	o.Metrics.ServeHTTP(w, nil)
	sum := 0
	for _, line := range strings.Split(w.Body.String(), "\n") {
		var n int
		if strings.Contains(line, `mode="enforce"`) {
			fmt.Sscan(line[strings.LastIndexByte(line, ' '):], &n)
			sum += n
		}
	}
	if sum != 1000 || o.Metrics.Count(policy.CrossSite, Report) == 0 || o.Metrics.Count(policy.CrossSite, Enforce) == 0 {
		t.Errorf("%d counted:\n%s", sum, w.Body)
	}
	if !strings.Contains(w.Body.String(), `mantlet_guard_decisions_total{rule="forgery",reason="cross-site",mode="report",outcome="refused"}`) {
		t.Errorf("got\n%s", w.Body)
	}
}

func TestTheLogTellsWhyAndNoSecrets(t *testing.T) {
	var log bytes.Buffer
	s := serve(t, true, policy.Rules{}, Options{Logger: slog.New(slog.NewJSONHandler(&log, nil))}, nil)
	s.send(t, "POST /pay HTTP/1.1", appHost, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Cookie: sid=s3cret", "X-CSRF-Token: t0ken", "", "")
	for _, want := range []string{`"reason":"cross-site"`, `"rule":"forgery"`, `"mode":"enforce"`, `"path":"/pay"`, `"sec_fetch_site":"cross-site"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s in %s", want, &log)
		}
	}
	for _, secret := range []string{"s3cret", "t0ken", "evil"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%s is in the log", secret)
		}
	}
}

func TestEveryReasonIsCounted(t *testing.T) {
	m := NewMetrics()
	r := rand.New(rand.NewPCG(2, 2))
	for _, o := range []Options{busyOptions(), {}, {StripFrames: true}} {
		o.OnDecision = func(_ *http.Request, e Event) {
			if m.tallies[e.Decision.Reason] == nil {
				t.Errorf("%s is not counted", e.Decision.Reason)
			}
		}
		g, err := New(busyRules, o)
		if err != nil {
			t.Fatal(err)
		}
		for range 3000 {
			g.Check(randomRequest(r))
		}
	}
}
