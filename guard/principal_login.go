package guard

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// headerLogin is how an application that checks passwords tells the proxy, which
// keeps the sessions, who has just logged in.
const headerLogin = "Mantlet-Session"

const labelLogin = "mantlet/login/1"

// ErrSessions is what ProxyOptions.Response returns when the place that keeps
// sessions fails: the answer is 503, and the application's own is not given.
var ErrSessions = errors.New("guard: the place that keeps sessions fails")

// TakeLogin takes from an application's response what it says of its user: who has
// logged in, or with user "" that the one there was has logged out. said is false
// where it says nothing. The header is Mantlet-Session, made and signed as h says,
// with mantlet/login/1 in place of mantlet/principal/1 and the request's method; it is
// removed in any case. One that does not verify is ErrPrincipal.
func (h PrincipalHeader) TakeLogin(response http.Header, method string) (user string, said bool, err error) {
	h = h.withDefaults()
	if err := h.validate(); err != nil {
		return "", false, fmt.Errorf("take login: %w", err)
	}
	var lines []string
	for name, values := range response {
		if sameHeader(name, headerLogin) {
			lines = append(lines, values...)
			delete(response, name)
		}
	}
	switch len(lines) {
	case 0:
		return "", false, nil
	case 1:
		user, err = h.read(labelLogin, lines[0], method, time.Now())
		return user, err == nil, err
	}
	return "", false, ErrPrincipal
}

// Login is the Mantlet-Session header that TakeLogin takes: for applications in Go,
// and for tests of others. method is that of the request which is answered; user "" is
// who logs out.
func (h PrincipalHeader) Login(user, method string) (name, value string, err error) {
	h = h.withDefaults()
	if err := errors.Join(h.validate(), validUser(user)); err != nil {
		return "", "", fmt.Errorf("say who has logged in: %w", err)
	}
	return headerLogin, h.write(labelLogin, newKey(h.Keys[0]), user, method, time.Now()), nil
}
