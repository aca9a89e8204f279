package session_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/session"
)

func keys(first ...byte) (keys [][]byte) {
	for _, b := range first {
		keys = append(keys, append(make([]byte, 31), b))
	}
	return keys
}

func TestSignedCookiesCarryTheSession(t *testing.T) {
	s := newSite(t, session.Options{SignedKeys: keys(1), Idle: 10 * time.Minute, Absolute: time.Hour})
	v := s.visitor()
	v.ok("POST", "/start")
	v.ok("POST", "/keep?add=apple")
	v.ok("POST", "/login?user=alice")
	v.in("alice apple")
	for range 6 {
		s.clock.Advance(9 * time.Minute)
		v.in("alice apple")
	}
	s.clock.Advance(6 * time.Minute)
	v.out()
	v.ok("POST", "/login?user=alice")
	v.ok("POST", "/logout")
	v.out()
}

func TestSignedCookiesCannotBeChanged(t *testing.T) {
	s := newSite(t, session.Options{SignedKeys: keys(1)})
	v := s.visitor()
	v.ok("POST", "/login?user=alice")
	good := v.cookie
	for i := len("__Host-session="); i < len(good); i++ {
		changed := []byte(good)
		if changed[i] ^= 1; changed[i] == ';' || changed[i] == '"' {
			continue
		}
		v.cookie = string(changed)
		v.out()
	}
}

func TestSignedCookiesOutliveAKeyByOneMore(t *testing.T) {
	old := newSite(t, session.Options{SignedKeys: keys(1)}).visitor()
	old.ok("POST", "/login?user=alice")
	for name, c := range map[string]struct {
		o    session.Options
		good bool
	}{
		"another first key":   {session.Options{SignedKeys: keys(2, 1)}, true},
		"another key":         {session.Options{SignedKeys: keys(2)}, false},
		"another cookie name": {session.Options{SignedKeys: keys(1), Name: "other"}, false},
	} {
		v := newSite(t, c.o).visitor()
		v.cookie = old.cookie
		if c.o.Name != "" {
			v.cookie = strings.Replace(old.cookie, "session", c.o.Name, 1)
		}
		if status, _, _ := v.do("GET", "/me"); (status == http.StatusOK) != c.good {
			t.Errorf("%s: got %d", name, status)
		}
	}
}

func TestSignedCookiesSayWhatTheyCannotDo(t *testing.T) {
	s := newSite(t, session.Options{SignedKeys: keys(1)})
	_, err := s.List(t.Context(), "alice")
	for _, err := range []error{err, s.RevokeUser(t.Context(), "alice"), s.End(t.Context(), "alice", "")} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("got %v, want ErrUnsupported", err)
		}
	}
	v := s.visitor()
	v.ok("POST", "/login?user=alice")
	if status, _, _ := v.do("POST", "/keep?add="+strings.Repeat("x", 3000)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d, want 413", status)
	}
	v.in("alice")
}
