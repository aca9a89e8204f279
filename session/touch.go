package session

import (
	"context"
	"errors"
	"time"
)

const (
	// touchShare of Options.Idle is how far an idle deadline may lag behind: a
	// session in use is written once in that time and not with every request.
	touchShare = 10
	// maxTouches are under way at once; more are left out, the next request of the
	// session makes up for it.
	maxTouches = 64
	// touchPatience is long for a table and short for what nobody waits for.
	touchPatience = 3 * time.Second
)

// idleUntil is the idle deadline of a session that is used now.
func (m *Manager) idleUntil(r Record) time.Time {
	until := m.options.Now().Add(m.options.Idle)
	if until.After(r.Until) {
		return r.Until
	}
	return until
}

func (m *Manager) touchDue(r Record) bool {
	return m.idleUntil(r).Sub(r.IdleUntil) >= m.options.Idle/touchShare
}

// touchEarly is for signed cookies, which have to be sent before the body is.
func (m *Manager) touchEarly(ctx context.Context, h *held) {
	if m.store != nil || !m.touchDue(h.record) {
		return
	}
	r := h.record
	r.IdleUntil = m.idleUntil(r)
	value, err := m.backend.touch(ctx, r)
	if err != nil {
		m.options.Count(EventNotTouched)
		return
	}
	h.record, h.value = r, value
	m.options.setCookie(h.header, value)
	m.options.Count(EventTouched)
}

// touchLater moves the idle deadline while nobody waits. That it fails is counted
// and changes no answer: the session ends a little early at worst.
func (m *Manager) touchLater(ctx context.Context, h *held) {
	h.mu.Lock()
	r, ok := h.record, h.read && h.err == nil
	h.mu.Unlock()
	if !ok || m.store == nil || !m.touchDue(r) {
		return
	}
	select {
	case m.slots <- struct{}{}:
	default:
		m.options.Count(EventTouchBusy)
		return
	}
	r.IdleUntil = m.idleUntil(r)
	m.touches.Go(func() {
		defer func() { <-m.slots }()
		// The request is over, its context may be too.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), touchPatience)
		defer cancel()
		_, err := m.backend.touch(ctx, r)
		switch {
		case err == nil:
			m.options.Count(EventTouched)
		case errors.Is(err, ErrNoSession): // logged out meanwhile, and stays so
			m.options.Count(EventNotTouched)
		default:
			m.options.Count(EventNotTouched)
			m.options.Logger.Warn("move idle deadline", "error", err)
		}
	})
}

// Wait returns when no idle deadline is being moved any more. Call it after the
// server has stopped and before the store is closed.
func (m *Manager) Wait() { m.touches.Wait() }
