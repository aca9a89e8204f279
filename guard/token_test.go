package guard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

var (
	oneKey  = bytes.Repeat([]byte{1}, 32)
	twoKey  = bytes.Repeat([]byte{2}, 32)
	sid     = []string{"sid"}
	strict  = policy.Rules{Strict: true}
	ownPost = []string{"POST /pay HTTP/1.1", appHost, "Origin: https://app.example"}
)

// tokenFor is a token as a page for that session holds it.
func tokenFor(t testing.TB, g *Guard, cookie string) string {
	t.Helper()
	r := httptest.NewRequest("GET", "https://app.example/", nil)
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	token, err := g.Token(http.Header{}, r)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTokensAreGoodForTheirSessionOnly(t *testing.T) {
	s := serve(t, true, strict, Options{SessionCookies: sid}, nil)
	mine, other := tokenFor(t, s.guard, "sid=mine"), tokenFor(t, s.guard, "sid=other")
	again := tokenFor(t, s.guard, "sid=mine")
	if mine == again || mine[2:20] == again[2:20] {
		t.Error("two pages hold the same bytes")
	}
	flipped := []byte(mine)
	flipped[30] ^= 1
	for _, test := range []struct {
		name, token string
		want        policy.Reason // "" lets through
	}{
		{"mine", mine, ""},
		{"another page's", again, ""},
		{"somebody else's", other, policy.InvalidToken},
		{"none", "", policy.MissingToken},
		{"one byte off", string(flipped), policy.InvalidToken},
		{"cut", mine[:40], policy.InvalidToken},
		{"padded", mine + "=", policy.InvalidToken},
		{"not ASCII", strings.Repeat("é", 33), policy.InvalidToken},
		{"endless", strings.Repeat("a", 5000), policy.InvalidToken},
		{"a session id of the guard", s.guard.tokens.newSigned(labelSession, binding{}), policy.InvalidToken},
	} {
		for place, lines := range placed(test.token) {
			res := s.send(t, append(append([]string{}, append(ownPost, "Cookie: sid=mine")...), lines...)...)
			if reason := reasonOf(t, res); reason != test.want {
				t.Errorf("%s in %s: %d %s, want %q", test.name, place, res.StatusCode, reason, test.want)
			}
		}
	}
}

// placed are the ways a token may come.
func placed(token string) map[string][]string {
	return map[string][]string{
		"header":    {"X-CSRF-Token: " + token, "", ""},
		"field":     {"Content-Type: application/x-www-form-urlencoded; charset=utf-8", "", "to=bob&csrf_token=" + token + "&x=1"},
		"multipart": {"Content-Type: multipart/form-data; boundary=B", "", "--B", `Content-Disposition: form-data; name="csrf_token"`, "", token, "--B--", ""},
	}
}

func TestTokensInOddPlacesDoNotCount(t *testing.T) {
	s := serve(t, true, strict, Options{SessionCookies: sid}, nil)
	token := tokenFor(t, s.guard, "sid=mine")
	form := "Content-Type: application/x-www-form-urlencoded"
	for _, test := range []struct {
		name  string
		lines []string
		want  policy.Reason
	}{
		{"query", []string{"POST /pay?csrf_token=" + token + " HTTP/1.1", appHost, "Origin: https://app.example", "Cookie: sid=mine", form, "", "a=1"}, policy.MissingToken},
		{"cookie", append(ownPost, "Cookie: sid=mine; csrf_token="+token), policy.MissingToken},
		{"field twice", append(ownPost, "Cookie: sid=mine", form, "", "csrf_token="+token+"&csrf_token="+token), policy.InvalidToken},
		{"field twice, once encoded", append(ownPost, "Cookie: sid=mine", form, "", "csrf_token="+token+"&csrf%5ftoken=x"), policy.InvalidToken},
		{"header twice", append(ownPost, "Cookie: sid=mine", "X-CSRF-Token: "+token, "X-CSRF-Token: "+token), policy.InvalidToken},
		{"bad header, good field", append(ownPost, "Cookie: sid=mine", form, "X-CSRF-Token: x", "", "csrf_token="+token), policy.InvalidToken},
		{"good header, bad field", append(ownPost, "Cookie: sid=mine", form, "X-CSRF-Token: "+token, "", "csrf_token=x"), ""},
		{"text/plain body", append(ownPost, "Cookie: sid=mine", "Content-Type: text/plain", "", "csrf_token="+token), policy.MissingToken},
		{"no type", append(ownPost, "Cookie: sid=mine", "", "csrf_token="+token), policy.MissingToken},
		{"a file of that name", append(ownPost, "Cookie: sid=mine", "Content-Type: multipart/form-data; boundary=B", "",
			"--B", `Content-Disposition: form-data; name="csrf_token"; filename="x"`, "", token, "--B--", ""), policy.MissingToken},
		{"a part twice", append(ownPost, "Cookie: sid=mine", "Content-Type: multipart/form-data; boundary=B", "",
			"--B", `Content-Disposition: form-data; name="csrf_token"`, "", token, "--B", `Content-Disposition: form-data; name="csrf_token"`, "", token, "--B--", ""), policy.InvalidToken},
		{"no boundary", append(ownPost, "Cookie: sid=mine", "Content-Type: multipart/form-data", "", token), policy.MissingToken},
		{"no session", append(ownPost, "Cookie: x=1", "X-CSRF-Token: "+token), policy.InvalidToken},
		{"ends with the name", append(ownPost, "Cookie: sid=mine", form, "", "a_csrf_token="+token), policy.MissingToken},
	} {
		if got := reasonOf(t, s.send(t, test.lines...)); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestBodiesReachTheApplicationWhole(t *testing.T) {
	s := serve(t, true, strict, Options{SessionCookies: sid, Tokens: Tokens{Peek: 1000}}, nil)
	token := tokenFor(t, s.guard, "sid=mine")
	for _, size := range []int{0, 1, 900, 1000, 1001, 100000} {
		body := "csrf_token=" + token + "&a=" + strings.Repeat("x", size)
		res := s.send(t, append(append([]string{}, ownPost...), "Cookie: sid=mine", "Content-Type: application/x-www-form-urlencoded", "", body)...)
		if got := text(t, res); res.StatusCode != 200 || got != body {
			t.Errorf("%d bytes: got %d with %d of %d bytes", size, res.StatusCode, len(got), len(body))
		}
	}
	late := "a=" + strings.Repeat("x", 1000) + "&csrf_token=" + token
	if got := reasonOf(t, s.send(t, append(append([]string{}, ownPost...), "Cookie: sid=mine", "Content-Type: application/x-www-form-urlencoded", "", late)...)); got != policy.MissingToken {
		t.Errorf("a token beyond the bound: %q", got)
	}
}

func TestKeysRotate(t *testing.T) {
	guards := map[string]*Guard{}
	for name, keys := range map[string][][]byte{"old": {oneKey}, "both": {twoKey, oneKey}, "new": {twoKey}} {
		g, err := New(strict, Options{SessionCookies: sid, Tokens: Tokens{Keys: keys}})
		if err != nil {
			t.Fatal(err)
		}
		guards[name] = g
	}
	for _, test := range []struct {
		from, to string
		want     bool
	}{{"old", "both", true}, {"both", "new", true}, {"old", "new", false}, {"new", "old", false}} {
		token := tokenFor(t, guards[test.from], "sid=a")
		r := httptest.NewRequest("POST", "https://app.example/", nil)
		r.Header = http.Header{"Cookie": {"sid=a"}, "X-Csrf-Token": {token}, "Origin": {"https://app.example"}}
		if got := guards[test.to].Check(r); got.Allowed != test.want {
			t.Errorf("from %s to %s: %v", test.from, test.to, got)
		}
	}
}

func TestWithoutASessionTheGuardStartsItsOwn(t *testing.T) {
	var issued string
	var s *site
	s = serve(t, true, strict, Options{SessionCookies: sid}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "GET" {
			issued, _ = s.guard.Token(w.Header(), r)
			second, _ := s.guard.Token(w.Header(), r)
			io.WriteString(w, second)
		}
	}))
	res := s.send(t, get, appHost)
	cookies := res.Cookies()
	if len(cookies) != 1 || cookies[0].Name != "__Host-mantlet-session" || !cookies[0].Secure || !cookies[0].HttpOnly || cookies[0].Path != "/" || cookies[0].Domain != "" {
		t.Fatalf("got %v", res.Header["Set-Cookie"])
	}
	if res.Header.Get("Cache-Control") != "private" || res.Header.Get("Vary") != "Cookie" {
		t.Errorf("a page with a token may be shared: %v", res.Header)
	}
	cookie := "Cookie: " + cookies[0].Name + "=" + cookies[0].Value
	post := func(cookie, token string) policy.Reason {
		return reasonOf(t, s.send(t, append(append([]string{}, ownPost...), cookie, "X-CSRF-Token: "+token)...))
	}
	if got := post(cookie, issued); got != "" {
		t.Errorf("the first token: %s", got)
	}
	if got := post(cookie, text(t, res)); got != "" {
		t.Errorf("the second token: %s", got)
	}
	if got := post("Cookie: __Host-mantlet-session="+strings.Repeat("A", 66), issued); got != policy.InvalidToken {
		t.Errorf("a session id that the client chose: %q", got)
	}
	if got := post(cookie+"; sid=new", issued); got != policy.InvalidToken {
		t.Errorf("after login the old token still works: %q", got)
	}
}

func TestATokenBelongsToTheSessionThatItsPageStarts(t *testing.T) {
	g, err := New(strict, Options{SessionCookies: sid})
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{"Set-Cookie": {"sid=new; Path=/"}}
	r := httptest.NewRequest("GET", "https://app.example/", nil)
	r.Header.Set("Cookie", "sid=old")
	token, _ := g.Token(h, r)
	for cookie, want := range map[string]bool{"sid=new": true, "sid=old": false} {
		q := httptest.NewRequest("POST", "https://app.example/", nil)
		q.Header = http.Header{"Cookie": {cookie}, "X-Csrf-Token": {token}, "Origin": {"https://app.example"}}
		if got := g.Check(q); got.Allowed != want {
			t.Errorf("%s: %v", cookie, got)
		}
	}
}

// secrets is a session record that counts how often it is asked.
type secrets struct {
	kept  map[string][]byte
	fails error
	asked int
}

func (s *secrets) TokenSecret(r *http.Request) ([]byte, error) {
	s.asked++
	return s.kept[r.Header.Get("Cookie")], s.fails
}

func (s *secrets) KeepTokenSecret(r *http.Request, secret []byte) ([]byte, error) {
	if r.Header.Get("Cookie") == "" {
		return nil, s.fails
	}
	s.kept[r.Header.Get("Cookie")] = secret
	return secret, s.fails
}

func TestSynchronizerTokens(t *testing.T) {
	store := &secrets{kept: map[string][]byte{"sid=short": {1}}}
	s := serve(t, true, strict, Options{Tokens: Tokens{Secrets: store}}, nil)
	mine := tokenFor(t, s.guard, "sid=mine")
	if mine == tokenFor(t, s.guard, "sid=mine") {
		t.Error("two pages hold the same bytes")
	}
	if _, err := s.guard.Token(http.Header{}, httptest.NewRequest("GET", "/", nil)); !errors.Is(err, ErrNoSession) {
		t.Errorf("without a session: %v", err)
	}
	send := func(cookie, token string) (int, policy.Reason) {
		res := s.send(t, append(append([]string{}, ownPost...), "Cookie: "+cookie, "X-CSRF-Token: "+token)...)
		return res.StatusCode, reasonOf(t, res)
	}
	for _, test := range []struct {
		cookie, token string
		want          policy.Reason
	}{
		{"sid=mine", mine, ""}, {"sid=other", mine, policy.InvalidToken}, {"sid=mine", "", policy.MissingToken},
		{"sid=none", encoding.EncodeToString(make([]byte, 64)), policy.InvalidToken},
		{"sid=short", encoding.EncodeToString(make([]byte, 64)), policy.InvalidToken},
		{"sid=mine", strings.Repeat("é", 43), policy.InvalidToken},
	} {
		if _, got := send(test.cookie, test.token); got != test.want {
			t.Errorf("%s with %q: %q, want %q", test.cookie, test.token, got, test.want)
		}
	}
	store.fails = errors.New("table on fire")
	if status, got := send("sid=mine", mine); status != 503 || got != policy.TokenUnavailable {
		t.Errorf("with a failing store: %d %s", status, got)
	}
}

func TestTheStoreIsAskedOnlyWhereTheBrowserLeftNoEvidence(t *testing.T) {
	store := &secrets{kept: map[string][]byte{}}
	s := serve(t, true, policy.Rules{}, Options{Tokens: Tokens{Secrets: store}}, nil)
	for _, lines := range [][]string{
		{get, appHost, "Cookie: a=1"}, append(ownPost, "Cookie: a=1"), append(ownPost, "Sec-Fetch-Site: same-origin", "Cookie: a=1"),
		{"POST / HTTP/1.1", appHost, "Origin: https://evil.example", "Cookie: a=1"}, {"POST / HTTP/1.1", appHost, "X-CSRF-Token: x"},
	} {
		s.send(t, lines...)
	}
	if store.asked != 0 {
		t.Errorf("asked %d times", store.asked)
	}
}

func TestActionTokensWorkOnceForWhatTheySay(t *testing.T) {
	now := time.Unix(1000, 0)
	clock := func() time.Time { return now }
	g, err := New(policy.Rules{}, Options{SessionCookies: sid, Now: clock, Tokens: Tokens{Actions: NewMemoryTokens(100, clock)}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "https://app.example/", nil)
	r.Header.Set("Cookie", "sid=a")
	pay := Action{"pay", map[string]string{"to": "bob", "amount": "10"}}
	issue := func() string {
		token, err := g.ActionToken(http.Header{}, r, pay, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	other := r.Clone(context.Background())
	other.Header.Set("Cookie", "sid=b")
	for _, test := range []struct {
		name   string
		r      *http.Request
		action Action
		want   policy.Reason
	}{
		{"another amount", r, Action{"pay", map[string]string{"to": "bob", "amount": "100"}}, policy.InvalidToken},
		{"one parameter fewer", r, Action{"pay", map[string]string{"to": "bob"}}, policy.InvalidToken},
		{"parameters run together", r, Action{"pay", map[string]string{"amount": "10to", "": "bob"}}, policy.InvalidToken},
		{"another action", r, Action{"refund", pay.Params}, policy.InvalidToken},
		{"another session", other, pay, policy.InvalidToken},
		{"as it says", r, pay, policy.ValidToken},
	} {
		token := issue()
		if got := g.TakeAction(test.r, token, test.action); got.Reason != test.want || got.Allowed != (test.want == policy.ValidToken) {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	token := issue()
	var wins int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if g.TakeAction(r, token, pay).Allowed {
				mu.Lock()
				wins++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if wins != 1 {
		t.Errorf("twenty at once: %d won", wins)
	}
	late := issue()
	now = now.Add(time.Minute)
	if got := g.TakeAction(r, late, pay).Reason; got != policy.ActionSpent {
		t.Errorf("too late: %s", got)
	}
	if got := g.TakeAction(r, tokenFor(t, g, "sid=a"), pay).Reason; got != policy.InvalidToken {
		t.Errorf("a page's token for an action: %s", got)
	}
}

func TestTheMemoryOfActionTokensIsBounded(t *testing.T) {
	now := time.Unix(0, 0)
	m := NewMemoryTokens(2, func() time.Time { return now })
	put := func(id byte) error { return m.Put(context.Background(), [32]byte{id}, now.Add(time.Second)) }
	if err := errors.Join(put(1), put(2)); err != nil {
		t.Fatal(err)
	}
	if err := put(3); !errors.Is(err, ErrFull) {
		t.Errorf("a third: %v", err)
	}
	if good, _ := m.Take(context.Background(), [32]byte{1}); !good {
		t.Error("an old one is forgotten")
	}
	now = now.Add(time.Second)
	if err := errors.Join(put(4), put(5)); err != nil {
		t.Errorf("expired ones take room: %v", err)
	}
}

func TestFieldIsAnInputElement(t *testing.T) {
	g, err := New(policy.Rules{}, Options{Tokens: Tokens{Field: `a"b`}})
	if err != nil {
		t.Fatal(err)
	}
	field, err := g.Field(http.Header{}, httptest.NewRequest("GET", "/", nil))
	if err != nil || !strings.HasPrefix(field, `<input type="hidden" name="a&#34;b" value="`) {
		t.Errorf("got %s, %v", field, err)
	}
}

func TestVerifyingAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector empties pools")
	}
	g, err := New(strict, Options{SessionCookies: sid, Tokens: Tokens{Keys: [][]byte{oneKey, twoKey}}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "https://app.example/", nil)
	r.Header = http.Header{"Cookie": {"sid=a"}, "X-Csrf-Token": {tokenFor(t, g, "sid=a")}, "Origin": {"https://app.example"}}
	var d policy.Decision
	if n := testing.AllocsPerRun(200, func() { d = g.Check(r) }); n > 0 || d.Reason != policy.ValidToken {
		t.Errorf("%v allocations, %v", n, d)
	}
}

// FuzzToken: no text but the issued one is a token, and forms never break the search.
func FuzzToken(f *testing.F) {
	g, err := New(strict, Options{SessionCookies: sid, Tokens: Tokens{Keys: [][]byte{oneKey}, Peek: 200}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("x", "application/x-www-form-urlencoded", "csrf_token=a&b")
	f.Add("", "multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=csrf_token\r\n\r\nx\r\n--B--")
	f.Fuzz(func(t *testing.T, header, kind, body string) {
		r := httptest.NewRequest("POST", "https://app.example/", strings.NewReader(body))
		r.Header = http.Header{"Cookie": {"sid=a"}, "Content-Type": {kind}, "Origin": {"https://app.example"}}
		if header != "" {
			r.Header["X-Csrf-Token"] = []string{header}
		}
		if d := g.Check(r); d.Allowed {
			t.Errorf("allowed: %v", d)
		}
		if left, err := io.ReadAll(r.Body); err != nil || string(left) != body {
			t.Errorf("of %q the application reads %q (%v)", body, left, err)
		}
	})
}

func ExampleGuard_Handler() {
	g, err := New(policy.Rules{TrustedOrigins: []string{"https://sso.example"}}, Options{SessionCookies: []string{"session"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "changed") })
	r := httptest.NewRequest("POST", "https://app.example/email", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	g.Handler(app).ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("X-Frame-Options"))
	// Output: 403 DENY
}
