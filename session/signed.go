package session

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// signedVersion leads values that carry the whole record.
const signedVersion = "s1"

// maxSigned keeps the cookie with its name and attributes within what every browser
// stores (RFC 6265, section 6.1).
const maxSigned = 3800

// signed keeps the record in the cookie: readable, not changeable.
type signed struct {
	keys [][]byte
	name string // of the cookie; a value is worth nothing under another one
	now  func() time.Time
}

func (b signed) load(_ context.Context, value string) (Record, error) {
	version, rest, _ := strings.Cut(value, ".")
	body, signature, ok := strings.Cut(rest, ".")
	if len(value) > maxSigned || version != signedVersion || !ok || !b.verifies(body, signature) {
		return Record{}, ErrNoSession
	}
	text, err := encoding.DecodeString(body)
	if err != nil {
		return Record{}, ErrNoSession
	}
	var w wireRecord
	if err := json.Unmarshal(text, &w); err != nil {
		return Record{}, ErrNoSession
	}
	r, ok := w.record()
	if !ok || !r.Live(b.now()) {
		return Record{}, ErrNoSession
	}
	return r, nil
}

// verifies asks every key: which one signed is no secret, whether one did is
// compared in constant time.
func (b signed) verifies(body, signature string) bool {
	if !decodes(signature, sha256.Size) {
		return false
	}
	got, _ := encoding.DecodeString(signature)
	for _, key := range b.keys {
		if hmac.Equal(b.sign(key, body), got) {
			return true
		}
	}
	return false
}

func (b signed) sign(key []byte, body string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("mantlet/session-cookie/1\x00" + b.name + "\x00" + body))
	return mac.Sum(nil)
}

func (b signed) write(r Record) (string, error) {
	text, err := json.Marshal(toWire(r))
	if err != nil {
		return "", fmt.Errorf("sign session: %w", err)
	}
	body := encoding.EncodeToString(text)
	value := signedVersion + "." + body + "." + encoding.EncodeToString(b.sign(b.keys[0], body))
	if len(value) > maxSigned {
		return "", ErrTooLarge
	}
	return value, nil
}

// epoch is always 0: nothing remembers revocations.
func (b signed) epoch(context.Context, string) (uint64, error) { return 0, nil }

func (b signed) replace(_ context.Context, _, fresh Record) (Record, string, error) {
	fresh.Key, fresh.Rev = newTicket(fresh.User).key(), 1
	value, err := b.write(fresh)
	return fresh, value, err
}

func (b signed) save(_ context.Context, r Record) (Record, string, error) {
	r.Rev++
	value, err := b.write(r)
	return r, value, err
}

func (b signed) touch(_ context.Context, r Record) (string, error) { return b.write(r) }

// end can do nothing: the browser forgets the cookie, copies of it stay good.
func (b signed) end(context.Context, string) error { return nil }

// A wireRecord is a Record in few bytes. Times are in milliseconds.
type wireRecord struct {
	ID        []byte `json:"i"`
	Rev       uint64 `json:"r"`
	User      string `json:"u,omitempty"`
	Secret    []byte `json:"s"`
	Data      []byte `json:"d,omitempty"`
	Created   int64  `json:"c"`
	IdleUntil int64  `json:"l"`
	Until     int64  `json:"a"`
}

func toWire(r Record) wireRecord {
	return wireRecord{
		ID: r.ID[:], Rev: r.Rev, User: r.User, Secret: r.Secret[:], Data: r.Data,
		Created: r.Created.UnixMilli(), IdleUntil: r.IdleUntil.UnixMilli(), Until: r.Until.UnixMilli(),
	}
}

// record is the way back; ok is false for what toWire would not have written.
func (w wireRecord) record() (r Record, ok bool) {
	if len(w.ID) != len(r.ID) || len(w.Secret) != len(r.Secret) {
		return r, false
	}
	copy(r.ID[:], w.ID)
	copy(r.Secret[:], w.Secret)
	r.Ref, r.Rev, r.User, r.Data = RefOf(w.User), w.Rev, w.User, w.Data
	r.Created, r.IdleUntil, r.Until = time.UnixMilli(w.Created), time.UnixMilli(w.IdleUntil), time.UnixMilli(w.Until)
	return r, true
}
