package guard

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// TokenStore remembers which one-time tokens are still good. Missing and expired
// are (false, nil); err is for failure only.
type TokenStore interface {
	Put(ctx context.Context, id [32]byte, expires time.Time) error
	// Take is atomic: of two concurrent calls for one id at most one is told true.
	Take(ctx context.Context, id [32]byte) (bool, error)
}

// An Action is one thing that a token allows once: this transfer, of this amount,
// to this account. A token for other parameters, or another session, is no token.
type Action struct {
	Name   string
	Params map[string]string
}

// ErrNoActions is what ActionToken says where Options.Tokens.Actions is not set.
var ErrNoActions = errors.New("guard: no store for action tokens is configured")

const actionSize = 1 + nonceSize + 8 + macSize // key, nonce, expiry, signature

// ActionToken makes a token that TakeAction accepts once within ttl, from the same
// session. It needs a session, so call it where Token was or could be called.
func (g *Guard) ActionToken(h http.Header, r *http.Request, a Action, ttl time.Duration) (string, error) {
	t := g.tokens
	if t.Actions == nil {
		return "", ErrNoActions
	}
	expires := g.now().Add(ttl)
	k := t.keys[0]
	raw := make([]byte, 1+nonceSize, actionSize)
	raw[0] = k.id
	rand.Read(raw[1:])
	raw = binary.BigEndian.AppendUint64(raw, uint64(expires.UnixMilli()))
	raw = append(raw, k.signAction(raw[1:], t.bind(h, r, g.isSecure(r)), a)...)
	if err := t.Actions.Put(r.Context(), sha256.Sum256(raw), expires); err != nil {
		return "", err
	}
	return encoding.EncodeToString(raw), nil
}

// TakeAction says whether token allows the action now, and uses it up. It is told
// apart why not: InvalidToken, ActionSpent, or TokenUnavailable if the store failed.
func (g *Guard) TakeAction(r *http.Request, token string, a Action) policy.Decision {
	reason := g.takeAction(r, token, a)
	d := policy.Decision{Allowed: reason == policy.ValidToken, Reason: reason}
	g.tell(r, d, RuleTokens, Enforce)
	return d
}

func (g *Guard) takeAction(r *http.Request, token string, a Action) policy.Reason {
	raw, err := encoding.DecodeString(token)
	if err != nil || len(raw) != actionSize || g.tokens.Actions == nil {
		return policy.InvalidToken
	}
	b, ok := g.tokens.bindingOf(r, g.isSecure(r))
	if !ok || !g.tokens.signedAction(raw, b, a) {
		return policy.InvalidToken
	}
	expires := time.UnixMilli(int64(binary.BigEndian.Uint64(raw[1+nonceSize:])))
	if !g.now().Before(expires) {
		return policy.ActionSpent
	}
	good, err := g.tokens.Actions.Take(r.Context(), sha256.Sum256(raw))
	switch {
	case err != nil:
		return policy.TokenUnavailable
	case !good:
		return policy.ActionSpent
	}
	return policy.ValidToken
}

func (t *tokens) signedAction(raw []byte, b binding, a Action) bool {
	body, signature := raw[1:actionSize-macSize], raw[actionSize-macSize:]
	return slices.ContainsFunc(t.keys, func(k *key) bool {
		return k.id == raw[0] && hmac.Equal(k.signAction(body, b, a), signature)
	})
}

func (k *key) signAction(body []byte, b binding, a Action) []byte {
	s := k.signer()
	defer k.release(s)
	called := sha256.Sum256([]byte(a.Name))
	parts := [][]byte{body, b[:], called[:]}
	names := make([]string, 0, len(a.Params))
	for name := range a.Params {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names { // digests, since a part's length has two bytes
		key, value := sha256.Sum256([]byte(name)), sha256.Sum256([]byte(a.Params[name]))
		parts = append(parts, key[:], value[:])
	}
	s.compose(labelAction, parts...)
	return slices.Clone(s.sign())
}

// MemoryTokens is a TokenStore for one process. It holds at most limit tokens that
// have not expired; a full one refuses new tokens and goes on honouring old ones.
type MemoryTokens struct {
	mu    sync.Mutex
	good  map[[32]byte]time.Time
	limit int
	now   func() time.Time
}

// ErrFull is what a MemoryTokens says that holds its limit.
var ErrFull = errors.New("guard: too many action tokens are waiting")

// NewMemoryTokens makes an empty store. now may be nil.
func NewMemoryTokens(limit int, now func() time.Time) *MemoryTokens {
	if now == nil {
		now = time.Now
	}
	return &MemoryTokens{good: map[[32]byte]time.Time{}, limit: limit, now: now}
}

// Put implements TokenStore.
func (m *MemoryTokens) Put(_ context.Context, id [32]byte, expires time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.good) >= m.limit {
		for old, end := range m.good {
			if !m.now().Before(end) {
				delete(m.good, old)
			}
		}
	}
	if len(m.good) >= m.limit {
		return ErrFull
	}
	m.good[id] = expires
	return nil
}

// Take implements TokenStore.
func (m *MemoryTokens) Take(_ context.Context, id [32]byte) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	expires, ok := m.good[id]
	delete(m.good, id)
	return ok && m.now().Before(expires), nil
}
