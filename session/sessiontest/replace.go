package sessiontest

import (
	"fmt"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/session"
)

func login(t *testing.T, f fixture) {
	before := f.start(t, "")
	after := f.record(f.user)
	f.replace(t, before, after, nil)
	f.gone(t, before)
	f.there(t, after)

	// Another user, from the same browser.
	other := f.record(f.user + "-other")
	f.replace(t, after, other, nil)
	f.gone(t, after)
	f.there(t, other)
	if listed, err := f.List(ctx(t), after.Ref); err != nil || len(listed) != 0 {
		t.Fatalf("List of the first user: got %v, %v; want none", listed, err)
	}
}

func rotation(t *testing.T, f fixture) {
	old := f.start(t, f.user)
	old.Data = []byte("kept")
	want(t, "Save", f.Save(ctx(t), old), nil)
	old.Rev++
	fresh := f.record(f.user)
	fresh.Data = old.Data
	f.replace(t, old, fresh, nil)
	f.gone(t, old)
	f.there(t, fresh)
	want(t, "Save of the old one", f.Save(ctx(t), old), session.ErrNoSession)
	f.replace(t, old, f.record(f.user), session.ErrNoSession)
	f.gone(t, old)
}

func staleRotation(t *testing.T, f fixture) {
	old := f.start(t, f.user)
	want(t, "Save", f.Save(ctx(t), old), nil)
	fresh := f.record(f.user)
	f.replace(t, old, fresh, session.ErrStale)
	f.gone(t, fresh)
	old.Rev++
	f.there(t, old)
}

func failedReplacement(t *testing.T, f fixture) {
	before := f.start(t, "")
	late := f.record(f.user)
	want(t, "Revoke", f.Revoke(ctx(t), late.Ref, session.Key{}), nil)
	f.replace(t, before, late, session.ErrRevoked)
	f.gone(t, late)
	f.there(t, before)
}

// several starts n sessions of the user, a minute apart.
func (f fixture) several(t *testing.T, n int) []session.Record {
	t.Helper()
	var started []session.Record
	for range n {
		f.clock.Advance(time.Minute)
		started = append(started, f.start(t, f.user))
	}
	return started
}

func makesRoom(t *testing.T, f fixture) {
	there := f.several(t, 3)
	want(t, "Touch", f.Touch(ctx(t), there[0].Key, f.clock.Now().Add(idle+time.Minute)), nil)
	fresh := f.record(f.user)
	want(t, "Replace", f.Replace(ctx(t), session.Record{}, fresh, 3), nil)
	f.gone(t, there[1])
	f.there(t, fresh)
	f.there(t, there[2])
	if _, err := f.Load(ctx(t), there[0].Key); err != nil {
		t.Fatalf("the one used since: %v", err)
	}

	// A smaller bound ends more than one.
	last := f.record(f.user)
	want(t, "Replace", f.Replace(ctx(t), session.Record{}, last, 1), nil)
	listed, err := f.List(ctx(t), last.Ref)
	if err != nil || len(listed) != 1 || listed[0].Key != last.Key {
		t.Fatalf("List: got %v, %v; want the newest only", listed, err)
	}
}

func expiredMakeRoom(t *testing.T, f fixture) {
	f.several(t, 2)
	f.clock.Advance(idle)
	kept := f.start(t, f.user)
	fresh := f.record(f.user)
	want(t, "Replace", f.Replace(ctx(t), session.Record{}, fresh, 2), nil)
	f.there(t, kept)
	f.there(t, fresh)
}

func roomAfterLogout(t *testing.T, f fixture) {
	there := f.several(t, 3)
	want(t, "Delete", f.Delete(ctx(t), there[2].Key), nil)
	want(t, "Delete again", f.Delete(ctx(t), there[2].Key), nil)
	rotated := f.record(f.user)
	f.replace(t, there[1], rotated, nil)
	fresh := f.record(f.user)
	want(t, "Replace", f.Replace(ctx(t), session.Record{}, fresh, 3), nil)
	for i, r := range []session.Record{there[0], rotated, fresh} {
		if _, err := f.Load(ctx(t), r.Key); err != nil {
			t.Errorf("session %d of three made room for nothing: %v", i, err)
		}
	}
}

func listing(t *testing.T, f fixture) {
	there := f.several(t, 3)
	f.start(t, f.user+"-other")
	f.start(t, "")
	want(t, "Delete", f.Delete(ctx(t), there[1].Key), nil)
	listed, err := f.List(ctx(t), there[0].Ref)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[session.Key]bool{}
	for _, r := range listed {
		seen[r.Key] = true
	}
	if len(listed) != 2 || !seen[there[0].Key] || !seen[there[2].Key] {
		t.Fatalf("List: got %d sessions (%v), want the first and the third", len(listed), fmt.Sprint(seen))
	}
}
