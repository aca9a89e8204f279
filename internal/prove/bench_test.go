package prove_test

import (
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/check"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// BenchmarkTwentyProofs is the time from the first suspicion about the lab's weak
// shop to the twentieth proof in the browser, everything that is refuted on the
// way, all controls and all undoing included. The browsers run already.
func BenchmarkTwentyProofs(b *testing.B) {
	shop, err := lab.StartEmbedded("weak")
	if err != nil {
		b.Fatal(err)
	}
	defer shop.Stop()
	for b.Loop() {
		b.StopTimer()
		alice, bob := person("alice", shop.Identities[0].Password), person("bob", shop.Identities[1].Password)
		r := newRig(b, shop.URL, alice, bob).withBrowser(b, shop.URL)
		site, err := observe.Collect(b.Context(), r.grant, []*identity.Session{r.visitor, r.alice, r.bob}, observe.Options{})
		if err != nil {
			b.Fatal(err)
		}
		r.bench.Site = site
		var suspicions []finding.Finding
		check.Run(site, policy.Rules{}, func(f finding.Finding) {
			if f.Plan != nil {
				suspicions = append(suspicions, f)
			}
		})
		for _, setting := range []finding.ThirdParty{finding.ThirdPartyAllowed, finding.ThirdPartyBlocked} {
			if _, err := r.bench.Browser(b.Context(), setting); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		start, proven := time.Now(), 0
		for _, f := range suspicions {
			got, err := r.bench.Attempt(b.Context(), f)
			if err != nil {
				b.Fatal(err)
			}
			if got.State == finding.Proven {
				if proven++; proven == 20 {
					break
				}
			}
		}
		b.ReportMetric(time.Since(start).Seconds(), "s/20-proofs")
		if proven < 20 {
			b.Logf("only %d proofs", proven)
		}
	}
}
