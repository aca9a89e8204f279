// Package sessiontest shows whether a store keeps the contract of session.Store.
//
// Run is the suite every store has to pass; Interleavings and Races look for one
// thing, a session that lives on after its end, in scripted and in real concurrency.
// Tokens is the suite for places that remember single-use tokens.
package sessiontest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/session"
)

// A Clock is a store's clock in tests: it goes only when it is told to.
type Clock struct{ at time.Time }

// NewClock starts at the present, to the second: tables that expire items by
// themselves must not find old ones.
func NewClock() *Clock { return &Clock{time.Now().Truncate(time.Second)} }

// Now is what the clock shows.
func (c *Clock) Now() time.Time { return c.at }

// Advance moves it. Not while a store is being used.
func (c *Clock) Advance(d time.Duration) { c.at = c.at.Add(d) }

// An Open makes an empty store that goes by the clock, or one whose old records
// cannot disturb: users and ids of the suite are random.
type Open func(t testing.TB, now func() time.Time) session.Store

const (
	idle     = 30 * time.Minute
	absolute = 12 * time.Hour
	most     = 20
)

// Run runs the suite.
func Run(t *testing.T, open Open) {
	cases := []struct {
		name string
		run  func(*testing.T, fixture)
	}{
		{"what is started can be loaded", startAndLoad},
		{"unknown ids are no session", unknown},
		{"a session without a user", anonymous},
		{"idle deadline", idleDeadline},
		{"absolute deadline", absoluteDeadline},
		{"touching moves the idle deadline only forward", touching},
		{"saving needs the revision that was read", saving},
		{"saving expects the session to be there", savingWhatEnded},
		{"data has a bound", tooLarge},
		{"login replaces the session without a user", login},
		{"rotation ends the old id", rotation},
		{"a stale rotation does nothing", staleRotation},
		{"nothing happens if a replacement fails", failedReplacement},
		{"deleting twice is fine", deleting},
		{"the longest unused session makes room", makesRoom},
		{"expired sessions make room first", expiredMakeRoom},
		{"room counts what was ended by itself", roomAfterLogout},
		{"listing shows a user's live sessions", listing},
		{"revoking ends all", revoking},
		{"revoking spares the one excepted", revokingOthers},
		{"revoking outruns a login under way", revokingOutrunsLogin},
		{"what was spared can rotate and be revoked", rotatingAfterRevocation},
		{"revoking more than a transaction holds", revokingMany},
		{"of concurrent rotations one wins", concurrentRotations},
		{"of concurrent changes none is lost", concurrentChanges},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			clock := NewClock()
			c.run(t, fixture{open(t, clock.Now), clock, "user-" + rand.Text()})
		})
	}
}

// A fixture is a store with its clock and one user.
type fixture struct {
	session.Store
	clock *Clock
	user  string
}

// NewRecord is a record as a Manager makes them, for user or for nobody.
func NewRecord(user string, now time.Time) session.Record {
	r := session.Record{Rev: 1, User: user, Created: now, IdleUntil: now.Add(idle), Until: now.Add(absolute)}
	r.Ref = session.RefOf(user)
	rand.Read(r.ID[:])
	rand.Read(r.Secret[:])
	return r
}

func (f fixture) record(user string) session.Record { return NewRecord(user, f.clock.Now()) }

// start puts a new session of user into the store.
func (f fixture) start(t testing.TB, user string) session.Record {
	t.Helper()
	r := f.record(user)
	var err error
	if r.Epoch, err = f.Epoch(ctx(t), r.Ref); err != nil {
		t.Fatalf("epoch: %v", err)
	}
	f.replace(t, session.Record{}, r, nil)
	return r
}

func (f fixture) replace(t testing.TB, old, fresh session.Record, want error) {
	t.Helper()
	if err := f.Replace(ctx(t), old, fresh, most); !errors.Is(err, want) {
		t.Fatalf("Replace: got %v, want %v", err, want)
	}
}

// gone fails unless the store says that there is no session.
func (f fixture) gone(t testing.TB, r session.Record) {
	t.Helper()
	if got, err := f.Load(ctx(t), r.Key); !errors.Is(err, session.ErrNoSession) {
		t.Fatalf("Load: got %+v, %v; want ErrNoSession", got, err)
	}
}

// there fails unless the store has the session as r says.
func (f fixture) there(t testing.TB, r session.Record) {
	t.Helper()
	got, err := f.Load(ctx(t), r.Key)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	same := got.Key == r.Key && got.Rev == r.Rev && got.Epoch == r.Epoch && got.User == r.User &&
		got.Secret == r.Secret && bytes.Equal(got.Data, r.Data) &&
		got.Created.Equal(r.Created) && got.IdleUntil.Equal(r.IdleUntil) && got.Until.Equal(r.Until)
	if !same {
		t.Fatalf("Load:\ngot  %+v\nwant %+v", got, r)
	}
}

func ctx(t testing.TB) context.Context { return t.Context() }

func want(t testing.TB, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}
