package check

import (
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func TestAPlanIsMootOnlyWhereAProofAnswersIt(t *testing.T) {
	at := func(w finding.Weakness, route string, s finding.State) finding.Finding {
		e := finding.Endpoint{Method: "POST", Route: route}
		return finding.Finding{ID: finding.MakeID(w, e), Weakness: w, Endpoint: e, State: s}
	}
	for _, test := range []struct {
		name  string
		f     finding.Finding
		tried finding.Finding
		want  bool
	}{
		{"a gap beside a missing defence", at(finding.CSRFOriginCheck, "/a", finding.Suspected), at(finding.CSRF, "/a", finding.Proven), true},
		{"a gap elsewhere", at(finding.CSRFOriginCheck, "/b", finding.Suspected), at(finding.CSRF, "/a", finding.Proven), false},
		{"a gap beside a defence that held", at(finding.CSRFOriginCheck, "/a", finding.Suspected), at(finding.CSRF, "/a", finding.Refuted), false},
		{"another way in", at(finding.CSRFMethodOverride, "/a", finding.Suspected), at(finding.CSRF, "/a", finding.Proven), false},
		{"another's object where no login is asked for", at(finding.BOLAWrite, "/a", finding.Suspected), at(finding.AuthMissing, "/a", finding.Proven), true},
		{"existence of what is read", at(finding.BOLAExistence, "/a", finding.Suspected), at(finding.BOLARead, "/a", finding.Proven), true},
		{"reading where existence is told", at(finding.BOLARead, "/a", finding.Suspected), at(finding.BOLAExistence, "/a", finding.Proven), false},
		{"a field where no login is asked for", at(finding.PropertyAssignment, "/a", finding.Suspected), at(finding.AuthMissing, "/a", finding.Proven), false},
		{"a second candidate of a proven finding", at(finding.Clickjacking, "/a", finding.Suspected), at(finding.Clickjacking, "/a", finding.Proven), true},
	} {
		var tried Tried
		tried.Note(test.tried)
		if got := tried.Moot(test.f); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}
