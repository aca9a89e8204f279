package report

import (
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// besideSample is a scan with one suspicion of an attack and two remarks, one of which
// is rated worse than the suspicion.
func besideSample(t *testing.T, more ...finding.Finding) Report {
	t.Helper()
	var c Collector
	findings := append([]finding.Finding{
		{Weakness: finding.HeaderCSP, Endpoint: at("GET", "/", "/"), State: finding.Suspected, Why: "nothing keeps scripts from running"},
		{Weakness: finding.ExposedCard, Endpoint: at("GET", "/cards", "/cards"), State: finding.Suspected, Why: "a number in full",
			Evidence: []finding.Evidence{{Kind: "exchange", Source: bank + "/cards", Text: "a card number of Visa, 16 digits, in line 1 of the answer"}}},
	}, more...)
	messages := []finding.Message{{Run: &finding.Run{Schema: Schema, Mode: "active"}}}
	for _, f := range findings {
		f.ID = finding.MakeID(f.Weakness, f.Endpoint)
		f.Severity, f.CVSS = finding.Rate(f)
		messages = append(messages, finding.Message{Finding: &f})
	}
	for _, m := range append(messages, finding.Message{End: &finding.End{Complete: true, Coverage: finding.Coverage{Tested: 1}}}) {
		if err := c.Handle(m); err != nil {
			t.Fatal(err)
		}
	}
	return c.Report()
}

func TestConfigurationStandsBesideTheAttacks(t *testing.T) {
	attack := finding.Finding{Weakness: finding.CookieSameSite, Endpoint: at("POST", "/login", "/login"), State: finding.Suspected}
	r := besideSample(t, attack)
	if r.Findings[0].Weakness != finding.CookieSameSite || r.Findings[1].Weakness != finding.ExposedCard {
		t.Errorf("the first findings are %s and %s", r.Findings[0].Weakness, r.Findings[1].Weakness)
	}
	if got := r.Verdict(); got != "No attack could be proven; 1 suspected" {
		t.Errorf("the verdict is %q", got)
	}
	text := textOf(t, r, Options{})
	for _, want := range []string{"1 suspected", "tested and protected, 2 on", besideTitle, "a card number of Visa", "mantlet explain cookie-samesite"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text does not say %q:\n%s", want, text)
		}
	}
	if strings.Index(text, besideTitle) < strings.Index(text, "POST /login") {
		t.Error("configuration stands before the attacks")
	}
	page := htmlOf(t, r)
	findings, beside := strings.Index(page, "<h2>Findings"), strings.Index(page, `<h2 id="beside">`)
	if findings < 0 || beside < findings || strings.Contains(page[findings:beside], "card number of Visa") || !strings.Contains(page[beside:], "card number of Visa") {
		t.Error("the page does not list configuration in a group of its own after the findings")
	}
}

func TestRemarksAloneLeaveAGoodTone(t *testing.T) {
	r := besideSample(t)
	if tone(r) != "warn" {
		t.Error("a card number is no reason to warn")
	}
	r.Findings = r.Findings[1:]
	if got := tone(r); got != "good" {
		t.Errorf("a missing policy for scripts alone gives the tone %s", got)
	}
}
