package prove_test

import (
	"cmp"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/check"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// tryShop puts every suspicion about one variant of the lab's shop to the test.
func tryShop(t *testing.T, variant string) (found []finding.Finding, shop *lab.Instance) {
	t.Helper()
	shop, err := lab.StartEmbedded(variant)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shop.Stop() })
	spec := func(i lab.Identity) identity.Spec { return person(i.Name, i.Password) }
	r := newRig(t, shop.URL, spec(shop.Identities[0]), spec(shop.Identities[1])).withBrowser(t, shop.URL)
	site, err := observe.Collect(t.Context(), r.grant, []*identity.Session{r.visitor, r.alice, r.bob}, observe.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.bench.Site = site
	before := shop.Embedded.State()
	check.Run(site, policy.Rules{}, func(f finding.Finding) {
		if f.Plan != nil && (os.Getenv("ONLY") == "" || strings.Contains(os.Getenv("ONLY"), string(f.Weakness))) {
			found = append(found, r.attempt(t, f))
		}
	})
	mutations := r.bench.Restore(t.Context())
	remaining := 0
	for _, m := range mutations {
		if !m.Undone {
			remaining++
			t.Logf("remains: %s %s: %s", m.Endpoint, m.Purpose, m.Note)
		}
	}
	after := shop.Embedded.State()
	if remaining == 0 && !maps.Equal(before, after) {
		t.Errorf("state before %v\nafter %v", before, after)
	}
	for where, was := range before {
		if now, ok := after[where]; !ok || now != was {
			t.Errorf("%s was %q and is %q", where, was, now)
		}
	}
	return found, shop
}

func TestShop(t *testing.T) {
	found, shop := tryShop(t, cmp.Or(os.Getenv("SHOP"), "weak"))
	_ = found
	_ = shop
}
