package session

import (
	"context"
	"time"
)

// A Store keeps records. All methods may be called concurrently, from several
// processes where the store is shared. sessiontest.Run shows whether a store keeps
// this contract.
//
// Every error is one of this package's, wrapped or not; whatever else went wrong is
// ErrUnavailable. A record whose deadlines have passed is treated as absent even if
// the store still holds it. Times may be kept to the millisecond.
type Store interface {
	// Load reads a live session, with all writes that were acknowledged before.
	Load(ctx context.Context, k Key) (Record, error)

	// Epoch counts how often the user's sessions were revoked. It is read before
	// credentials are checked and handed to Replace in the new record.
	Epoch(ctx context.Context, ref string) (uint64, error)

	// Replace ends old and starts fresh in one step; nothing happens on an error.
	// The zero old starts only. ErrNoSession: old is gone or expired; ErrStale: it is
	// not at old.Rev; ErrRevoked: fresh.Epoch is past, unless old was a live session
	// of the same user. If the user has most sessions, those longest unused end.
	Replace(ctx context.Context, old, fresh Record, most int) error

	// Save writes Data and the deadlines of a live session that is at r.Rev, which
	// counts up by one. ErrNoSession, ErrStale, ErrTooLarge.
	Save(ctx context.Context, r Record) error

	// Touch moves the idle deadline of a live session to a later time; an earlier one
	// changes nothing. It does not change Rev. ErrNoSession.
	Touch(ctx context.Context, k Key, idleUntil time.Time) error

	// Delete ends a session; ending what has ended is fine.
	Delete(ctx context.Context, k Key) error

	// List is the user's live sessions, in no order.
	List(ctx context.Context, ref string) ([]Record, error)

	// Revoke ends all sessions of the user but except, and raises the epoch. No
	// session that began before it returned, of a login that began before it was
	// called, survives it. The zero Key excepts none.
	Revoke(ctx context.Context, ref string, except Key) error
}
