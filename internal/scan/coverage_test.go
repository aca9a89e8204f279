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

func TestOnlyActionsCountAsActionsPutToTheTest(t *testing.T) {
	site := &observe.Site{Actions: []finding.Action{{Method: "POST", Route: "/email"}, {Method: "POST", Route: "/name"}}}
	if n := triedOf(site, map[string]bool{"POST /email": true, "GET /orders": true}); n != 1 {
		t.Errorf("%d of 2 actions, want 1", n)
	}
}
