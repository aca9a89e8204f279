package guard

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"

	"github.com/mantlet-dev/mantlet/policy"
)

// A SecretStore keeps one token secret in the record of each session: the
// synchronizer's side of the token. It finds the session by the request.
type SecretStore interface {
	// TokenSecret is the secret of the request's session, nil if the session has
	// none or there is no session. An error is a failure of the store only.
	TokenSecret(r *http.Request) ([]byte, error)
	// KeepTokenSecret puts secret into the record, or leaves the one that is there,
	// and gives the one that counts; nil if there is no session.
	KeepTokenSecret(r *http.Request, secret []byte) ([]byte, error)
}

// ErrNoSession is why no token can be made: there is no session to keep it in.
var ErrNoSession = errors.New("guard: the request belongs to no session")

const secretSize = 32

// maskedSecret gives the session's secret under a fresh one-time pad, pad first.
func (t *tokens) maskedSecret(r *http.Request) (string, error) {
	secret, err := t.Secrets.TokenSecret(r)
	if err == nil && len(secret) != secretSize {
		secret, err = t.Secrets.KeepTokenSecret(r, randomSecret())
	}
	if err != nil {
		return "", err
	}
	if len(secret) != secretSize {
		return "", ErrNoSession
	}
	var raw [2 * secretSize]byte
	rand.Read(raw[:secretSize])
	subtle.XORBytes(raw[secretSize:], raw[:secretSize], secret)
	return encoding.EncodeToString(raw[:]), nil
}

// matchesSecret never finds a missing secret equal to a missing token: both have to
// have their full length.
func (t *tokens) matchesSecret(r *http.Request, text string) (policy.TokenState, policy.Reason) {
	var raw [2 * secretSize]byte
	if len(text) != encoding.EncodedLen(len(raw)) {
		return policy.TokenInvalid, ""
	}
	if _, err := encoding.Decode(raw[:], []byte(text)); err != nil {
		return policy.TokenInvalid, ""
	}
	secret, err := t.Secrets.TokenSecret(r)
	if err != nil {
		return policy.TokenNone, policy.TokenUnavailable
	}
	var sent [secretSize]byte
	subtle.XORBytes(sent[:], raw[:secretSize], raw[secretSize:])
	if len(secret) != secretSize || subtle.ConstantTimeCompare(sent[:], secret) != 1 {
		return policy.TokenInvalid, ""
	}
	return policy.TokenValid, ""
}
