package identity

import (
	"context"
	"net/http"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// Planted logs the identity in once more, as in a browser into which somebody has put
// a cookie before. It is for logins that our own client sends: with others, and
// where the identity has none, it gives ErrNoLogin.
func (s *Session) Planted(ctx context.Context, name, value string) (*Session, error) {
	if s.spec.Form == nil && s.spec.JSON == nil || s.spec.Form != nil && s.spec.Form.Browser {
		return nil, ErrNoLogin
	}
	spec := s.spec
	if spec.Cookie != "" {
		spec.Cookie += "; "
	}
	spec.Cookie += name + "=" + value
	return Login(ctx, s.grant, spec, s.driver)
}

// Holding is somebody who has nothing of the identity but one cookie. Whether that
// is enough to be taken for the identity, Alive says.
func (s *Session) Holding(name, value string) *Session {
	s.mu.RLock()
	defer s.mu.RUnlock()
	h := &Session{grant: s.grant, spec: Spec{Name: s.spec.Name, Cookie: name + "=" + value}, jar: &jar{}, header: http.Header{}, probe: s.probe, loggedIn: time.Now()}
	h.takeGiven()
	return h
}

// Cookie is the value of a cookie that the session has, "" if it has none of that
// name.
func (s *Session) Cookie(name string) string {
	for _, set := range s.Cookies() {
		if c := policy.ParseSetCookie(set.Line); c.Name == name {
			return c.Value
		}
	}
	return ""
}

// Nonsense is a value of the same length and shape as a credential that means
// nothing.
func Nonsense(value string) string { return nonsense(value) }
