package session_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/session"
)

var _ guard.SecretStore = (*session.Manager)(nil)

func TestTheCookieIsOneThatSiblingsCannotSet(t *testing.T) {
	v := newSite(t, session.Options{}).visitor()
	_, _, c := v.do("POST", "/login?user=alice@example.org")
	if c == nil {
		t.Fatal("no cookie")
	}
	if c.Name != "__Host-session" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("got %+v", c)
	}
	if strings.Contains(c.Value, "alice") || len(c.Value) > 128 {
		t.Errorf("got value %q", c.Value)
	}
}

func TestIdAndSecretChangeAtLoginAndRotation(t *testing.T) {
	s := newSite(t, session.Options{})
	v := s.visitor()
	v.ok("POST", "/start")
	ids, secrets := map[string]bool{v.cookie: true}, map[string]bool{v.ok("GET", "/secret"): true}
	v.ok("POST", "/keep?add=apple")
	for _, step := range []string{"/login?user=alice", "/rotate", "/login?user=alice"} {
		old := visitor{s, v.cookie}
		v.ok("POST", step)
		ids[v.cookie], secrets[v.ok("GET", "/secret")] = true, true
		old.out()
		v.in("alice apple")
	}
	if len(ids) != 4 || len(secrets) != 4 || secrets[""] {
		t.Errorf("got %d ids and %d secrets in four sessions: %v", len(ids), len(secrets), secrets)
	}
}

func TestAnotherUserInheritsNothing(t *testing.T) {
	v := newSite(t, session.Options{}).visitor()
	v.ok("POST", "/login?user=alice")
	v.ok("POST", "/keep?add=apple")
	v.ok("POST", "/login?user=bob")
	if body := v.ok("GET", "/me"); strings.Contains(body, "apple") {
		t.Errorf("bob has alice's values: %s", body)
	}
}

// Fixation: an id that a client brings along is never taken over.
func TestUnknownIdsAreNotAdopted(t *testing.T) {
	s := newSite(t, session.Options{})
	known := s.visitor()
	known.ok("POST", "/start")
	name, _, _ := strings.Cut(known.cookie, "=")
	planted := name + "=1.." + strings.Repeat("A", 43) // well-formed, and nobody's
	for _, step := range []string{"/start", "/login?user=alice"} {
		v := &visitor{s, planted}
		v.out()
		v.ok("POST", step)
		if v.cookie == planted {
			t.Errorf("%s took over an id that it did not make", step)
		}
		fixed := visitor{s, planted}
		fixed.out()
	}
}

func TestTwoCookiesAreNone(t *testing.T) {
	s := newSite(t, session.Options{})
	v, w := s.visitor(), s.visitor()
	v.ok("POST", "/login?user=alice")
	w.ok("POST", "/login?user=mallory")
	v.cookie += "; " + w.cookie
	v.out()
}

func TestLogoutEndsTheSessionForEveryCopyOfTheCookie(t *testing.T) {
	s := newSite(t, session.Options{})
	v := s.visitor()
	v.ok("POST", "/login?user=alice")
	copied := visitor{s, v.cookie}
	copied.in("alice")
	v.ok("POST", "/logout")
	if v.cookie != "" {
		t.Errorf("the browser keeps %s", v.cookie)
	}
	copied.out()
	v.ok("POST", "/logout") // once more does no harm
}

func TestDeadlines(t *testing.T) {
	s := newSite(t, session.Options{Idle: 10 * time.Minute, Absolute: time.Hour})
	v := s.visitor()
	v.ok("POST", "/login?user=alice")
	for range 6 { // used every nine minutes it does not idle
		s.clock.Advance(9 * time.Minute)
		v.in("alice")
	}
	v.ok("POST", "/rotate") // which gives no more time
	s.clock.Advance(6 * time.Minute)
	v.out()

	v.ok("POST", "/login?user=alice")
	s.clock.Advance(10 * time.Minute)
	v.out()
}

func TestUseIsWrittenAtMostOnceInATenthOfIdle(t *testing.T) {
	s := newSite(t, session.Options{Idle: 30 * time.Minute})
	v := s.visitor()
	v.ok("POST", "/login?user=alice")
	for range 600 {
		s.clock.Advance(3 * time.Second)
		v.ok("GET", "/me")
		v.ok("GET", "/open") // asks for no session
	}
	if n := s.events[session.EventTouched]; n != 10 {
		t.Errorf("600 requests in half an hour: %d writes, want 10", n)
	}
}

func TestAFailingStoreIsNoLogout(t *testing.T) {
	f := &failing{}
	s := newSite(t, session.Options{Store: f})
	v := s.visitor()
	v.ok("POST", "/login?user=alice")
	f.set(true)
	for _, request := range [][2]string{{"GET", "/me"}, {"POST", "/keep"}, {"POST", "/rotate"}, {"POST", "/logout"}, {"POST", "/start"}, {"GET", "/secret"}, {"POST", "/others"}} {
		status, body, cookie := v.do(request[0], request[1])
		if status != http.StatusServiceUnavailable || cookie != nil || strings.Contains(body, "app-sessions") {
			t.Errorf("%v: got %d %q, cookie %v; want 503, a fixed text and no cookie", request, status, body, cookie)
		}
	}
	v.ok("GET", "/open") // needs no session, and gets none
	f.set(false)
	v.in("alice")
	if s.events[session.EventUnavailable] == 0 || s.events[session.EventRefused] > 0 {
		t.Errorf("got %v", s.events)
	}
}

func TestRevokingEndsWhatItShould(t *testing.T) {
	s := newSite(t, session.Options{})
	here, there, bob := s.visitor(), s.visitor(), s.visitor()
	here.ok("POST", "/login?user=alice")
	there.ok("POST", "/login?user=alice")
	bob.ok("POST", "/login?user=bob")
	here.ok("POST", "/others")
	here.in("alice")
	there.out()

	there.ok("POST", "/login?user=alice")
	listed, err := s.List(t.Context(), "alice")
	if err != nil || len(listed) != 2 || listed[0].User() != "alice" {
		t.Fatalf("List: got %v, %v; want two of alice", listed, err)
	}
	for _, l := range listed {
		if err := s.End(t.Context(), "bob", l.ID()); err != nil { // not his, so nothing ends
			t.Error(err)
		}
	}
	here.in("alice")
	if err := s.RevokeUser(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	here.out()
	there.out()
	bob.in("bob")
	listed, _ = s.List(t.Context(), "bob")
	if err := s.End(t.Context(), "bob", listed[0].ID()); err != nil {
		t.Fatal(err)
	}
	bob.out()
	if err := s.End(t.Context(), "bob", "no id"); err == nil {
		t.Error("ended what has no id")
	}
}

func TestALoginWithTheOldPasswordDoesNotOutliveItsChange(t *testing.T) {
	s := newSite(t, session.Options{})
	var got error
	s.server.Config.Handler = s.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, got = s.Login(w, r, "alice", func(ctx context.Context) error {
			// The old password has just been found right, and now it is changed.
			return s.RevokeUser(ctx, "alice")
		})
		if got != nil {
			s.Refuse(w, r, got)
		}
	}))
	v := s.visitor()
	if status, _, c := v.do("POST", "/"); status != http.StatusUnauthorized || c != nil || !errors.Is(got, session.ErrRevoked) {
		t.Errorf("got %d, %v, cookie %v; want ErrRevoked", status, got, c)
	}
}

func TestWrongCredentialsStartNothing(t *testing.T) {
	s := newSite(t, session.Options{})
	wrong := errors.New("wrong password")
	var got error
	s.server.Config.Handler = s.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, got = s.Login(w, r, "alice", func(context.Context) error { return wrong })
	}))
	if _, _, c := s.visitor().do("POST", "/"); got != wrong || c != nil {
		t.Errorf("got %v and cookie %v", got, c)
	}
	if listed, _ := s.List(t.Context(), "alice"); len(listed) != 0 {
		t.Errorf("%d sessions", len(listed))
	}
}

func TestValuesAreBounded(t *testing.T) {
	v := newSite(t, session.Options{}).visitor()
	v.ok("POST", "/login?user=alice")
	if status, _, _ := v.do("POST", "/keep?add="+strings.Repeat("x", session.MaxData)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d, want 413", status)
	}
	v.in("alice")
}

func TestConcurrentChangesLoseNothing(t *testing.T) {
	s := newSite(t, session.Options{})
	v := s.visitor()
	v.ok("POST", "/login?user=alice")
	done := make(chan int)
	for range 8 {
		go func() {
			status, _, _ := (&visitor{s, v.cookie}).do("POST", "/keep?add=x")
			done <- status
		}()
	}
	kept := 0
	for range 8 {
		if status := <-done; status == http.StatusOK {
			kept++
		} else if status != http.StatusConflict {
			t.Errorf("got %d, want 200 or 409", status)
		}
	}
	if body := v.ok("GET", "/me"); strings.Count(body, "x") != kept {
		t.Errorf("%d changes were acknowledged, and %q is kept", kept, body)
	}
}

func TestTokensOfTheGuardComeFromTheRecord(t *testing.T) {
	v := newSite(t, session.Options{}).visitor()
	if got := v.ok("GET", "/secret"); got != "" {
		t.Errorf("without a session: %q", got)
	}
	v.ok("POST", "/start")
	if got := v.ok("GET", "/secret"); len(got) != 64 {
		t.Errorf("got %q, want 32 bytes", got)
	}
}

func TestRequestsHaveToComeThroughHandler(t *testing.T) {
	m, err := session.New(session.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	if _, err := m.Load(r); err == nil || errors.Is(err, session.ErrNoSession) {
		t.Errorf("Load: got %v, want an error that is not about sessions", err)
	}
	if _, err := m.Login(httptest.NewRecorder(), r, "alice", nil); err == nil {
		t.Error("Login worked")
	}
}

func TestOptionsThatWouldNotDoWhatTheySay(t *testing.T) {
	key := make([]byte, 32)
	for name, o := range map[string]session.Options{
		"idle beyond absolute":     {Idle: 2 * time.Hour, Absolute: time.Hour},
		"negative idle":            {Idle: -1},
		"no sessions":              {MaxPerUser: -1},
		"prefix given":             {Name: "__Host-id"},
		"odd name":                 {Name: "a b"},
		"cross-site cookie":        {SameSite: http.SameSiteNoneMode},
		"store and signed cookies": {Store: session.NewMemory(nil), SignedKeys: [][]byte{key}},
		"short key":                {SignedKeys: [][]byte{key[:31]}},
		"blank reason":             {InsecureHTTP: " "},
	} {
		if _, err := session.New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestPlainHTTPNeedsAReason(t *testing.T) {
	v := newSite(t, session.Options{InsecureHTTP: "a device without certificates"}).visitor()
	_, _, c := v.do("POST", "/login?user=alice")
	if c == nil || c.Name != "session" || c.Secure {
		t.Errorf("got %+v", c)
	}
	v.in("alice")
}

func TestPrincipalsComeFromLoginsOrFromAReason(t *testing.T) {
	if p := (session.Session{}).Principal(); p.User() != "" {
		t.Errorf("nobody is %q", p.User())
	}
	for _, p := range []session.Principal{{}, session.InsecurePrincipal("alice", " "), session.InsecurePrincipal("", "header")} {
		if p.User() != "" {
			t.Errorf("got %q, want nobody", p.User())
		}
	}
	if p := session.InsecurePrincipal("alice", "signed header"); p.User() != "alice" || p.Vouched() == "" {
		t.Errorf("got %+v", p)
	}
}
