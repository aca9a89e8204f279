package scan

import (
	"slices"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

func TestDocumentedOperationsThatNobodyReachedAreNamed(t *testing.T) {
	site := &observe.Site{
		Documented: []finding.Endpoint{{Method: "GET", Route: "/seen"}, {Method: "GET", Route: "/refused"}, {Method: "PUT", Route: "/tested"}, {Method: "DELETE", Route: "/never"}},
		Exchanges: []*observe.Exchange{{Method: "GET", Route: "/seen", Status: 200}, {Method: "GET", Route: "/refused", Status: 403},
			{Method: "GET", Route: "/undocumented", Status: 200}},
	}
	var c finding.Coverage
	countDocumented(&c, site, map[string]bool{"PUT /tested": true})
	if c.Documented != 4 || c.Reached != 2 || !slices.Equal(c.Missed, []string{"DELETE /never", "GET /refused"}) {
		t.Errorf("got %+v", c)
	}
}

func TestAnActionIsPutToTheTestByAVerdictThatRestsOnWhatWasSent(t *testing.T) {
	at := func(route string, state finding.State, why string, attempts int) finding.Finding {
		return finding.Finding{State: state, Why: why, Plan: &finding.Plan{Action: finding.Action{Method: "POST", Route: route}},
			Proof: &finding.Proof{Attempts: make([]finding.Attempt, attempts)}}
	}
	o := ordeals{tested: map[string]bool{}, links: map[string]bool{}, why: map[string]string{}}
	for _, f := range []finding.Finding{
		at("/refused", finding.NotTestable, "not testable: the legitimate request was itself refused with status 403", 0),
		at("/refused", finding.NotTestable, "another reason", 0),
		at("/model", finding.Refuted, "nothing can be forged", 0),
		at("/half", finding.NotTestable, "not observable: it shows nowhere", 0), at("/half", finding.Refuted, "nothing changed", 2),
		at("/proven", finding.Proven, "", 1),
	} {
		o.note(f)
	}
	site := &observe.Site{}
	for _, route := range []string{"/refused", "/model", "/half", "/proven", "/left", "/also-left"} {
		site.Actions = append(site.Actions, finding.Action{Method: "POST", Route: route})
	}
	actions := changing(site, o)
	if n := triedOf(actions, o); n != 2 {
		t.Errorf("%d actions put to the test, want those at /half and /proven", n)
	}
	want := []finding.Skip{
		{What: "POST /refused", Why: "not put to the test: the legitimate request was itself refused with status 403"},
		{What: "POST /model", Why: "not put to the test: nothing can be forged"},
		{What: "POST /left, POST /also-left", Why: "not put to the test: no attack applies to it"},
	}
	if got := untested(actions, o); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestOnlyActionsCountAsActionsPutToTheTest(t *testing.T) {
	site := &observe.Site{Actions: []finding.Action{{Method: "POST", Route: "/email"}, {Method: "POST", Route: "/name"}, {Method: "POST", Route: "/name", Page: "/other"},
		{Method: "GET", Route: "/search"}, {Method: "GET", Route: "/unfollow"}}}
	o := ordeals{tested: map[string]bool{"POST /email": true, "GET /orders": true, "GET /search": true, "GET /unfollow": true}, links: map[string]bool{"GET /unfollow": true}}
	actions := changing(site, o)
	if want := []string{"POST /email", "POST /name", "GET /unfollow"}; !slices.Equal(actions, want) {
		t.Errorf("the actions are %v, want %v", actions, want)
	}
	if n := triedOf(actions, o); n != 2 {
		t.Errorf("%d put to the test, want 2", n)
	}
}

func TestASiteThatShowedNothingWasNotLookedAt(t *testing.T) {
	x := []*observe.Exchange{{Method: "GET", Route: "/", Status: 404}}
	if skips := unseen(&observe.Site{Exchanges: x}); len(skips) != 1 || !skips[0].Incomplete {
		t.Errorf("of nothing but errors it says %v", skips)
	}
	for _, site := range []*observe.Site{{Exchanges: x, Pages: []*observe.Page{{}}}, {Exchanges: x, Documented: []finding.Endpoint{{Route: "/a"}}}, {}} {
		if skips := unseen(site); skips != nil {
			t.Errorf("%+v", skips)
		}
	}
}
