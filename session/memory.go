package session

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"time"
)

// Memory keeps sessions in this process: for one instance, for development and for
// tests. They end with it.
type Memory struct {
	now func() time.Time

	mu      sync.Mutex
	users   map[string]sessions // by ref; nobody's under ""
	epochs  map[string]uint64
	count   int
	sweepAt int // the count at which expired sessions are looked for
}

type sessions map[[sha256.Size]byte]Record

// sweepFrom is how many sessions are worth looking through for expired ones.
const sweepFrom = 1024

// NewMemory makes an empty store. now may be nil.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{now: now, users: map[string]sessions{}, epochs: map[string]uint64{}, sweepAt: sweepFrom}
}

// live is the record if there is one that has not expired. mu is held.
func (m *Memory) live(k Key) (Record, bool) {
	r, ok := m.users[k.Ref][k.ID]
	return r, ok && r.Live(m.now())
}

func (m *Memory) put(r Record) {
	if m.users[r.Ref] == nil {
		m.users[r.Ref] = sessions{}
	}
	m.count -= len(m.users[r.Ref])
	m.users[r.Ref][r.ID] = r
	m.count += len(m.users[r.Ref])
}

func (m *Memory) drop(k Key) {
	if _, ok := m.users[k.Ref][k.ID]; !ok {
		return
	}
	m.count--
	if delete(m.users[k.Ref], k.ID); len(m.users[k.Ref]) == 0 {
		delete(m.users, k.Ref)
	}
}

// Load implements Store.
func (m *Memory) Load(_ context.Context, k Key) (Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.live(k)
	if !ok {
		return Record{}, ErrNoSession
	}
	r.Data = bytes.Clone(r.Data)
	return r, nil
}

// Epoch implements Store.
func (m *Memory) Epoch(_ context.Context, ref string) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.epochs[ref], nil
}

// Replace implements Store.
func (m *Memory) Replace(_ context.Context, old, fresh Record, most int) error {
	if len(fresh.Data) > MaxData {
		return ErrTooLarge
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	follows := false // a live session of the same user proves that it was not revoked
	if !old.IsZero() {
		r, ok := m.live(old.Key)
		if !ok {
			return ErrNoSession
		}
		if r.Rev != old.Rev {
			return ErrStale
		}
		follows = old.Ref == fresh.Ref
	}
	if fresh.Ref != "" && !follows {
		if m.epochs[fresh.Ref] != fresh.Epoch {
			return ErrRevoked
		}
		m.makeRoom(fresh.Ref, old.Key, most)
	}
	m.drop(old.Key)
	fresh.Data = bytes.Clone(fresh.Data)
	m.put(fresh)
	m.sweep()
	return nil
}

// makeRoom leaves the user fewer than most sessions, ending those longest unused.
func (m *Memory) makeRoom(ref string, besides Key, most int) {
	there := m.of(ref)
	there = slices.DeleteFunc(there, func(r Record) bool { return r.Key == besides })
	slices.SortFunc(there, func(a, b Record) int { return a.IdleUntil.Compare(b.IdleUntil) })
	for len(there) >= most {
		m.drop(there[0].Key)
		there = there[1:]
	}
}

func (m *Memory) of(ref string) []Record {
	var there []Record
	for _, r := range m.users[ref] {
		if r.Live(m.now()) {
			there = append(there, r)
		}
	}
	return there
}

// sweep forgets expired sessions each time as many have been added as survived.
func (m *Memory) sweep() {
	if m.count < m.sweepAt {
		return
	}
	for _, of := range m.users {
		for _, r := range of {
			if !r.Live(m.now()) {
				m.drop(r.Key)
			}
		}
	}
	m.sweepAt = max(sweepFrom, 2*m.count)
}

// Save implements Store.
func (m *Memory) Save(_ context.Context, r Record) error {
	if len(r.Data) > MaxData {
		return ErrTooLarge
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	there, ok := m.live(r.Key)
	if !ok {
		return ErrNoSession
	}
	if there.Rev != r.Rev {
		return ErrStale
	}
	there.Rev++
	there.Data, there.IdleUntil, there.Until = bytes.Clone(r.Data), r.IdleUntil, r.Until
	m.put(there)
	return nil
}

// Touch implements Store.
func (m *Memory) Touch(_ context.Context, k Key, idleUntil time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.live(k)
	if !ok {
		return ErrNoSession
	}
	if idleUntil.After(r.IdleUntil) {
		r.IdleUntil = idleUntil
		m.put(r)
	}
	return nil
}

// Delete implements Store.
func (m *Memory) Delete(_ context.Context, k Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(k)
	return nil
}

// List implements Store.
func (m *Memory) List(_ context.Context, ref string) ([]Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	there := m.of(ref)
	for i := range there {
		there[i].Data = bytes.Clone(there[i].Data)
	}
	return there, nil
}

// Revoke implements Store.
func (m *Memory) Revoke(_ context.Context, ref string, except Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.users[ref] {
		if r.Key != except {
			m.drop(r.Key)
		}
	}
	m.epochs[ref]++
	return nil
}
