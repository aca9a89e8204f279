package check

import (
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Only two halves that were both proven, at one action, make a chain (R54).
func TestChains(t *testing.T) {
	a := finding.Action{Method: "POST", URL: "https://app.test/profile", Route: "/profile"}
	elsewhere := finding.Action{Method: "POST", URL: "https://app.test/other", Route: "/other"}
	accepted := func(by, name string) *finding.Proof {
		return &finding.Proof{Marker: "admin", Attempts: []finding.Attempt{{Variant: "other", By: by}, {Variant: name, By: by, Accepted: true}},
			Changes: []finding.Change{{Where: "GET /api/me $.role", Before: "member", After: "admin"}}}
	}
	made := func(w finding.Weakness, s finding.State, p finding.Plan, proof *finding.Proof) finding.Finding {
		return rated(finding.Finding{Weakness: w, Endpoint: p.Action.Endpoint(), State: s, Plan: &p, Proof: proof})
	}
	forged := made(finding.CSRF, finding.Proven, finding.Plan{Kind: finding.PlanForge, Victim: "carol", Action: a,
		Variants: []finding.Variant{{Name: "other"}, {Name: "plain"}}}, accepted("browser", "plain"))
	clicked := made(finding.Clickjacking, finding.Proven, finding.Plan{Kind: finding.PlanFrame, Victim: "carol", Action: a, Clicks: []finding.Click{{Page: "x"}}}, accepted("browser", ""))
	assigned := made(finding.PropertyAssignment, finding.Proven, finding.Plan{Kind: finding.PlanAccess, Victim: "alice", Action: a,
		Extra: []finding.Field{{Name: "credit"}, {Name: "role", Value: "member", Options: []string{"admin", "staff"}}}}, accepted("replay", "role=admin"))
	function := made(finding.AuthFunction, finding.Proven, finding.Plan{Kind: finding.PlanAccess, Victim: "carol", Intruder: "alice", Action: a}, accepted("replay", "as alice"))
	safe := assigned
	safe.State = finding.Refuted
	far := made(finding.AuthFunction, finding.Proven, finding.Plan{Kind: finding.PlanAccess, Victim: "carol", Intruder: "alice", Action: elsewhere}, accepted("replay", "as alice"))
	for _, row := range []struct {
		name   string
		in     []finding.Finding
		reach  finding.Weakness
		victim string
	}{
		{"a forged request and a field more", []finding.Finding{forged, assigned, function}, finding.PropertyAssignment, "carol"},
		{"a forged request and a function", []finding.Finding{function, forged}, finding.AuthFunction, "alice"},
		{"a click and a function", []finding.Finding{clicked, function, assigned}, finding.AuthFunction, "alice"},
		{"a click adds no field", []finding.Finding{clicked, assigned}, "", ""},
		{"one half was refuted", []finding.Finding{forged, safe}, "", ""},
		{"two places", []finding.Finding{forged, far}, "", ""},
		{"one half", []finding.Finding{assigned, function}, "", ""},
	} {
		got := Chains(row.in)
		if row.reach == "" {
			if len(got) != 0 {
				t.Errorf("%s: got %+v", row.name, got)
			}
			continue
		}
		if len(got) != 1 || got[0].Plan.Reach.Weakness != row.reach || got[0].Plan.Victim != row.victim || !got[0].Plan.OnlyIfProven || len(got[0].Evidence) != 2 {
			t.Errorf("%s: got %+v", row.name, got)
			continue
		}
		if r := got[0].Plan.Reach; r.Weakness == finding.PropertyAssignment &&
			(r.Field.Name != "role" || r.Field.Options[0] != "admin" || len(r.Where) != 1 || len(got[0].Plan.Variants) != 1 || got[0].Plan.Variants[0].Name != "plain, with role=admin") {
			t.Errorf("%s: reaches %+v by %v", row.name, r, got[0].Plan.Variants)
		}
	}
	if forged.Plan.Variants[1].Name != "plain" {
		t.Error("the argument was changed")
	}
}
