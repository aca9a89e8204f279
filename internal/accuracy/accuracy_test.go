package accuracy

import (
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/lab"
)

func at(w finding.Weakness, method, route string, state finding.State) finding.Finding {
	e := finding.Endpoint{Method: method, Route: route}
	return finding.Finding{ID: finding.MakeID(w, e), Weakness: w, Endpoint: e, State: state, Severity: finding.Medium}
}

func TestAFindingDecidesTheRowAtItsPlace(t *testing.T) {
	vulnerable := lab.TruthRow{Endpoint: "POST /payees/{payee_id}/delete", Weakness: "csrf", Truth: "vulnerable"}
	safe := lab.TruthRow{Endpoint: "POST /safe", Weakness: "csrf", Truth: "safe"}
	for _, test := range []struct {
		name string
		fact lab.TruthRow
		f    finding.Finding
		want Verdict
	}{
		{"the same place under another placeholder", vulnerable, at(finding.CSRF, "POST", "/payees/{id}/delete", finding.Proven), Proven},
		{"another root cause of the same family", vulnerable, at(finding.CSRFTokenUnbound, "POST", "/payees/{id}/delete", finding.Proven), Proven},
		{"another method", vulnerable, at(finding.CSRF, "GET", "/payees/{id}/delete", finding.Proven), None},
		{"clickjacking seen as a framable page", lab.TruthRow{Endpoint: "GET /x", Weakness: "clickjacking", Truth: "vulnerable"},
			at(finding.FramingAbsent, "GET", "/x", finding.Suspected), Suspected},
		{"a framable page where no click does harm", lab.TruthRow{Endpoint: "GET /x", Weakness: "clickjacking", Truth: "safe"},
			at(finding.FramingAbsent, "GET", "/x", finding.Suspected), None},
		{"another cookie flag", lab.TruthRow{Endpoint: "POST /login", Weakness: "cookie-secure", Truth: "vulnerable"},
			at(finding.CookieSameSite, "POST", "/login", finding.Suspected), None},
		{"a name of somebody else's", lab.TruthRow{Endpoint: "POST /login", Weakness: "cookie-flags", Truth: "vulnerable"},
			at(finding.CookieSameSite, "POST", "/login", finding.Suspected), Suspected},
		{"any page is not the page of unknown paths", lab.TruthRow{Endpoint: "GET /{unknown}", Weakness: "framing-uncovered", Truth: "vulnerable"},
			at(finding.FramingUncovered, "GET", "/stamp.svg", finding.Suspected), None},
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
	r := Compare(lab.Truth{Rows: []lab.TruthRow{{Endpoint: "GET /", Weakness: "framing", Truth: "safe"}}}, []finding.Finding{f})
	if r.FalseSuspected != 0 || r.Rows[0].Verdict != None {
		t.Errorf("got %+v, want no false alarm", r)
	}
}

func TestSharesAndFalseAlarmsAreCounted(t *testing.T) {
	truth := lab.Truth{App: "a", Variant: "weak", Rows: []lab.TruthRow{
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
	want := Tally{Name: "csrf", Vulnerable: 3, Found: 2, Provable: 3, Proven: 1, Safe: 1, FalseProven: 1}
	if len(r.ByWeakness) != 1 || r.ByWeakness[0] != want {
		t.Errorf("by weakness: %+v", r.ByWeakness)
	}
	if twice := Join(r, r); len(twice.Rows) != 8 || twice.ByFramework[0].Vulnerable != 6 || twice.FalseProven != 2 || twice.Recall != r.Recall {
		t.Errorf("joined: %+v", twice)
	}
}

func TestAnUnlistedAlarmOnASafeVariantIsFalse(t *testing.T) {
	truth := lab.Truth{Rows: []lab.TruthRow{{Endpoint: "POST /1", Weakness: "csrf", Truth: "safe"}}}
	r := Compare(truth, []finding.Finding{at(finding.Clickjacking, "GET", "/x", finding.Proven)})
	if r.FalseProven != 1 {
		t.Errorf("got %d false proven, want 1", r.FalseProven)
	}
	if row := r.Rows[len(r.Rows)-1]; row.Endpoint != "GET /x" || row.Mark() != "FALSE" {
		t.Errorf("it is no row: %+v", r.Rows)
	}
}
