package session_test

import (
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/session"
	"github.com/mantlet-dev/mantlet/session/sessiontest"
)

func inMemory(_ testing.TB, now func() time.Time) session.Store { return session.NewMemory(now) }

func TestMemoryKeepsTheContract(t *testing.T) { sessiontest.Run(t, inMemory) }

func TestNothingComesBackInMemory(t *testing.T) {
	clock := sessiontest.NewClock()
	store := session.NewMemory(clock.Now)
	sessiontest.Interleavings(t, store, clock, 1, 10_000)
	sessiontest.Races(t, store, clock, 2_000)
	sessiontest.Rotations(t, store, clock, 100, 8)
}

// The guard's own store of tokens is held to the suite that the table's is held to.
func TestTheGuardsTokensKeepTheContract(t *testing.T) {
	sessiontest.Tokens(t, func(_ testing.TB, now func() time.Time) sessiontest.TokenStore {
		return guard.NewMemoryTokens(1000, now)
	})
}
