package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/scope"
)

func TestAFormLoginLooksLikeABrowsers(t *testing.T) {
	a, g, base := start(t, scope.Claim{Mode: scope.Passive}) // a login is no attack
	s, err := Login(t.Context(), g, formSpec(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := page(t, s, base, "/account"); !strings.Contains(got, "hello alice") {
		t.Errorf("got %q", got)
	}
	h := a.seen[0]
	for name, want := range map[string]string{"Origin": base, "Referer": base + "/login", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"} {
		if h.Get(name) != want {
			t.Errorf("%s: got %q, want %q", name, h.Get(name), want)
		}
	}
	names, tested := s.SessionCookies()
	if !slices.Equal(names, []string{"sid"}) || !tested {
		t.Errorf("session cookies: got %v, tested %v", names, tested)
	}
	if !s.Ambient() || s.Probe() != base+"/account" || s.LoggedIn().IsZero() {
		t.Errorf("got ambient %v, probe %q, logged in %v", s.Ambient(), s.Probe(), s.LoggedIn())
	}
	var lines []string
	for _, c := range s.Cookies() {
		lines = append(lines, c.Line)
		if c.URL == "" || c.At.IsZero() || c.Handed {
			t.Errorf("incomplete: %+v", c)
		}
	}
	if all := strings.Join(lines, "\n"); len(lines) != 3 || !strings.Contains(all, "; Path=/; HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("got cookies\n%s", all)
	}
	if text := g.Redactor().Text(strings.Join(lines, "\n") + " pw-secret"); strings.Contains(text, "-session") || strings.Contains(text, "pw-secret") || !strings.Contains(text, "theme=dark") {
		t.Errorf("redacted to\n%s", text)
	}
}

func TestSessionsAreIndependent(t *testing.T) {
	_, g, base := start(t, scope.Claim{})
	s, err := Login(t.Context(), g, formSpec(), nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Again(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.CookieHeader(base+"/account") == again.CookieHeader(base+"/account") {
		t.Error("the second session has the first one's cookies")
	}
	broken := s.Broken()
	mine, theirs := s.CookieHeader(base), broken.CookieHeader(base)
	if len(mine) != len(theirs) || broken.Name() != "alice" {
		t.Errorf("broken: got %q for %q", theirs, mine)
	}
	for _, pair := range strings.Split(mine, "; ") {
		if strings.Contains(theirs, pair) {
			t.Errorf("broken still carries %q", pair)
		}
	}
	if err := broken.Alive(t.Context()); !errors.Is(err, ErrLost) {
		t.Errorf("broken session: got %v, want ErrLost", err)
	}
	if got := page(t, broken, base, "/account"); got != "303" {
		t.Errorf("broken session sees %q", got)
	}
	if err := s.Alive(t.Context()); err != nil {
		t.Errorf("the original: %v", err)
	}
	if got := page(t, Anonymous(g), base, "/account"); got != "303" {
		t.Errorf("anonymous sees %q", got)
	}
}

func TestALostSessionIsNoticedAndRenewed(t *testing.T) {
	_, g, base := start(t, scope.Claim{})
	s, err := Login(t.Context(), g, formSpec(), nil)
	if err != nil {
		t.Fatal(err)
	}
	page(t, Anonymous(g), base, "/kill")
	if err := s.Alive(t.Context()); !errors.Is(err, ErrLost) {
		t.Fatalf("got %v, want ErrLost", err)
	}
	if err := s.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Alive(t.Context()); err != nil {
		t.Errorf("after renewal: %v", err)
	}
}

func TestLoginsThatFailSayWhatWasSeen(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Spec)
		want   []string
	}{
		{"a wrong password", func(s *Spec) { s.Form.Secrets["password"] = "wrong-password" }, []string{"shown again", "status 200", `title "Log in"`, "check user name"}},
		{"a field that is not there", func(s *Spec) { s.Form.Fields["mail"] = "x" }, []string{"mail, password, username", "csrf, password, stay, username"}},
		{"a page without a form", func(s *Spec) { s.Form.URL = "/" }, []string{"has no form", `title "Home"`}},
		{"a page elsewhere", func(s *Spec) { s.Form.URL = "http://elsewhere.example/login" }, []string{"out of scope"}},
		{"a page that leads elsewhere", func(s *Spec) { s.Form.URL = "/out" }, []string{"redirect to http://elsewhere.example/"}},
		{"a redirect loop", func(s *Spec) { s.Form.URL = "/loop" }, []string{"more than 10 redirects"}},
		{"a button that is not there", func(s *Spec) { s.Form.Submit = "#nope" }, []string{`"#nope"`}},
		{"another button", func(s *Spec) { s.Form.Submit = "#other" }, []string{"the login form was shown again"}},
		{"a success that does not come", func(s *Spec) { s.Form.Success.Path = "/dashboard" }, []string{"expected to lead to /dashboard", "/account"}},
		{"a text that does not come", func(s *Spec) { s.Form.Success.Text = "Bye" }, []string{`text "Bye"`}},
		{"a cookie that does not come", func(s *Spec) { s.Form.Success.Cookie = "jwt" }, []string{`cookie "jwt"`}},
		{"a browser that is not there", func(s *Spec) { s.Form.Browser = true }, []string{"needs a browser"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, g, _ := start(t, scope.Claim{})
			spec := formSpec()
			test.change(&spec)
			_, err := Login(t.Context(), g, spec, nil)
			var failed *LoginError
			if !errors.As(err, &failed) {
				t.Fatalf("got %v, want a LoginError", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want it to say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "wrong-password") || strings.Contains(err.Error(), "pw-secret") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

// A site that shows its login form on the front page may answer a wrong password
// elsewhere: that is no login either, whatever cookies it sets.
func TestALoginFormThatIsShownAgainElsewhere(t *testing.T) {
	visits := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visits++
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: fmt.Sprintf("session-%08d", visits), Path: "/"})
		w.Header().Set("Content-Type", "text/html")
		if r.Method == http.MethodPost && r.PostFormValue("password") == "pw-secret" {
			fmt.Fprint(w, "welcome <form method=post action=/settings><input name=username><input type=password name=password></form>")
			return
		}
		if r.Method == http.MethodPost {
			fmt.Fprint(w, "wrong ")
		}
		fmt.Fprint(w, "<form method=post action=/session><input name=username><input type=password name=password></form>")
	}))
	defer srv.Close()
	g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{srv.URL}})
	if err != nil {
		t.Fatal(err)
	}
	for password, wrong := range map[string]bool{"pw-secret": false, "pw-other": true} {
		_, err := Login(t.Context(), g, Spec{Name: "alice", Form: &FormLogin{URL: "/", Fields: map[string]string{"username": "alice"}, Secrets: map[string]string{"password": password}}}, nil)
		if (err != nil) != wrong || wrong && !strings.Contains(err.Error(), "shown again") {
			t.Errorf("with %s: %v", password, err)
		}
	}
}

func TestAnUnreachableTargetFailsTheLogin(t *testing.T) {
	g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{"http://127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Login(t.Context(), g, formSpec(), nil)
	var failed *LoginError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
}

func TestOtherWaysIn(t *testing.T) {
	for _, test := range []struct {
		name    string
		spec    Spec
		sees    string
		ambient bool
	}{
		{"JSON with a token", Spec{Name: "r", JSON: &JSONLogin{URL: "/api/login", Fields: map[string]string{"username": "r"}, Secrets: map[string]string{"password": "pw-secret"}, Token: "/data/tokens/0"}}, "hello robot", false},
		{"a token for a form", Spec{Name: "r", JSON: &JSONLogin{URL: "/token", Fields: map[string]string{"username": "robot"}, Token: "/access_token", URLEncoded: true}}, "hello robot", false},
		{"a bearer token", Spec{Name: "r", Bearer: "tok-4711-abcdef"}, "hello robot", false},
		{"a header", Spec{Name: "r", Headers: map[string]string{"Authorization": "Bearer tok-4711-abcdef"}}, "hello robot", false},
		{"a password for HTTP", Spec{Name: "a", Headers: map[string]string{"Authorization": "Basic YWxpY2U6cHc="}}, "hello alice", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, g, base := start(t, scope.Claim{})
			s, err := Login(t.Context(), g, test.spec, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := page(t, s, base, "/account"); !strings.Contains(got, test.sees) || s.Ambient() != test.ambient {
				t.Errorf("sees %q, ambient %v", got, s.Ambient())
			}
			if err := s.Broken().Alive(t.Context()); !errors.Is(err, ErrLost) {
				t.Errorf("broken: got %v, want ErrLost", err)
			}
			if text := g.Redactor().Text("tok-4711-abcdef YWxpY2U6cHc="); strings.Contains(text, "tok-4711") && !test.ambient {
				t.Errorf("the token is shown: %s", text)
			}
		})
	}
}

func TestJSONLoginsThatFail(t *testing.T) {
	for name, test := range map[string]struct {
		login JSONLogin
		want  string
	}{
		"a wrong password":          {JSONLogin{URL: "/api/login", Secrets: map[string]string{"password": "wrong"}}, "status 401"},
		"a token elsewhere":         {JSONLogin{URL: "/api/login", Secrets: map[string]string{"password": "pw-secret"}, Token: "/token"}, "there is: data"},
		"a token that is an object": {JSONLogin{URL: "/api/login", Secrets: map[string]string{"password": "pw-secret"}, Token: "/data"}, "is no text"},
		"no credentials at all":     {JSONLogin{URL: "/api/login", Secrets: map[string]string{"password": "pw-secret"}}, "no cookie was set"},
	} {
		_, g, _ := start(t, scope.Claim{})
		_, err := Login(t.Context(), g, Spec{Name: "x", JSON: &test.login}, nil)
		var failed *LoginError
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestACookieThatWasHandedOver(t *testing.T) {
	a, g, base := start(t, scope.Claim{})
	a.sessions["handed-0001-session"] = "carol"
	s, err := Login(t.Context(), g, Spec{Name: "carol", Cookie: "sid=handed-0001-session; theme=dark"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := page(t, s, base, "/account"); !strings.Contains(got, "hello carol") {
		t.Errorf("sees %q", got)
	}
	if names, tested := s.SessionCookies(); !slices.Equal(names, []string{"sid"}) || !tested {
		t.Errorf("got %v, %v", names, tested)
	}
	if _, err := s.Again(t.Context()); !errors.Is(err, ErrNoLogin) {
		t.Errorf("again: got %v, want ErrNoLogin", err)
	}
	if !s.Cookies()[0].Handed {
		t.Error("the cookie's line is not marked as made up")
	}
}

// A drivenForm stands in for a browser.
type drivenForm struct{ fields map[string]string }

func (d *drivenForm) Login(_ context.Context, url string, fields map[string]string, submit string) ([]SetCookie, error) {
	d.fields = fields
	return []SetCookie{{Line: "sid=driven-0001-session; Path=/; Secure", URL: url, Method: http.MethodPost}}, nil
}

func TestABrowserCanFillTheFormIn(t *testing.T) {
	a, g, base := start(t, scope.Claim{})
	a.sessions["driven-0001-session"] = "alice"
	spec := formSpec()
	spec.Form.Browser = true
	driver := &drivenForm{}
	s, err := Login(t.Context(), g, spec, driver)
	if err != nil {
		t.Fatal(err)
	}
	if driver.fields["password"] != "pw-secret" || !strings.Contains(page(t, s, base, "/account"), "hello alice") {
		t.Errorf("fields %v, sees %q", driver.fields, page(t, s, base, "/account"))
	}
	spec.Form.Success.Cookie = "other"
	if _, err := Login(t.Context(), g, spec, driver); err == nil || !strings.Contains(err.Error(), `"other"`) {
		t.Errorf("a success that does not come: got %v", err)
	}
}

func TestSessionsAreSafeForConcurrentUse(t *testing.T) {
	_, g, base := start(t, scope.Claim{})
	s, err := Login(t.Context(), g, formSpec(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			switch i % 4 {
			case 0:
				page(t, s, base, "/login")
			case 1:
				s.Cookies()
				s.Broken().CookieHeader(base)
			case 2:
				if err := s.Renew(t.Context()); err != nil {
					t.Error(err)
				}
			default:
				page(t, s, base, "/account")
			}
		})
	}
	wg.Wait()
}
