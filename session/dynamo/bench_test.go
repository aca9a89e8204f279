package dynamo_test

import (
	"crypto/sha256"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/session"
	"github.com/mantlet-dev/mantlet/session/dynamo"
	"github.com/mantlet-dev/mantlet/session/sessiontest"
)

// D3: what it takes to end 99 sessions of a user, beside one read of a session in the
// same run: loads is the ratio that machines agree on, p95-ms is this one's. It says
// something of revoking only where stretch is near 1: so many times longer than
// undisturbed did a fixed piece of work take, at the same percentile, that a machine
// with others on it also delays. DynamoDB Local gets faster for a while; the first
// rounds are not counted.
func BenchmarkRevoke(b *testing.B) {
	const sessions, warming = 99, 10
	var used capacity
	clock := sessiontest.NewClock()
	store := open(b, dynamo.Config{Now: clock.Now, OnCapacity: used.add})
	var revoking, loading, working []time.Duration
	calls := map[string]int{}
	rounds := 0
	revoke := func() time.Duration {
		b.StopTimer()
		defer b.StartTimer()
		rounds++
		there := manySessions(b, store, clock, "revoked-"+strconv.Itoa(rounds), sessions)
		for range 5 {
			loading = append(loading, timed(b, func() error { _, err := store.Load(b.Context(), there[0].Key); return err }))
		}
		working = append(working, timed(b, work))
		used.take()
		b.StartTimer()
		took := timed(b, func() error { return store.Revoke(b.Context(), there[0].Ref, session.Key{}) })
		b.StopTimer()
		_, made := used.take()
		for operation, n := range made {
			calls[operation] += n
		}
		if _, err := store.Load(b.Context(), there[sessions-1].Key); !errors.Is(err, session.ErrNoSession) {
			b.Fatalf("after the revocation: %v", err)
		}
		return took
	}
	for range warming {
		revoke()
	}
	clear(calls)
	for b.Loop() {
		revoking = append(revoking, revoke())
	}
	n := float64(len(revoking))
	b.ReportMetric(float64(calls["Query"])/n, "queries/op")
	b.ReportMetric(float64(calls["TransactWriteItems"])/n, "transactions/op")
	b.ReportMetric(float64(median(revoking))/float64(median(loading)), "loads")
	b.ReportMetric(float64(percentile(revoking, 95))/1e6, "p95-ms")
	b.ReportMetric(float64(percentile(working, 95))/float64(slices.Min(working)), "stretch")
}

// work is the same amount each time, and about as much as a revocation.
func work() error {
	var text [1 << 16]byte
	for range 500 {
		sum := sha256.Sum256(text[:])
		copy(text[:], sum[:])
	}
	return nil
}

func manySessions(t testing.TB, store *dynamo.Store, clock *sessiontest.Clock, user string, n int) []session.Record {
	t.Helper()
	var there []session.Record
	for range n {
		r := sessiontest.NewRecord(user, clock.Now())
		if err := store.Replace(t.Context(), session.Record{}, r, n); err != nil {
			t.Fatal(err)
		}
		there = append(there, r)
	}
	return there
}

func percentile(d []time.Duration, p int) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[(len(d)*p+99)/100-1]
}
