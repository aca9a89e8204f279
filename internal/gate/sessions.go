package gate

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/session"
)

// Sessions are kept at the gate, for an application that verifies none itself: it is
// told who is logged in, and with Logins says who has logged in or out.
type Sessions struct {
	Manager *session.Manager
	Cookie  string // its name, as browsers have it; the application does not get it
	// Steady says that the cookie's value stays the same from login to logout, so that
	// tokens can be bound to it.
	Steady bool
	// Logins lets the application start and end sessions, by guard.PrincipalHeader.Login.
	Logins bool
}

// prepare makes the guard ask for the user. Its options are the caller's copy.
func (s *Sessions) prepare(o *guard.Options) {
	o.Principals.Of = s.Manager.UserOf
	if s.Steady && !slices.Contains(o.SessionCookies, s.Cookie) {
		o.SessionCookies = append(slices.Clone(o.SessionCookies), s.Cookie)
	}
}

// around gives requests of next their sessions.
func (s *Sessions) around(next http.Handler) http.Handler { return s.Manager.Handler(next) }

// onTop is where the session's cookie goes: on top of the application's answer, where
// tokens for its forms find the session that they are for.
type onTop http.Header

func (h onTop) Header() http.Header       { return http.Header(h) }
func (onTop) WriteHeader(int)             {}
func (onTop) Write(p []byte) (int, error) { return len(p), nil }

// request keeps the secret of the session from the application.
func (s *Sessions) request(out *http.Request) {
	var kept []string
	for _, line := range out.Header["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.Trim(pair, " \t")
			// Servers, ours among them, read "sid =1" as sid.
			if name, _, _ := strings.Cut(pair, "="); pair != "" && strings.Trim(name, " \t\r\n") != s.Cookie {
				kept = append(kept, pair)
			}
		}
	}
	if out.Header["Cookie"] = []string{strings.Join(kept, "; ")}; kept == nil {
		delete(out.Header, "Cookie")
	}
}

// response carries out what the application says of its user. If the store fails the
// application's answer is not given: it may speak of a login that did not happen.
func (s *Sessions) response(h guard.PrincipalHeader, in *http.Request, res *http.Response) error {
	user, said, err := h.TakeLogin(res.Header, in.Method)
	if !s.Logins {
		return nil
	}
	if err != nil {
		return fmt.Errorf("what the application says of a login: %w", err)
	}
	switch {
	case !said:
		return nil
	case user == "":
		err = s.Manager.Logout(onTop(res.Header), in)
	default:
		_, err = s.Manager.Login(onTop(res.Header), in, user, nil)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", guard.ErrSessions, err)
	}
	return nil
}
