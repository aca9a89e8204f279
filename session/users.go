package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// errSigned is what a Manager with signed cookies says of things only a store can do.
var errSigned = fmt.Errorf("sessions in signed cookies: %w", errors.ErrUnsupported)

// List is the user's sessions. With signed cookies nobody knows them:
// errors.ErrUnsupported.
func (m *Manager) List(ctx context.Context, user string) ([]Session, error) {
	if m.store == nil {
		return nil, errSigned
	}
	records, err := m.store.List(ctx, RefOf(user))
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	sessions := make([]Session, len(records))
	for i, r := range records {
		sessions[i] = newSession(r)
	}
	return sessions, nil
}

// End ends one session of the user, by the ID that List gave. Another user's is not
// found by it, which is not an error, as for one that has ended.
func (m *Manager) End(ctx context.Context, user, id string) error {
	if m.store == nil {
		return errSigned
	}
	k := Key{Ref: RefOf(user)}
	raw, err := encoding.DecodeString(id)
	if err != nil || len(raw) != len(k.ID) || user == "" {
		return fmt.Errorf("end session: %q is no id of a session", id)
	}
	copy(k.ID[:], raw)
	if err := m.store.Delete(ctx, k); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	forget(ctx, func(r Record) bool { return r.Key == k })
	return nil
}

// RevokeUser ends all sessions of the user: the account is disabled, or somebody
// else may know the password. Logins that are under way end with ErrRevoked.
func (m *Manager) RevokeUser(ctx context.Context, user string) error {
	return m.revoke(ctx, user, Key{})
}

// RevokeOthers ends all sessions of the request's user but the request's own: after
// a change of password, together with Rotate.
func (m *Manager) RevokeOthers(r *http.Request) error {
	s, err := m.Load(r)
	if err != nil {
		return err
	}
	return m.revoke(r.Context(), s.User(), s.record.Key)
}

func (m *Manager) revoke(ctx context.Context, user string, except Key) error {
	if m.store == nil {
		return errSigned
	}
	if user == "" {
		return errors.New("revoke sessions: there is no user")
	}
	if err := m.store.Revoke(ctx, RefOf(user), except); err != nil {
		return fmt.Errorf("revoke sessions: %w", err)
	}
	forget(ctx, func(r Record) bool { return r.User == user && r.Key != except })
	m.options.Count(EventRevoked)
	return nil
}

// forget takes an ended session from the request that ended it.
func forget(ctx context.Context, ended func(Record) bool) {
	h, err := heldBy(ctx)
	if err != nil {
		return // not within a request, which is fine here
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.read && h.err == nil && ended(h.record) {
		h.record, h.err = Record{}, ErrNoSession
	}
}
