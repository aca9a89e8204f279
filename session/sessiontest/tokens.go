package sessiontest

import (
	"context"
	"crypto/rand"
	"sync/atomic"
	"testing"
	"time"
)

// A TokenStore remembers single-use tokens. It is what package guard asks for.
type TokenStore interface {
	Put(ctx context.Context, id [32]byte, expires time.Time) error
	Take(ctx context.Context, id [32]byte) (bool, error)
}

// Tokens runs the suite for a store of tokens that goes by the clock.
func Tokens(t *testing.T, open func(t testing.TB, now func() time.Time) TokenStore) {
	t.Run("good once", func(t *testing.T) {
		clock := NewClock()
		store, id := open(t, clock.Now), randomID()
		take(t, store, id, false)
		put(t, store, id, clock.Now().Add(time.Minute))
		take(t, store, randomID(), false)
		take(t, store, id, true)
		take(t, store, id, false)
	})
	t.Run("not after its time", func(t *testing.T) {
		clock := NewClock()
		store, id := open(t, clock.Now), randomID()
		put(t, store, id, clock.Now().Add(time.Minute))
		clock.Advance(time.Minute)
		take(t, store, id, false)
	})
	t.Run("of concurrent takers one gets it", func(t *testing.T) {
		clock := NewClock()
		TakersRace(t, open(t, clock.Now), clock, 10, 8)
	})
}

// TakersRace lets several take one token at once, rounds times over.
func TakersRace(t testing.TB, store TokenStore, clock *Clock, rounds, several int) {
	for round := range rounds {
		id := randomID()
		put(t, store, id, clock.Now().Add(time.Minute))
		var got atomic.Int32
		atOnce(several, func(int) {
			good, err := store.Take(ctx(t), id)
			if err != nil {
				t.Errorf("Take: %v", err)
			}
			if good {
				got.Add(1)
			}
		})
		if got.Load() != 1 {
			t.Fatalf("round %d: %d of %d got the token, want 1", round, got.Load(), several)
		}
	}
}

func randomID() (id [32]byte) {
	rand.Read(id[:])
	return id
}

func put(t testing.TB, store TokenStore, id [32]byte, expires time.Time) {
	t.Helper()
	if err := store.Put(ctx(t), id, expires); err != nil {
		t.Fatalf("Put: %v", err)
	}
}

func take(t testing.TB, store TokenStore, id [32]byte, want bool) {
	t.Helper()
	if got, err := store.Take(ctx(t), id); err != nil || got != want {
		t.Fatalf("Take: got %v, %v; want %v", got, err, want)
	}
}
