package guard

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// R87, R108: what an application says of a login counts only with its signature, for
// this request, and never reaches the client.
func TestOnlyTheApplicationSaysWhoHasLoggedIn(t *testing.T) {
	h := principalHeader()
	word := func(h PrincipalHeader, user, method string) string {
		_, value, err := h.Login(user, method)
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	other := h
	other.Audience = "shop"
	forwarded := h.write(labelPrincipal, newKey(principalKey), "alice", "POST", time.Now())
	for name, test := range map[string]struct {
		lines []string
		user  string
		said  bool
		bad   bool
	}{
		"nothing":                {nil, "", false, false},
		"a login":                {[]string{word(h, "alice", "POST")}, "alice", true, false},
		"a logout":               {[]string{word(h, "", "POST")}, "", true, false},
		"unsigned":               {[]string{"alice"}, "", false, true},
		"empty":                  {[]string{""}, "", false, true},
		"twice":                  {[]string{word(h, "alice", "POST"), word(h, "bob", "POST")}, "", false, true},
		"for another method":     {[]string{word(h, "alice", "GET")}, "", false, true},
		"another application's":  {[]string{word(other, "alice", "POST")}, "", false, true},
		"the guard's own header": {[]string{forwarded}, "", false, true},
	} {
		response := http.Header{"Mantlet-Session": test.lines, "Mantlet_session": nil, "X": {"1"}}
		user, said, err := h.TakeLogin(response, "POST")
		if user != test.user || said != test.said || errors.Is(err, ErrPrincipal) != test.bad || len(response) != 1 {
			t.Errorf("%s: got %q %v %v, left %v", name, user, said, err, response)
		}
	}
	if _, err := h.read(labelPrincipal, word(h, "alice", "GET"), "GET", time.Now()); !errors.Is(err, ErrPrincipal) {
		t.Errorf("a login's word counts as the guard's: %v", err)
	}
	if _, _, err := h.Login(strings.Repeat("a", maxPrincipal+1), "POST"); err == nil {
		t.Error("a user that is too long is signed")
	}
}

func TestSessionsThatFailAre503(t *testing.T) {
	s := behind(t, true, policy.Rules{}, Options{}, ProxyOptions{Response: func(*http.Request, *http.Response) error { return ErrSessions }}, echo)
	res := s.send(t, get, appHost)
	if reason := reasonOf(t, res); res.StatusCode != 503 || reason != policy.PrincipalUnavailable {
		t.Errorf("got %d %s", res.StatusCode, reason)
	}
	mustBeGuarded(t, "503", res.Header)
}
