package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// attempts bounds how often a change is tried again because somebody else had
// changed the session in between.
const attempts = 4

// Start gives the request a session without a user, if it has none: a login page
// needs one, so that its form can carry a token.
func (m *Manager) Start(w http.ResponseWriter, r *http.Request) (Session, error) {
	return m.change(w, r, func(ctx context.Context, h *held) (Record, string, error) {
		if h.err == nil {
			return h.record, "", nil
		}
		return m.backend.replace(ctx, Record{}, m.fresh("", Record{}))
	})
}

// Login logs user in with a new session and ends the one the request came with. What
// was kept in a session without a user, or of the same one, is taken along.
//
// check verifies the credentials; its error is returned as it is. It is called after
// the user's revocations were counted, so that a login with an old password fails
// with ErrRevoked if all sessions are revoked meanwhile. It may be nil if there is
// no such race, and never runs twice.
func (m *Manager) Login(w http.ResponseWriter, r *http.Request, user string, check func(context.Context) error) (Session, error) {
	if user == "" {
		return Session{}, errors.New("log in: there is no user")
	}
	epoch, err := m.backend.epoch(r.Context(), RefOf(user))
	if err != nil {
		return Session{}, fmt.Errorf("log in: %w", err)
	}
	if check != nil {
		if err := check(r.Context()); err != nil {
			return Session{}, err
		}
	}
	s, err := m.change(w, r, func(ctx context.Context, h *held) (Record, string, error) {
		fresh := m.fresh(user, h.record)
		fresh.Epoch = epoch
		record, value, err := m.backend.replace(ctx, h.record, fresh)
		if errors.Is(err, ErrNoSession) {
			// The old session ended by itself. The credentials are good all the same.
			fresh.Data = nil
			record, value, err = m.backend.replace(ctx, Record{}, fresh)
		}
		return record, value, err
	})
	if err == nil {
		m.options.Count(EventLogin)
	}
	return s, err
}

// fresh is a new record for user that follows old.
func (m *Manager) fresh(user string, old Record) Record {
	now := m.options.Now()
	r := Record{User: user, Secret: randomSecret(), Created: now, Until: now.Add(m.options.Absolute)}
	if old.User == "" || old.User == user {
		r.Data = old.Data
	}
	r.IdleUntil = m.idleUntil(r)
	return r
}

// Rotate gives the session a new id and a new token secret: after every change of
// privileges. The old ones stop working; the absolute deadline stays. Of several at
// once one succeeds, the others get ErrNoSession.
func (m *Manager) Rotate(w http.ResponseWriter, r *http.Request) (Session, error) {
	s, err := m.change(w, r, func(ctx context.Context, h *held) (Record, string, error) {
		if h.err != nil {
			return Record{}, "", h.err
		}
		fresh := h.record
		fresh.Secret = randomSecret()
		fresh.IdleUntil = m.idleUntil(fresh)
		return m.backend.replace(ctx, h.record, fresh)
	})
	if err == nil {
		m.options.Count(EventRotated)
	}
	return s, err
}

// Change keeps values in the session. edit is called with a copy of what is there,
// and again with newer values if another request was faster; after a few times
// ErrStale is returned.
func (m *Manager) Change(w http.ResponseWriter, r *http.Request, edit func(values map[string]string)) (Session, error) {
	return m.change(w, r, func(ctx context.Context, h *held) (Record, string, error) {
		if h.err != nil {
			return Record{}, "", h.err
		}
		values, err := decodeValues(h.record.Data)
		if err != nil {
			return Record{}, "", err
		}
		edit(values)
		record := h.record
		if record.Data, err = encodeValues(values); err != nil {
			return Record{}, "", err
		}
		record.IdleUntil = m.idleUntil(record)
		return m.backend.save(ctx, record)
	})
}

// change runs step on the request's session until it does not meet a stale one, and
// puts what it made into the request and the response.
func (m *Manager) change(w http.ResponseWriter, r *http.Request, step func(context.Context, *held) (Record, string, error)) (Session, error) {
	h, err := heldBy(r.Context())
	if err != nil {
		return Session{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for try := 1; ; try++ {
		if err := m.read(r.Context(), h); err != nil && !errors.Is(err, ErrNoSession) {
			return Session{}, err
		}
		record, value, err := step(r.Context(), h)
		if errors.Is(err, ErrStale) && try < attempts {
			m.options.Count(EventStale)
			h.read = false
			continue
		}
		if err != nil {
			if unavailable(err) {
				m.options.Count(EventUnavailable)
			}
			return Session{}, fmt.Errorf("change session: %w", err)
		}
		h.record, h.err, h.read = record, nil, true
		if value != "" {
			h.value = value
			m.options.setCookie(w.Header(), value)
		}
		return newSession(record), nil
	}
}

// Logout ends the session and makes the browser forget it. If the store fails, the
// session has not ended: the cookie stays, so that logging out can be tried again.
func (m *Manager) Logout(w http.ResponseWriter, r *http.Request) error {
	h, err := heldBy(r.Context())
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := m.backend.end(r.Context(), h.value); err != nil {
		m.options.Count(EventUnavailable)
		return fmt.Errorf("log out: %w", err)
	}
	h.record, h.err, h.read, h.value = Record{}, ErrNoSession, true, ""
	m.options.setCookie(w.Header(), "")
	m.options.Count(EventLogout)
	return nil
}
