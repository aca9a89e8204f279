package identity

import (
	"net/http"
	"slices"
)

// A LoginAnswer is how the target answered a request that logged in.
type LoginAnswer struct {
	URL    string
	Status int
	Header http.Header // without Set-Cookie
}

// noteLogin keeps the answer to a request that sent the login's fields; what is
// fetched before and after it are pages like others.
func (s *Session) noteLogin(req *http.Request, resp *http.Response) {
	if req.Method != http.MethodPost {
		return
	}
	header := resp.Header.Clone()
	header.Del("Set-Cookie")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = append(s.answers, LoginAnswer{URL: req.URL.String(), Status: resp.StatusCode, Header: header})
}

// LoginAnswers are the answers to the logins made so far, renewals included; none
// for who logged in with a browser or was handed the credentials.
func (s *Session) LoginAnswers() []LoginAnswer {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.answers)
}
