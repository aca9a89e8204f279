package guard

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/mantlet-dev/mantlet/policy"
)

// Tokens says how a request shows that it comes from one of the site's own pages.
// They are asked for where the browser left no evidence, and on strict paths. The
// zero value signs tokens with a key made at start: good for one process.
type Tokens struct {
	// Keys sign: the first signs and verifies, the others, earlier ones, verify.
	// Each has at least 32 bytes; all instances of an application share them.
	Keys [][]byte
	// Secrets, if set, keeps a secret in each session's record instead (synchronizer).
	Secrets SecretStore
	// Actions, if set, remembers single-use action tokens.
	Actions TokenStore

	// Headers and Field are where a token is looked for, never the query: default
	// X-CSRF-Token and csrf_token. Of a body at most Peek bytes are looked at
	// (default 64 KiB), so that the field has to come before files.
	Headers []string
	Field   string
	Peek    int
}

const (
	nonceSize  = 16
	macSize    = sha256.Size
	tokenSize  = 1 + nonceSize + macSize // key, nonce, signature
	maxEncoded = 256                     // longer strings are no token of ours

	// Every use of a key has a label of its own: what is signed for one is worth
	// nothing to another.
	labelToken   = "mantlet/csrf/1"
	labelSession = "mantlet/session/1"
	labelAction  = "mantlet/action/1"
)

var encoding = base64.RawURLEncoding.Strict()

func (t Tokens) validate() error {
	var errs []error
	for i, key := range t.Keys {
		if len(key) < 32 {
			errs = append(errs, fmt.Errorf("tokens: key %d has %d bytes, which is fewer than 32", i, len(key)))
		}
	}
	for _, name := range t.Headers {
		if name == "" || strings.ContainsAny(name, " \t\r\n:") || strings.EqualFold(name, headerCookie) {
			errs = append(errs, fmt.Errorf("tokens: %q is no header for tokens", name))
		}
	}
	if t.Peek < 0 || t.Peek > 16<<20 {
		errs = append(errs, errors.New("tokens: peek is beyond 16 MiB"))
	}
	return errors.Join(errs...)
}

// tokens makes and verifies tokens.
type tokens struct {
	Tokens
	keys     []*key
	session  []string // names of the application's session cookies
	prefixed []string // of these, the ones that browsers have as __Host-name
}

func newTokens(o Options) *tokens {
	t := &tokens{Tokens: o.Tokens, session: o.SessionCookies, prefixed: o.Cookies.HostPrefix}
	secrets := t.Keys
	if len(secrets) == 0 {
		random := make([]byte, 32)
		rand.Read(random) // never fails (crypto/rand)
		secrets = [][]byte{random}
	}
	for _, secret := range secrets {
		t.keys = append(t.keys, newKey(secret))
	}
	if t.Headers = slices.Clone(t.Headers); len(t.Headers) == 0 {
		t.Headers = []string{"X-Csrf-Token"}
	}
	for i, name := range t.Headers {
		t.Headers[i] = http.CanonicalHeaderKey(name)
	}
	if t.Field == "" {
		t.Field = "csrf_token"
	}
	if t.Peek == 0 {
		t.Peek = 64 << 10
	}
	return t
}

// A key signs. Its states are pooled, with the buffers that signing needs, so that
// verifying allocates nothing.
type key struct {
	id   byte // tells keys apart; a token of an unknown one is not tried
	pool sync.Pool
}

type signer struct {
	mac     hash.Hash
	message []byte
	sum     [macSize]byte
	raw     [maxEncoded]byte
	text    [maxEncoded]byte
}

func newKey(secret []byte) *key {
	secret = slices.Clone(secret)
	id := sha256.Sum256(append([]byte("mantlet/key/1"), secret...))
	return &key{id: id[0], pool: sync.Pool{New: func() any {
		return &signer{mac: hmac.New(sha256.New, secret)}
	}}}
}

func (k *key) signer() *signer   { return k.pool.Get().(*signer) }
func (k *key) release(s *signer) { k.pool.Put(s) }

// sign leaves the signature of s.message in s.sum.
func (s *signer) sign() []byte {
	s.mac.Reset()
	s.mac.Write(s.message)
	return s.mac.Sum(s.sum[:0])
}

// compose writes label and parts into the message, each part with its length, so
// that no two lists of parts give the same bytes.
func (s *signer) compose(label string, parts ...[]byte) {
	s.message = append(s.message[:0], label...)
	for _, p := range parts {
		s.message = append(s.message, byte(len(p)>>8), byte(len(p)))
		s.message = append(s.message, p...)
	}
}

// A binding is whom a token is for: a digest of the session that it belongs to.
type binding [sha256.Size]byte

// newSigned makes a token: key, nonce and a signature over binding and nonce. Every
// byte differs each time, so that compressed pages give nothing away (BREACH).
func (t *tokens) newSigned(label string, b binding) string {
	k := t.keys[0]
	s := k.signer()
	defer k.release(s)
	raw := s.raw[:0]
	raw = append(raw, k.id)
	raw = raw[:1+nonceSize]
	rand.Read(raw[1:])
	s.compose(label, b[:], raw[1:])
	raw = append(raw, s.sign()...)
	return encoding.EncodeToString(raw)
}

// signed says whether text is a token for b: any byte of another session's, another
// label's or another key's makes it none. Compared in constant time.
func (t *tokens) signed(label, text string, b binding) bool {
	if len(text) != encoding.EncodedLen(tokenSize) {
		return false
	}
	for _, k := range t.keys {
		if k.verify(label, text, b) {
			return true
		}
	}
	return false
}

func (k *key) verify(label, text string, b binding) bool {
	s := k.signer()
	defer k.release(s)
	n := copy(s.text[:], text)
	if n, err := encoding.Decode(s.raw[:], s.text[:n]); err != nil || n != tokenSize || s.raw[0] != k.id {
		return false
	}
	s.message = append(s.message[:0], label...)
	s.message = append(s.message, 0, byte(len(b)))
	s.message = append(s.message, b[:]...)
	s.message = append(s.message, 0, nonceSize)
	s.message = append(s.message, s.raw[1:1+nonceSize]...)
	return hmac.Equal(s.sign(), s.raw[1+nonceSize:tokenSize])
}

// tokenState is what a request's token is worth. refusal is set where nobody can say.
func (g *Guard) tokenState(r *http.Request) (state policy.TokenState, refusal policy.Reason) {
	text, state := g.tokens.find(r)
	if state != policy.TokenValid {
		return state, ""
	}
	if g.tokens.Secrets != nil {
		return g.tokens.matchesSecret(r, text)
	}
	if len(g.cookies.needles) == 0 && isTwice(r.Header[headerCookie], ownNeedle) && !g.lets(r, RuleCookies, policy.DuplicateCookie) {
		return policy.TokenNone, policy.DuplicateCookie
	}
	if b, ok := g.tokens.bindingOf(r, g.isSecure(r)); ok && g.tokens.signed(labelToken, text, b) {
		return policy.TokenValid, ""
	}
	return policy.TokenInvalid, ""
}

// Token makes a token for a page that answers r with headers h: put it in a hidden
// field named as Tokens.Field says, or hand it to script for a header. Call it after
// setting session cookies and before writing; each call gives fresh bytes.
//
// Without a session of the application it starts one of its own, a cookie in h. The
// page is marked private, since the token is good for one user only.
func (g *Guard) Token(h http.Header, r *http.Request) (string, error) {
	if h.Get(headerCacheControl) == "" {
		h.Set(headerCacheControl, "private")
	}
	addVary(h, headerCookie)
	if g.tokens.Secrets != nil {
		return g.tokens.maskedSecret(r)
	}
	return g.tokens.newSigned(labelToken, g.tokens.bind(h, r, g.isSecure(r))), nil
}

// Field is Token as a hidden input element.
func (g *Guard) Field(h http.Header, r *http.Request) (string, error) {
	token, err := g.Token(h, r)
	if err != nil {
		return "", err
	}
	return `<input type="hidden" name="` + htmlEscaper.Replace(g.tokens.Field) + `" value="` + token + `">`, nil
}

var htmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;")
