package sessiontest

import (
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/session"
)

// at once runs n functions together and waits for them.
func atOnce(n int, run func(i int)) {
	var ready, done sync.WaitGroup
	ready.Add(1)
	for i := range n {
		done.Go(func() {
			ready.Wait()
			run(i)
		})
	}
	ready.Done()
	done.Wait()
}

func concurrentRotations(t *testing.T, f fixture) {
	Rotations(t, f.Store, f.clock, 5, 8)
}

// Rotations lets several requests rotate one session at once, rounds times over: one
// has to succeed, and only its session may live.
func Rotations(t testing.TB, store session.Store, clock *Clock, rounds, several int) {
	f := fixture{store, clock, ""}
	for round := range rounds {
		f.user = "rotating-" + strconv.Itoa(round)
		old := f.start(t, f.user)
		fresh, errs := make([]session.Record, several), make([]error, several)
		for i := range fresh {
			fresh[i] = f.record(f.user)
			fresh[i].Epoch = old.Epoch
		}
		atOnce(several, func(i int) { errs[i] = store.Replace(ctx(t), old, fresh[i], most) })
		won := 0
		for i, err := range errs {
			switch {
			case err == nil:
				won++
				f.there(t, fresh[i])
			case errors.Is(err, session.ErrNoSession):
				f.gone(t, fresh[i])
			default:
				t.Fatalf("round %d: losing a rotation: got %v, want ErrNoSession", round, err)
			}
		}
		if won != 1 {
			t.Fatalf("round %d: %d of %d rotations succeeded, want 1", round, won, several)
		}
		f.gone(t, old)
		listed, err := store.List(ctx(t), old.Ref)
		if err != nil || len(listed) != 1 {
			t.Fatalf("round %d: List: got %d sessions, %v; want 1", round, len(listed), err)
		}
		want(t, "Delete", store.Delete(ctx(t), listed[0].Key), nil)
	}
}

func concurrentChanges(t *testing.T, f fixture) {
	const each, several = 4, 4
	r := f.start(t, f.user)
	atOnce(several, func(int) {
		for range each {
			for {
				now, err := f.Load(ctx(t), r.Key)
				if err == nil {
					n, _ := strconv.Atoi(string(now.Data))
					now.Data = strconv.AppendInt(nil, int64(n+1), 10)
					err = f.Save(ctx(t), now)
				}
				if err == nil {
					break
				}
				if !errors.Is(err, session.ErrStale) {
					t.Errorf("change: %v", err)
					return
				}
			}
		}
	})
	now, err := f.Load(ctx(t), r.Key)
	if err != nil || string(now.Data) != strconv.Itoa(each*several) {
		t.Fatalf("after %d changes: got %s, %v", each*several, now.Data, err)
	}
}

// Races lets requests of one session save, touch, rotate, log out and revoke at once,
// rounds times over: whatever was acknowledged as ended has to stay so.
func Races(t testing.TB, store session.Store, clock *Clock, rounds int) {
	f := fixture{store, clock, ""}
	for round := range rounds {
		f.user = "racing-" + strconv.Itoa(round%7)
		race(t, f, round)
	}
}

func race(t testing.TB, f fixture, round int) {
	r := f.start(t, f.user)
	rotated := f.record(f.user)
	rotated.Epoch = r.Epoch
	var ended, revoked, replaced error
	acts := []func(){
		func() { f.Save(ctx(t), r) },
		func() { f.Touch(ctx(t), r.Key, r.IdleUntil.Add(clock1)) },
		func() { replaced = f.Replace(ctx(t), r, rotated, most) },
		func() { ended = f.Delete(ctx(t), r.Key) },
		func() { f.Save(ctx(t), r) },
	}
	withRevocation := round%2 == 0
	if withRevocation {
		acts = append(acts, func() { revoked = f.Revoke(ctx(t), r.Ref, session.Key{}) })
	}
	atOnce(len(acts), func(i int) { acts[i]() })
	if ended == nil || replaced == nil || withRevocation && revoked == nil {
		f.gone(t, r)
	}
	// The requests that come late.
	want(t, "late Save", f.Save(ctx(t), r), session.ErrNoSession)
	want(t, "late Touch", f.Touch(ctx(t), r.Key, r.IdleUntil.Add(clock1)), session.ErrNoSession)
	f.gone(t, r)
	// Revocation either met the rotated session or made the rotation fail: it ran
	// beside it, so a session of before must not be left.
	if withRevocation && revoked == nil {
		f.gone(t, rotated)
	}
	if replaced != nil {
		f.gone(t, rotated)
	}
	want(t, "clean up", f.Revoke(ctx(t), r.Ref, session.Key{}), nil)
}
