package sessiontest

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/session"
)

const clock1 = time.Minute

// Interleavings plays n scripts against the store. In each a few requests of one
// user read sessions and later act on what they read, in an order drawn from seed; a
// model says which sessions have ended. No session may come back, whatever a request
// that read it before does.
func Interleavings(t testing.TB, store session.Store, clock *Clock, seed uint64, n int) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	for script := range n {
		f := fixture{store, clock, "script-" + strconv.FormatUint(seed, 36) + "-" + strconv.Itoa(script%50)}
		play(t, f, random)
		if t.Failed() {
			t.Fatalf("script %d of seed %d", script, seed)
		}
	}
}

// A script is the model: what has ended, and what lives.
type script struct {
	fixture
	t     testing.TB
	epoch uint64 // of the user, as the model counts
	live  map[session.Key]session.Record
	order []session.Key // of all that began: a map would be drawn from in another order each time
	ended []session.Record
}

// A request has read a session, or the epoch to log in with, and acts later.
type request struct {
	read session.Record
	act  func(*script, session.Record)
}

// play plays one script.
func play(t testing.TB, f fixture, random *rand.Rand) {
	first := f.start(t, f.user)
	s := &script{fixture: f, t: t, epoch: first.Epoch, live: map[session.Key]session.Record{}}
	s.begin(first)
	acts := []func(*script, session.Record){(*script).save, (*script).save, (*script).touch, (*script).rotate,
		(*script).logout, (*script).revoke, (*script).revokeOthers, (*script).logIn}
	var waiting []request
	for range 6 {
		if random.IntN(2) == 0 || len(waiting) == 0 {
			read := s.any(random)
			read.Epoch = s.epoch // what a login would have read
			waiting = append(waiting, request{read, acts[random.IntN(len(acts))]})
			continue
		}
		waiting = s.resume(waiting, random.IntN(len(waiting)))
	}
	for len(waiting) > 0 {
		waiting = s.resume(waiting, random.IntN(len(waiting)))
	}
	for _, r := range s.ended {
		s.gone(t, r)
	}
	for _, r := range s.live {
		s.there(t, r)
	}
	want(t, "clean up", s.Revoke(ctx(t), first.Ref, session.Key{}), nil)
}

func (s *script) resume(waiting []request, i int) []request {
	waiting[i].act(s, waiting[i].read)
	return append(waiting[:i], waiting[i+1:]...)
}

// any is a session, living or ended, as a request reads it or has read it.
func (s *script) any(random *rand.Rand) session.Record {
	for _, k := range s.order {
		if r, ok := s.live[k]; ok && random.IntN(4) > 0 {
			return r
		}
	}
	if len(s.ended) > 0 {
		return s.ended[random.IntN(len(s.ended))]
	}
	return s.record(s.user)
}

func (s *script) begin(r session.Record) {
	s.live[r.Key] = r
	s.order = append(s.order, r.Key)
}

func (s *script) end(k session.Key) {
	if r, ok := s.live[k]; ok {
		s.ended = append(s.ended, r)
		delete(s.live, k)
	}
}

// expect is what the model says about acting on r as it was read.
func (s *script) expect(r session.Record) error {
	now, ok := s.live[r.Key]
	switch {
	case !ok:
		return session.ErrNoSession
	case now.Rev != r.Rev:
		return session.ErrStale
	}
	return nil
}

func (s *script) save(r session.Record) {
	s.t.Helper()
	want := s.expect(r)
	r.Data = []byte(strconv.FormatUint(rand.Uint64(), 36))
	s.compare("save", s.Save(ctx(s.t), r), want)
	if want == nil {
		now := s.live[r.Key]
		now.Rev, now.Data, now.IdleUntil = now.Rev+1, r.Data, r.IdleUntil
		s.live[r.Key] = now
	}
}

func (s *script) touch(r session.Record) {
	s.t.Helper()
	now, ok := s.live[r.Key]
	until := r.IdleUntil.Add(clock1)
	err := s.Touch(ctx(s.t), r.Key, until)
	if !ok {
		s.compare("touch", err, session.ErrNoSession)
		return
	}
	s.compare("touch", err, nil)
	if until.After(now.IdleUntil) {
		now.IdleUntil = until
		s.live[r.Key] = now
	}
}

func (s *script) rotate(r session.Record) {
	s.t.Helper()
	want := s.expect(r)
	fresh := s.record(s.user)
	if now, ok := s.live[r.Key]; ok {
		fresh.Epoch = now.Epoch
	}
	s.compare("rotate", s.Replace(ctx(s.t), r, fresh, most), want)
	if want == nil {
		s.end(r.Key)
		s.begin(fresh)
	} else {
		s.ended = append(s.ended, fresh) // never began
	}
}

func (s *script) logIn(r session.Record) {
	s.t.Helper()
	fresh := s.record(s.user)
	fresh.Epoch = r.Epoch
	if fresh.Epoch != s.epoch {
		s.compare("log in", s.Replace(ctx(s.t), session.Record{}, fresh, most), session.ErrRevoked)
		s.ended = append(s.ended, fresh)
		return
	}
	s.compare("log in", s.Replace(ctx(s.t), session.Record{}, fresh, most), nil)
	s.begin(fresh)
}

func (s *script) logout(r session.Record) {
	s.t.Helper()
	s.compare("log out", s.Delete(ctx(s.t), r.Key), nil)
	s.end(r.Key)
}

func (s *script) revoke(r session.Record) {
	s.t.Helper()
	s.compare("revoke", s.Revoke(ctx(s.t), r.Ref, session.Key{}), nil)
	s.revokedBut(session.Key{})
}

func (s *script) revokeOthers(r session.Record) {
	s.t.Helper()
	s.compare("revoke others", s.Revoke(ctx(s.t), r.Ref, r.Key), nil)
	s.revokedBut(r.Key)
}

func (s *script) revokedBut(except session.Key) {
	s.epoch++
	for _, k := range s.order {
		if k != except {
			s.end(k)
		}
	}
}

func (s *script) compare(what string, got, want error) {
	s.t.Helper()
	if !errors.Is(got, want) {
		s.t.Errorf("%s: got %v, model says %v", what, got, want)
	}
}
