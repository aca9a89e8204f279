package session

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"
)

// MaxData bounds Record.Data. A session is read with every request: what is larger
// belongs under a key of its own.
const MaxData = 4096

// The answers of a Store that callers tell apart.
var (
	// ErrNoSession: there is none, it was ended, or it expired.
	ErrNoSession = errors.New("no session")
	// ErrStale: the session was changed since it was read; read it again.
	ErrStale = errors.New("session changed meanwhile")
	// ErrRevoked: the user's sessions were revoked since Store.Epoch was read, so
	// that the proof of identity from before counts no more.
	ErrRevoked = errors.New("sessions of this user were revoked meanwhile")
	// ErrTooLarge: the data exceeds MaxData.
	ErrTooLarge = errors.New("session data is too large")
	// ErrUnavailable: the store could not answer. It says nothing about the session.
	ErrUnavailable = errors.New("session store unavailable")
)

// A Key names a session in a store. It opens nothing: only who knows the secret
// that ID is the digest of can present it.
type Key struct {
	Ref string            // the user's, see RefOf; "" for nobody's session
	ID  [sha256.Size]byte // digest of the secret in the cookie
}

// IsZero says that k names no session.
func (k Key) IsZero() bool { return k == Key{} }

// A Record is a session as stores keep it.
type Record struct {
	Key
	Rev   uint64 // counts changes of Data; 1 in a new record
	Epoch uint64 // the user's revocations when the session began

	User   string            // "" before login
	Secret [sha256.Size]byte // what synchronizer tokens are made of; new with each id
	Data   []byte            // at most MaxData

	Created   time.Time
	IdleUntil time.Time // moves with use, never beyond Until
	Until     time.Time
}

// Live says whether neither deadline has passed at now.
func (r Record) Live(now time.Time) bool {
	return now.Before(r.IdleUntil) && now.Before(r.Until)
}

const refSize = 16

// RefOf is what stands for a user in cookies and keys: a digest, since an e-mail
// address has no place there. It hides a name only as well as the name resists
// guessing; give users random ids where that matters. RefOf("") is "".
func RefOf(user string) string {
	if user == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("mantlet/user/1\x00" + user))
	return encoding.EncodeToString(sum[:refSize])
}

var encoding = base64.RawURLEncoding.Strict()
