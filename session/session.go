package session

import (
	"encoding/json"
	"fmt"
	"time"
)

// A Session is what a request may know of its session: a copy, which does not change.
type Session struct {
	record Record
	values map[string]string
}

func newSession(r Record) Session {
	values, _ := decodeValues(r.Data) // written by encodeValues, or by nobody who matters
	return Session{record: r, values: values}
}

// User is who is logged in; "" before login.
func (s Session) User() string { return s.record.User }

// Principal is who is logged in, as proof for package owned; nobody before login.
func (s Session) Principal() Principal { return Principal{user: s.record.User} }

// Value is what Manager.Change has kept under name; "" if nothing.
func (s Session) Value(name string) string { return s.values[name] }

// ID names the session in lists. It opens nothing.
func (s Session) ID() string {
	if s.record.IsZero() {
		return ""
	}
	return encoding.EncodeToString(s.record.ID[:])
}

// Created is when the user logged in, or the session began without one.
func (s Session) Created() time.Time { return s.record.Created }

// IdleUntil is when the session ends unless it is used: Options.Idle after it was
// used last, give or take a tenth of that.
func (s Session) IdleUntil() time.Time { return s.record.IdleUntil }

// Until is when the session ends whatever happens.
func (s Session) Until() time.Time { return s.record.Until }

func decodeValues(data []byte) (map[string]string, error) {
	values := map[string]string{}
	if len(data) == 0 {
		return values, nil
	}
	if err := json.Unmarshal(data, &values); err != nil {
		return map[string]string{}, fmt.Errorf("read session values: %w", err)
	}
	return values, nil
}

func encodeValues(values map[string]string) ([]byte, error) {
	if len(values) == 0 {
		return nil, nil
	}
	data, err := json.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("write session values: %w", err)
	}
	if len(data) > MaxData {
		return nil, ErrTooLarge
	}
	return data, nil
}
