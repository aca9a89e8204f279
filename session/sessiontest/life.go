package sessiontest

import (
	"bytes"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/session"
)

func startAndLoad(t *testing.T, f fixture) {
	r := f.record(f.user)
	r.Data = []byte{0, 1, 0xff, '"'}
	f.replace(t, session.Record{}, r, nil)
	f.there(t, r)
}

func unknown(t *testing.T, f fixture) {
	for _, user := range []string{f.user, ""} {
		r := f.record(user)
		f.gone(t, r)
		want(t, "Save", f.Save(ctx(t), r), session.ErrNoSession)
		want(t, "Touch", f.Touch(ctx(t), r.Key, r.IdleUntil.Add(time.Hour)), session.ErrNoSession)
		want(t, "Delete", f.Delete(ctx(t), r.Key), nil)
		f.replace(t, r, f.record(f.user), session.ErrNoSession)
		f.gone(t, r)
	}
}

func anonymous(t *testing.T, f fixture) {
	r := f.start(t, "")
	r.Data = []byte("cart")
	want(t, "Save", f.Save(ctx(t), r), nil)
	r.Rev++
	f.there(t, r)
	want(t, "Delete", f.Delete(ctx(t), r.Key), nil)
	f.gone(t, r)
}

func idleDeadline(t *testing.T, f fixture) {
	r := f.start(t, f.user)
	f.clock.Advance(idle - time.Millisecond)
	f.there(t, r)
	f.clock.Advance(time.Millisecond)
	expired(t, f, r)
}

func absoluteDeadline(t *testing.T, f fixture) {
	r := f.start(t, f.user)
	want(t, "Touch", f.Touch(ctx(t), r.Key, r.Until.Add(time.Hour)), nil) // a manager never would
	f.clock.Advance(absolute - time.Millisecond)
	if _, err := f.Load(ctx(t), r.Key); err != nil {
		t.Fatalf("Load before the deadline: %v", err)
	}
	f.clock.Advance(time.Millisecond)
	expired(t, f, r)
}

// expired fails if anything can still be done with a session.
func expired(t *testing.T, f fixture, r session.Record) {
	t.Helper()
	f.gone(t, r)
	later := f.clock.Now().Add(time.Hour)
	want(t, "Touch", f.Touch(ctx(t), r.Key, later), session.ErrNoSession)
	r.IdleUntil, r.Until = later, later
	want(t, "Save", f.Save(ctx(t), r), session.ErrNoSession)
	f.replace(t, r, f.record(f.user), session.ErrNoSession)
	listed, err := f.List(ctx(t), r.Ref)
	if err != nil || len(listed) != 0 {
		t.Fatalf("List: got %v, %v; want none", listed, err)
	}
	f.gone(t, r)
}

func touching(t *testing.T, f fixture) {
	r := f.start(t, f.user)
	early := r.IdleUntil
	r.IdleUntil = r.IdleUntil.Add(10 * time.Minute)
	want(t, "Touch", f.Touch(ctx(t), r.Key, r.IdleUntil), nil)
	f.there(t, r)
	want(t, "Touch with an earlier time", f.Touch(ctx(t), r.Key, early), nil)
	f.there(t, r)
	want(t, "Save after Touch", f.Save(ctx(t), r), nil) // touching is no change
	want(t, "Delete", f.Delete(ctx(t), r.Key), nil)
	want(t, "Touch after Delete", f.Touch(ctx(t), r.Key, r.IdleUntil.Add(time.Minute)), session.ErrNoSession)
	f.gone(t, r)
}

func saving(t *testing.T, f fixture) {
	r := f.start(t, f.user)
	first, second := r, r
	first.Data, second.Data = []byte("first"), []byte("second")
	first.IdleUntil, first.Until = r.IdleUntil.Add(time.Minute), r.Until.Add(time.Minute)
	want(t, "Save", f.Save(ctx(t), first), nil)
	want(t, "Save of the older revision", f.Save(ctx(t), second), session.ErrStale)
	first.Rev++
	f.there(t, first)
	first.Data = nil
	want(t, "Save without data", f.Save(ctx(t), first), nil)
	first.Rev++
	f.there(t, first)
}

func savingWhatEnded(t *testing.T, f fixture) {
	for _, user := range []string{f.user, ""} {
		r := f.start(t, user)
		want(t, "Delete", f.Delete(ctx(t), r.Key), nil)
		want(t, "Save", f.Save(ctx(t), r), session.ErrNoSession)
		f.gone(t, r)
	}
}

func tooLarge(t *testing.T, f fixture) {
	r := f.record(f.user)
	r.Data = bytes.Repeat([]byte{'x'}, session.MaxData)
	f.replace(t, session.Record{}, r, nil)
	f.there(t, r)
	r.Data = append(r.Data, 'x')
	want(t, "Save", f.Save(ctx(t), r), session.ErrTooLarge)
	other := f.record(f.user)
	other.Data = r.Data
	f.replace(t, session.Record{}, other, session.ErrTooLarge)
	f.gone(t, other)
}

func deleting(t *testing.T, f fixture) {
	r := f.start(t, f.user)
	want(t, "Delete", f.Delete(ctx(t), r.Key), nil)
	want(t, "Delete again", f.Delete(ctx(t), r.Key), nil)
	f.gone(t, r)
}
