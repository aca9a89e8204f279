package guard

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"slices"

	"github.com/mantlet-dev/mantlet/policy"
)

// sessionName is the guard's own session cookie, for clients that have none of the
// application's. Over https it goes with the __Host- prefix.
const sessionName = "mantlet-session"

// ownNeedle is what sessionName looks like among cookies.
const ownNeedle = sessionName + "="

// bindingOf is the session a request belongs to: the application's, else our own if
// it is one that we signed. An id that a client chose is none.
func (t *tokens) bindingOf(r *http.Request, secure bool) (binding, bool) {
	if b, ok := t.applicationSession(nil, r); ok {
		return b, true
	}
	value, ok := cookieValue(r.Header, ownCookie(secure))
	if !ok || !t.signed(labelSession, value, binding{}) {
		return binding{}, false
	}
	return digest("own", value), true
}

// bind is bindingOf for the request that follows a response with headers h: cookies
// set there count already. Where there is no session one is started.
func (t *tokens) bind(h http.Header, r *http.Request, secure bool) binding {
	if b, ok := t.applicationSession(h, r); ok {
		return b
	}
	for _, line := range h[headerSetCookie] {
		if c := policy.ParseSetCookie(line); c.Name == ownCookie(secure) {
			return digest("own", c.Value)
		}
	}
	value, ok := cookieValue(r.Header, ownCookie(secure))
	if !ok || !t.signed(labelSession, value, binding{}) {
		value = t.newSigned(labelSession, binding{})
		line := ownCookie(secure) + "=" + value + "; Path=/; HttpOnly; SameSite=Lax"
		if secure {
			line += "; Secure"
		}
		h.Add(headerSetCookie, line)
	}
	return digest("own", value)
}

func ownCookie(secure bool) string {
	if secure {
		return hostPrefix + sessionName
	}
	return sessionName
}

// applicationSession digests all named session cookies that there are. h may be nil.
func (t *tokens) applicationSession(h http.Header, r *http.Request) (b binding, ok bool) {
	if len(t.session) == 0 {
		return b, false
	}
	k := t.keys[0]
	s := k.signer()
	defer k.release(s)
	s.message = append(s.message[:0], "application"...)
	for i, name := range t.session {
		value, has := newSession(h, name)
		if !has && slices.Contains(t.prefixed, name) {
			value, has = cookieValue(r.Header, hostPrefix+name)
		}
		if !has {
			value, has = cookieValue(r.Header, name)
		}
		if has && value != "" {
			ok = true
			s.message = append(s.message, byte(i), byte(len(value)>>8), byte(len(value)))
			s.message = append(s.message, value...)
		}
	}
	return sha256.Sum256(s.message), ok
}

// newSession is the session cookie a response sets; has and "" where it ends one.
func newSession(h http.Header, name string) (value string, has bool) {
	for _, line := range h[headerSetCookie] {
		c := policy.ParseSetCookie(line)
		if c.Name != name {
			continue
		}
		value, has = c.Value, true
		if c.HasMaxAge && c.MaxAge <= 0 {
			value = ""
		}
	}
	return value, has
}

func digest(label, value string) binding {
	return sha256.Sum256([]byte(label + "\x00" + value))
}

// randomSecret is 32 bytes nobody can guess.
func randomSecret() []byte {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails (crypto/rand)
	return secret
}
