package identity

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mantlet-dev/mantlet/internal/scope"
)

// A Session is one visitor of the target. It is safe for concurrent use.
type Session struct {
	grant  *scope.Grant
	spec   Spec
	driver FormDriver
	login  sync.Mutex // one Renew at a time

	mu       sync.RWMutex
	jar      *jar
	header   http.Header // credentials that are no cookies
	cookies  []string    // names of the cookies that carry the session
	tested   bool        // cookies was found by leaving each out
	probe    *probe      // nil: nothing tells this session from anonymous
	answers  []LoginAnswer
	loggedIn time.Time
	token    string // that the login answered with, "" for none
	way      string // how it is shown, see TokenSlot
}

// Anonymous is a visitor without credentials. Its name is "".
func Anonymous(g *scope.Grant) *Session {
	return &Session{grant: g, jar: &jar{}, header: http.Header{}}
}

// Name is the identity's name, "" for anonymous.
func (s *Session) Name() string { return s.spec.Name }

// IsAnonymous says whether the session has no identity.
func (s *Session) IsAnonymous() bool { return s.spec.Name == "" }

// Do sends req with the session's credentials and keeps the cookies it is given.
// Headers that req has already stay as they are. Redirects are not followed.
func (s *Session) Do(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	if out.Header == nil {
		out.Header = http.Header{}
	}
	s.mu.RLock()
	jar, header := s.jar, s.header
	s.mu.RUnlock()
	if cookies := jar.header(out.URL, time.Now()); cookies != "" && out.Header.Get("Cookie") == "" {
		out.Header.Set("Cookie", cookies)
	}
	for name, values := range header {
		if out.Header.Get(name) == "" {
			out.Header[name] = values
		}
	}
	resp, err := s.grant.Do(out)
	if err != nil {
		return nil, err
	}
	if lines := resp.Header.Values("Set-Cookie"); len(lines) > 0 {
		method := out.Method
		if method == "" {
			method = http.MethodGet
		}
		jar.store(method, out.URL, lines, time.Now())
		s.learn(lines)
	}
	return resp, nil
}

// CookieHeader is what a browser with this session would put into the Cookie
// header of a same-site request to rawURL; "" if nothing.
func (s *Session) CookieHeader(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return s.currentJar().header(u, time.Now())
}

// Header is the credentials that are no cookies: what a script adds, not a
// browser. The caller may change the copy.
func (s *Session) Header() http.Header {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.header.Clone()
}

// Cookies are the session's cookies as they were set, oldest first, for a browser
// to take over.
func (s *Session) Cookies() []SetCookie {
	var set []SetCookie
	for _, k := range s.currentJar().all(time.Now()) {
		set = append(set, k.origin)
	}
	return set
}

// SetCookies takes cookies over, as from a browser. Those without a time count as
// set now.
func (s *Session) SetCookies(cookies []SetCookie) {
	jar := s.currentJar()
	for _, c := range cookies {
		if c.At.IsZero() {
			c.At = time.Now()
		}
		jar.put(c)
		s.learn([]string{c.Line})
	}
}

// SessionCookies are the names of the cookies that carry the session. Tested says
// that they were found by leaving each out of a request; otherwise they are what
// the login set.
func (s *Session) SessionCookies() (names []string, tested bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.cookies), s.tested
}

// Ambient says whether a browser adds the session's credentials by itself:
// cookies, or HTTP authentication with a password. A bearer token or another
// header is only added by a script.
func (s *Session) Ambient() bool {
	if s.IsAnonymous() {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	scheme, _, _ := strings.Cut(s.header.Get("Authorization"), " ")
	switch strings.ToLower(scheme) {
	case "basic", "digest", "negotiate", "ntlm":
		return true
	}
	return len(s.cookies) > 0
}

// LoggedIn is when the session began; zero for anonymous.
func (s *Session) LoggedIn() time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.loggedIn
}

// Again logs the identity in once more and returns the second session, which
// shares nothing with this one. Anonymous sessions need no login; identities that
// were handed their credentials give ErrNoLogin.
func (s *Session) Again(ctx context.Context) (*Session, error) {
	if s.IsAnonymous() {
		return Anonymous(s.grant), nil
	}
	if s.spec.Form == nil && s.spec.JSON == nil {
		return nil, ErrNoLogin
	}
	return Login(ctx, s.grant, s.spec, s.driver)
}

// Renew logs in again in place; the errors are those of Again.
func (s *Session) Renew(ctx context.Context) error {
	if s.IsAnonymous() {
		return nil
	}
	s.login.Lock()
	defer s.login.Unlock()
	fresh, err := s.Again(ctx)
	if err != nil {
		return err
	}
	s.Adopt(fresh)
	return nil
}

// Adopt takes over what a later login of the same identity was given, as if it had
// been its own. Fresh is not to be used any more.
func (s *Session) Adopt(fresh *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jar, s.header, s.cookies, s.tested, s.loggedIn = fresh.jar, fresh.header, fresh.cookies, fresh.tested, fresh.loggedIn
	s.token, s.way = fresh.token, fresh.way
	s.answers = append(s.answers, fresh.answers...)
	if s.probe == nil {
		s.probe = fresh.probe
	}
}

func (s *Session) currentJar() *jar {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.jar
}
