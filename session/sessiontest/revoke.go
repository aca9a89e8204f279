package sessiontest

import (
	"testing"

	"github.com/mantlet-dev/mantlet/session"
)

func revoking(t *testing.T, f fixture) {
	there := f.several(t, 5)
	other, nobody := f.start(t, f.user+"-other"), f.start(t, "")
	want(t, "Revoke", f.Revoke(ctx(t), there[0].Ref, session.Key{}), nil)
	for _, r := range there {
		f.gone(t, r)
		want(t, "Save", f.Save(ctx(t), r), session.ErrNoSession)
		f.replace(t, r, f.record(f.user), session.ErrNoSession)
	}
	f.there(t, other)
	f.there(t, nobody)
	f.there(t, f.start(t, f.user)) // a login after it is as good as ever
}

func revokingOthers(t *testing.T, f fixture) {
	there := f.several(t, 4)
	want(t, "Revoke", f.Revoke(ctx(t), there[0].Ref, there[2].Key), nil)
	for i, r := range there {
		if i == 2 {
			f.there(t, r)
		} else {
			f.gone(t, r)
		}
	}
}

func revokingOutrunsLogin(t *testing.T, f fixture) {
	late := f.record(f.user)
	epoch, err := f.Epoch(ctx(t), late.Ref)
	if err != nil {
		t.Fatal(err)
	}
	late.Epoch = epoch
	want(t, "Revoke", f.Revoke(ctx(t), late.Ref, session.Key{}), nil)
	f.replace(t, session.Record{}, late, session.ErrRevoked)
	f.gone(t, late)
	if after, err := f.Epoch(ctx(t), late.Ref); err != nil || after == epoch {
		t.Fatalf("Epoch: got %d, %v; want another than %d", after, err, epoch)
	}
}

func rotatingAfterRevocation(t *testing.T, f fixture) {
	there := f.several(t, 2)
	want(t, "Revoke", f.Revoke(ctx(t), there[0].Ref, there[1].Key), nil)
	rotated := f.record(f.user)
	rotated.Epoch = there[1].Epoch
	f.replace(t, there[1], rotated, nil)
	f.there(t, rotated)
	want(t, "Revoke", f.Revoke(ctx(t), rotated.Ref, session.Key{}), nil)
	f.gone(t, rotated)
}

func revokingMany(t *testing.T, f fixture) {
	const many = 230
	var there []session.Record
	for range many {
		r := f.record(f.user)
		want(t, "Replace", f.Replace(ctx(t), session.Record{}, r, many), nil)
		there = append(there, r)
	}
	want(t, "Revoke", f.Revoke(ctx(t), there[0].Ref, there[7].Key), nil)
	for i, r := range there {
		if i == 7 {
			f.there(t, r)
		} else {
			f.gone(t, r)
		}
	}
}
