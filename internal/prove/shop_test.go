package prove_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/check"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// tryLab observes an instance of the lab, puts every suspicion to the test and
// gives what settles, and what of the changes remains.
func tryLab(t *testing.T, app *lab.Instance, prepare func(*rig)) (settled []finding.Finding, remaining []finding.Mutation) {
	t.Helper()
	spec := func(i lab.Identity) identity.Spec {
		s := person(i.Name, i.Password)
		s.Form.Fields["username"] = i.Username
		return s
	}
	r := newRig(t, app.URL, spec(app.Identities[0]), spec(app.Identities[1])).withBrowser(t, app.URL)
	site, err := observe.Collect(t.Context(), r.grant, []*identity.Session{r.visitor, r.alice, r.bob}, observe.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.bench.Site = site
	if prepare != nil {
		prepare(r)
	}
	var found []finding.Finding
	check.Run(site, policy.Rules{}, func(f finding.Finding) {
		if f.Plan != nil {
			found = append(found, r.attempt(t, f))
		}
	})
	for _, m := range r.bench.Restore(t.Context()) {
		if !m.Undone {
			remaining = append(remaining, m)
		}
	}
	return check.Settle(found), remaining
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// holdAgainst compares what was proven with the lab's truth.
func holdAgainst(t *testing.T, truth []lab.TruthRow, settled []finding.Finding) {
	t.Helper()
	proven, forged := map[string]bool{}, map[string]bool{}
	// What an identifier is called is each framework's own affair.
	at := func(endpoint string) string { return placeholder.ReplaceAllString(endpoint, "{}") }
	for _, f := range settled {
		if f.State == finding.Proven {
			proven[string(f.Weakness)+" "+at(f.Endpoint.String())] = true
			if strings.HasPrefix(string(f.Weakness), "csrf") {
				// Which of its names a forged request goes by is the checks' decision.
				forged[at(f.Endpoint.String())] = true
			}
		}
	}
	for _, row := range truth {
		if !strings.HasPrefix(row.Weakness, "csrf") && row.Weakness != string(finding.Clickjacking) {
			continue
		}
		switch shown := proven[row.Weakness+" "+at(row.Endpoint)]; {
		case shown && row.Truth == lab.Safe:
			t.Errorf("%s at %s is proven, and it is safe: %s", row.Weakness, row.Endpoint, row.Note)
		case row.Weakness == string(finding.CSRFTokenInURL), row.Endpoint == "POST /logout":
			// The first is seen and needs no proof; the second would end the session that is read with.
		case !shown && !forged[at(row.Endpoint)] && row.Truth == lab.Vulnerable:
			t.Errorf("%s at %s is not proven, and it is there: %s", row.Weakness, row.Endpoint, row.Note)
		}
		delete(proven, row.Weakness+" "+at(row.Endpoint))
	}
	for what := range proven {
		t.Logf("proven, and the truth does not mention it: %s", what)
	}
}

func startShop(t *testing.T, variant string) *lab.Instance {
	t.Helper()
	shop, err := lab.StartEmbedded(variant)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shop.Stop() })
	return shop
}

func TestShopIsProvenAsWeakAsItIs(t *testing.T) {
	for _, variant := range []string{"weak", "lax", "repaired"} {
		t.Run(variant, func(t *testing.T) {
			if variant == "lax" {
				needLab(t) // forty proofs of one and the same weakness
			}
			shop := startShop(t, variant)
			before := shop.Embedded.State()
			settled, remaining := tryLab(t, shop, nil)
			holdAgainst(t, shop.Truth, settled)
			if variant == "repaired" {
				for _, f := range settled {
					if f.State == finding.Proven {
						t.Errorf("%s at %s is proven on the repaired shop", f.Weakness, f.Endpoint)
					}
				}
			}
			// Orders cannot be taken back, and are the only thing that may be left.
			for _, m := range remaining {
				if m.Endpoint.Route != "/order" || m.Note == "" || len(m.Changes) == 0 {
					t.Errorf("remains: %s %s: %s", m.Endpoint, m.Purpose, m.Note)
				}
			}
			after := shop.Embedded.State()
			maps.DeleteFunc(after, func(where, _ string) bool {
				_, known := before[where]
				return !known && strings.Contains(where, ".orders.")
			})
			if !maps.Equal(before, after) {
				t.Errorf("state before %v\nand after %v", before, after)
			}
		})
	}
}
