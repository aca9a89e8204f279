package prove_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/check"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/prove"
	"github.com/mantlet-dev/mantlet/internal/scope"
	"github.com/mantlet-dev/mantlet/internal/state"
	"github.com/mantlet-dev/mantlet/policy"
)

// What an identifier is called is each framework's own affair.
var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// aboutAccess says whether a weakness is one of authentication or authorization.
func aboutAccess(w string) bool {
	return slices.ContainsFunc([]string{"auth-", "bola-", "property-", "race-"}, func(family string) bool { return strings.HasPrefix(w, family) })
}

// intrude observes an instance as everybody it names and puts the suspicions about
// access to the test, without a browser.
// Seeds are addresses that only scripts ask for.
func intrude(t *testing.T, app *lab.Instance, seeds ...string) (settled []finding.Finding, remaining []finding.Mutation) {
	t.Helper()
	return intrudeWith(t, app, func(*prove.Bench) {}, seeds...)
}

func intrudeWith(t *testing.T, app *lab.Instance, set func(*prove.Bench), seeds ...string) (settled []finding.Finding, remaining []finding.Mutation) {
	t.Helper()
	grant, err := scope.Open(t.Context(), scope.Claim{Targets: []string{app.URL}, MaxRequests: 100000})
	if err != nil {
		t.Fatal(err)
	}
	crew := []*identity.Session{identity.Anonymous(grant)}
	for _, i := range app.Identities {
		spec := person(i.Name, i.Password)
		spec.Form.Fields["username"] = i.Username
		session, err := identity.Login(t.Context(), grant, spec, nil)
		if err != nil {
			t.Fatal(err)
		}
		crew = append(crew, session)
	}
	site, err := observe.Collect(t.Context(), grant, crew, observe.Options{Seeds: seeds})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{grant: grant, bench: &prove.Bench{Grant: grant, Site: site, Readers: tablesOf(t, app, grant), Victim: func(name string) *identity.Session {
		at := slices.IndexFunc(crew, func(s *identity.Session) bool { return s.Name() == name })
		if at < 0 {
			return nil
		}
		return crew[at]
	}}}
	set(r.bench)
	var found []finding.Finding
	for _, skip := range check.Run(site, policy.Rules{}, func(f finding.Finding) {
		if aboutAccess(string(f.Weakness)) {
			found = append(found, f)
		}
	}) {
		t.Logf("skipped %s: %s", skip.What, skip.Why)
	}
	var tried check.Tried
	for i := range found {
		if found[i].Plan != nil && !tried.Moot(found[i]) {
			found[i] = r.attempt(t, found[i])
		}
		tried.Note(found[i])
	}
	for _, m := range r.bench.Restore(t.Context()) {
		if !m.Undone {
			remaining = append(remaining, m)
		}
	}
	return check.Settle(found), remaining
}

// holdAccess compares what was proven with the truth about access.
func holdAccess(t *testing.T, truth []lab.TruthRow, settled []finding.Finding) {
	t.Helper()
	at := func(weakness, endpoint string) string {
		return weakness + " " + placeholder.ReplaceAllString(endpoint, "{}")
	}
	state := map[string]finding.State{}
	for _, f := range settled {
		state[at(string(f.Weakness), f.Endpoint.String())] = f.State
		t.Logf("%s %s %s %s: %s", f.State, f.Severity, f.Weakness, f.Endpoint, f.Why)
	}
	for _, row := range truth {
		if !slices.ContainsFunc(check.All(), func(c *check.Check) bool { return c.ID == row.Weakness }) || !aboutAccess(row.Weakness) {
			continue
		}
		got := state[at(row.Weakness, row.Endpoint)]
		if shown := got == finding.Proven || got == finding.Suspected && row.Weakness == string(finding.AuthTokenStorage); shown != (row.Truth == lab.Vulnerable) {
			t.Errorf("%s %s: %q, in truth %s (%s)", row.Weakness, row.Endpoint, got, row.Truth, row.Note)
		}
	}
}

func TestAccessToTheShop(t *testing.T) {
	for _, variant := range []string{"weak", "repaired"} {
		t.Run(variant, func(t *testing.T) {
			app := startShop(t, variant)
			settled, remaining := intrude(t, app, "/api/loyalty", "/api/loyalty/history", "/api/loyalty/card")
			holdAccess(t, app.Truth, settled)
			for _, m := range remaining {
				if m.Endpoint.Route == "/order" || m.Endpoint.Route == "/vouchers/{id}/redeem" {
					continue // nothing of the shop's takes an order back, nor credit that was given
				}
				t.Errorf("%s %s remains: %s %v", m.Purpose, m.Endpoint, m.Note, m.Changes)
			}
		})
	}
}

// tablesOf reads the tables of an application that has some.
func tablesOf(t *testing.T, app *lab.Instance, grant *scope.Grant) []state.Reader {
	t.Helper()
	if app.DynamoDB == nil {
		return nil
	}
	reader, err := state.OpenDynamo(t.Context(), app.DynamoDB.Endpoint, app.DynamoDB.Region, app.DynamoDB.Names, grant.Redactor().Text)
	if err != nil {
		t.Fatal(err)
	}
	return []state.Reader{reader}
}

// What people find on the Python applications is found, and their repaired twins
// give no alarm; what they keep in DynamoDB is the same afterwards.
func TestAccessToPython(t *testing.T) {
	needLab(t)
	d, err := lab.StartDynamoDB(t.Context(), repository, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Stop()
	for _, framework := range lab.Frameworks() {
		for _, variant := range []string{"weak", "repaired"} {
			t.Run(framework+"/"+variant, func(t *testing.T) {
				log := &bytes.Buffer{}
				app, err := lab.Start(t.Context(), framework, lab.Options{Dir: repository, Variant: variant, DynamoDB: d, Log: log})
				if err != nil {
					t.Fatalf("%v\n%s", err, log)
				}
				defer app.Stop()
				settled, remaining := intrude(t, app)
				holdAccess(t, app.Truth, settled)
				for _, m := range remaining {
					t.Logf("remains: %s %s: %s", m.Endpoint, m.Purpose, m.Note)
				}
			})
		}
	}
}
