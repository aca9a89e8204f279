package check

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// behind is the bank behind something that sends these headers, at another address.
func behind(header http.Header, routes ...string) *observe.Site {
	site := &observe.Site{Target: "http://127.0.0.1:8080/", Identities: []string{"", "alice"}}
	for _, route := range routes {
		path := strings.ReplaceAll(route, "{id}", "new")
		x := &observe.Exchange{Identity: "alice", Method: "GET", URL: "http://127.0.0.1:8080" + path,
			Route: route, Status: 200, Type: "text/html", Header: header}
		site.Exchanges = append(site.Exchanges, x)
		site.Pages = append(site.Pages, &observe.Page{Exchange: x, Controls: []observe.Control{{Selector: "button", Action: -1}}})
	}
	return site
}

// withoutControls is a site that answers with something else: an error, a refusal.
func withoutControls(site *observe.Site) *observe.Site {
	for _, page := range site.Pages {
		page.Controls = nil
	}
	return site
}

func proven(w finding.Weakness, endpoint string, change ...func(*finding.Finding)) finding.Finding {
	f := outcome(w, endpoint, finding.Proven, change...)
	f.Identity = "alice"
	return f
}

func frames(f *finding.Finding) {
	f.Plan.Kind, f.Plan.Clicks = finding.PlanFrame, []finding.Click{{Page: f.Endpoint.URL, Selector: "button"}}
}

func headersOnly(routes ...string) func(*finding.Finding) {
	return func(f *finding.Finding) {
		f.Plan = nil
		for _, r := range routes {
			f.Routes = append(f.Routes, finding.Endpoint{Method: "GET", Route: r})
		}
	}
}

func TestWhatWasProvenIsAskedAboutAgain(t *testing.T) {
	shut := http.Header{policy.HeaderCSP: {"frame-ancestors 'none'"}}
	for _, row := range []struct {
		name    string
		earlier finding.Finding
		site    *observe.Site
		want    finding.State
		planned bool
		why     string
	}{
		{"a forgery is tried", proven(finding.CSRF, "POST /email"), behind(shut, "/"), finding.Suspected, true, "earlier scan proved"},
		{"a page is framed", proven(finding.Clickjacking, "GET /offers", frames), behind(shut, "/offers"), finding.Suspected, true, ""},
		{"a page that is not shown any more proves nothing", proven(finding.Clickjacking, "GET /offers", frames), behind(shut, "/"), finding.NotTestable, false, "did not get to see GET /offers"},
		{"nor does one without the control", proven(finding.Clickjacking, "GET /offers", frames), withoutControls(behind(shut, "/offers")), finding.NotTestable, false, "did not get to see GET /offers"},
		{"headers are read again", proven(finding.FramingAbsent, "GET /a", headersOnly("/b")), behind(shut, "/a", "/b"), finding.Refuted, false, "2 routes keep every stranger out"},
		{"of every page", proven(finding.FramingAbsent, "GET /a", headersOnly("/b")), behind(shut, "/a"), finding.NotTestable, false, "did not get to see GET /b"},
		{"and are what they are", proven(finding.FramingAbsent, "GET /a", headersOnly()), behind(nil, "/a"), finding.Suspected, false, "may still frame GET /a"},
	} {
		got := Again(row.site, policy.Rules{}, []finding.Finding{row.earlier}, nil)
		if len(got) != 1 {
			t.Fatalf("%s: got %d findings", row.name, len(got))
		}
		f := got[0]
		if f.ID != row.earlier.ID || f.State != row.want || f.Plan != nil != row.planned || !strings.Contains(f.Why, row.why) {
			t.Errorf("%s: got %s %s, plan %v: %s", row.name, f.ID, f.State, f.Plan != nil, f.Why)
		}
	}
}

func TestWhatTheScanSuspectsByItselfIsNotRepeated(t *testing.T) {
	e := proven(finding.CSRF, "POST /email")
	refuted := e
	refuted.State = finding.Refuted
	again := e
	again.State = finding.Suspected
	for name, got := range map[string][]finding.Finding{
		"suspected anew":            Again(behind(nil, "/"), policy.Rules{}, []finding.Finding{e}, []finding.Finding{again}),
		"not proven in the earlier": Again(behind(nil, "/"), policy.Rules{}, []finding.Finding{refuted}, nil),
	} {
		if len(got) != 0 {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestAnEarlierPlanIsAimedAtWhatIsThereNow(t *testing.T) {
	e := proven(finding.Clickjacking, "GET /notes/{id}", frames, func(f *finding.Finding) {
		f.Endpoint.URL = "https://bank.test/notes/old"
		f.Plan.Action = finding.Action{Method: "POST", Route: "/notes/{id}/drop", URL: "https://bank.test/notes/old/drop", Page: "https://bank.test/notes/old"}
	})
	frames(&e)
	site := behind(http.Header{}, "/notes/{id}")
	plan := Again(site, policy.Rules{}, []finding.Finding{e}, nil)[0].Plan
	if plan.Action.URL != "http://127.0.0.1:8080/notes/old/drop" || plan.Clicks[0].Page != "http://127.0.0.1:8080/notes/new" {
		t.Errorf("without an action of the site: %+v", plan)
	}
	site = behind(http.Header{}, "/notes/{id}") // what was read from a site is kept
	site.Actions = []finding.Action{{Method: "POST", Route: "/notes/{id}/drop", URL: "http://127.0.0.1:8080/notes/new/drop"}}
	plan = Again(site, policy.Rules{}, []finding.Finding{e}, nil)[0].Plan
	if plan.Action.URL != site.Actions[0].URL || plan.Clicks[0].Page != "http://127.0.0.1:8080/notes/new" {
		t.Errorf("with one: %+v", plan)
	}
	if e.Plan.Clicks[0].Page != "https://bank.test/notes/old" || !slices.Equal(e.Routes, nil) {
		t.Errorf("the earlier finding was changed: %+v", e.Plan)
	}
}
