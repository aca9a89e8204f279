package dynamo_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/dynamotest"
	"github.com/mantlet-dev/mantlet/session"
	"github.com/mantlet-dev/mantlet/session/dynamo"
	"github.com/mantlet-dev/mantlet/session/sessiontest"
)

// D3: 99 sessions end in one transaction, and none of them loads afterwards. How long
// that takes is told, beside plain reads of the same machine: BenchmarkRevoke measures it.
func TestRevokingNinetyNineSessionsIsOneTransaction(t *testing.T) {
	const sessions = 99
	rounds := dynamotest.Times(20)
	var used capacity
	clock := sessiontest.NewClock()
	store := open(t, dynamo.Config{Now: clock.Now, OnCapacity: used.add})
	var revoking, loading []time.Duration
	for round := range rounds {
		user := "revoked-" + string(rune('a'+round))
		there := manySessions(t, store, clock, user, sessions)
		loading = append(loading, timed(t, func() error { _, err := store.Load(t.Context(), there[0].Key); return err }))
		used.take()
		revoking = append(revoking, timed(t, func() error { return store.Revoke(t.Context(), there[0].Ref, session.Key{}) }))
		if units, calls := used.take(); calls["TransactWriteItems"] != 1 || calls["Query"] != 1 || len(calls) != 2 {
			t.Fatalf("revoking took %v and %.1f units, want one Query and one transaction", calls, units)
		}
		for _, r := range there {
			if _, err := store.Load(t.Context(), r.Key); !errors.Is(err, session.ErrNoSession) {
				t.Fatalf("after the revocation: %v", err)
			}
		}
	}
	t.Logf("D3: revoking %d sessions: p50 %v, p95 of %d %v; a load p50 %v; ratio %.1f", sessions,
		median(revoking), rounds, percentile(revoking, 95).Round(10*time.Microsecond), median(loading), float64(median(revoking))/float64(median(loading)))
}

func timed(t testing.TB, do func() error) time.Duration {
	t.Helper()
	start := time.Now()
	if err := do(); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2].Round(10 * time.Microsecond)
}

// D4: a request every three seconds for half an hour: each is one strongly consistent
// read, and few are followed by a write.
func TestARequestCostsLittleMoreThanOneRead(t *testing.T) {
	const requests, every = 600, 3 * time.Second
	used := &capacity{}
	clock := sessiontest.NewClock()
	store := open(t, dynamo.Config{Now: clock.Now, OnCapacity: used.add})
	browser := logIn(t, store, clock)
	used.take()
	for range requests {
		clock.Advance(every)
		browser.visit(t)
	}
	units, calls := used.take()
	each := units / requests
	// Prices of on-demand capacity in us-east-1 as of November 2026, in dollars per
	// million: 0.125 for reads, 0.625 for writes. They only scale the log line.
	dollars := (float64(calls["GetItem"])*0.125 + (units-float64(calls["GetItem"]))*0.625) / requests
	t.Logf("D4: %.4f units per request (%v), %.3f dollars per million", each, calls, dollars)
	if each > 1.02 || calls["GetItem"] != requests {
		t.Errorf("%.4f units per request, want at most 1.02; calls %v", each, calls)
	}
	if dollars > 0.15 {
		t.Errorf("%.3f dollars per million requests, want at most 0.15", dollars)
	}
}
