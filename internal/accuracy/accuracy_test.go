package accuracy

import (
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func at(w finding.Weakness, method, route string, state finding.State) finding.Finding {
	e := finding.Endpoint{Method: method, Route: route}
	return finding.Finding{ID: finding.MakeID(w, e), Weakness: w, Endpoint: e, State: state, Severity: finding.Medium}
}

func TestAFindingDecidesTheFactAtItsPlace(t *testing.T) {
	vulnerable := Fact{Endpoint: "POST /payees/{payee_id}/delete", Weakness: "csrf", Truth: "vulnerable"}
	safe := Fact{Endpoint: "POST /safe", Weakness: "csrf", Truth: "safe"}
	for _, test := range []struct {
		name string
		fact Fact
		f    finding.Finding
		want Verdict
	}{
		{"the same place under another placeholder", vulnerable, at(finding.CSRF, "POST", "/payees/{id}/delete", finding.Proven), Proven},
		{"another root cause of the same family", vulnerable, at(finding.CSRFTokenUnbound, "POST", "/payees/{id}/delete", finding.Proven), Proven},
		{"another method", vulnerable, at(finding.CSRF, "GET", "/payees/{id}/delete", finding.Proven), None},
		{"another family", vulnerable, at(finding.Clickjacking, "POST", "/payees/{id}/delete", finding.Proven), None},
		{"not testable is no finding", vulnerable, at(finding.CSRF, "POST", "/payees/{id}/delete", finding.NotTestable), NotTested},
		{"a refuted attack on a safe place", safe, at(finding.CSRF, "POST", "/safe", finding.Refuted), Refuted},
		{"an alarm on a safe place", safe, at(finding.CSRF, "POST", "/safe", finding.Suspected), Suspected},
	} {
		if got := verdictOn(test.fact, test.f); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

func TestARemarkOnASafePlaceIsNoAlarm(t *testing.T) {
	f := at(finding.FramingXFOOnly, "GET", "/", finding.Suspected)
	f.Severity = finding.Info
	r := Compare(Truth{Rows: []Fact{{Endpoint: "GET /", Weakness: "framing", Truth: "safe"}}}, []finding.Finding{f})
	if r.FalseSuspected != 0 || r.Rows[0].Verdict != None {
		t.Errorf("got %+v, want no false alarm", r)
	}
}

func TestSharesAndFalseAlarmsAreCounted(t *testing.T) {
	truth := Truth{App: "a", Variant: "weak", Rows: []Fact{
		{Endpoint: "POST /1", Weakness: "csrf", Truth: "vulnerable"},
		{Endpoint: "POST /2", Weakness: "csrf", Truth: "vulnerable"},
		{Endpoint: "POST /3", Weakness: "csrf", Truth: "vulnerable"},
		{Endpoint: "POST /4", Weakness: "csrf", Truth: "safe"},
	}}
	r := Compare(truth, []finding.Finding{
		at(finding.CSRF, "POST", "/1", finding.Proven),
		at(finding.CSRF, "POST", "/2", finding.Suspected),
		at(finding.CSRF, "POST", "/4", finding.Proven),
		at(finding.CSRF, "POST", "/5", finding.Proven),
	})
	if r.Recall != 2.0/3 || r.ProvenRecall != 1.0/3 || r.FalseProven != 1 || len(r.Unlisted) != 1 {
		t.Errorf("got %+v", r)
	}
}

func TestAnUnlistedAlarmOnASafeVariantIsFalse(t *testing.T) {
	truth := Truth{Rows: []Fact{{Endpoint: "POST /1", Weakness: "csrf", Truth: "safe"}}}
	r := Compare(truth, []finding.Finding{at(finding.Clickjacking, "GET", "/x", finding.Proven)})
	if r.FalseProven != 1 {
		t.Errorf("got %d false proven, want 1", r.FalseProven)
	}
}

func TestAMisspeltTruthFileIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no json":        `{`,
		"no rows":        `{"app":"x"}`,
		"no path":        `{"rows":[{"endpoint":"POST","weakness":"csrf","truth":"safe"}]}`,
		"unknown truth":  `{"rows":[{"endpoint":"POST /","weakness":"csrf","truth":"yes"}]}`,
		"empty weakness": `{"rows":[{"endpoint":"POST /","weakness":"","truth":"safe"}]}`,
	} {
		if _, err := ParseTruth([]byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzParseTruth(f *testing.F) {
	f.Add([]byte(`{"rows":[{"endpoint":"POST /a/{b}","weakness":"csrf","truth":"safe"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		truth, err := ParseTruth(text)
		if err == nil {
			Compare(truth, []finding.Finding{at(finding.CSRF, "POST", "/a/1", finding.Proven)})
		}
	})
}
