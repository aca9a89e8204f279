package identity

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/scope"
)

// Login makes a session of the identity that spec describes, through the grant. A
// login that does not work is a *LoginError. Driver fills forms in with a browser;
// it may be nil if spec does not ask for one.
//
// Afterwards the session knows, where the target shows it, an address that answers
// differently to anonymous visitors (for Alive) and which cookies carry the
// session. Finding that out takes a few GET requests.
func Login(ctx context.Context, g *scope.Grant, spec Spec, driver FormDriver) (*Session, error) {
	s := &Session{grant: g, spec: spec, driver: driver, jar: &jar{}, header: http.Header{}}
	ctx = scope.ForLogin(ctx)
	s.learnSpec()
	s.takeGiven()
	given := cookieValues(s.jar)
	landing, err := s.logIn(ctx)
	if err != nil {
		return nil, err
	}
	s.loggedIn = time.Now()
	if s.probe, err = s.findProbe(ctx, landing); err != nil {
		return nil, err
	}
	if err := s.mustHaveCredentials(given, landing); err != nil {
		return nil, err
	}
	return s, s.findSessionCookies(ctx, given)
}

// logIn carries out the login that the spec names, if it names one.
func (s *Session) logIn(ctx context.Context) (*answer, error) {
	switch {
	case s.spec.Form != nil && s.spec.Form.Browser:
		return nil, s.loginByBrowser(ctx)
	case s.spec.Form != nil:
		return s.loginByForm(ctx)
	case s.spec.JSON != nil:
		return s.loginByJSON(ctx)
	}
	return nil, nil
}

func (s *Session) loginByBrowser(ctx context.Context) error {
	f := s.spec.Form
	u, err := within(s.target(), f.URL)
	if err != nil {
		return s.failed(nil, "the login URL cannot be read", "check login.form.url", err)
	}
	if err := s.grant.Allows(u.String()); err != nil {
		return s.failed(nil, "the login page is not in scope", "add its origin to scope.origins", err)
	}
	if s.driver == nil {
		return s.failed(nil, "it needs a browser and there is none", "install Chromium, or set login.form.browser to false", nil)
	}
	cookies, err := s.driver.Login(ctx, u.String(), merged(f.Fields, f.Secrets), f.Submit)
	if err != nil {
		return s.failed(nil, "the browser could not fill in the form at "+u.String(), "check the names of login.form.fields and secrets", err)
	}
	for i, c := range cookies {
		// A browser knows a cookie's host and path but not who set it: the login did.
		if set, err := url.Parse(c.URL); err == nil && set.Host == u.Host {
			cookies[i].URL, cookies[i].Method = u.String(), http.MethodPost
		}
	}
	s.SetCookies(cookies)
	// Of the page that the browser ended at only the cookies are known.
	if name := f.Success.Cookie; name != "" && cookieValues(s.jar)[name] == "" {
		return s.failed(nil, fmt.Sprintf("a cookie %q was expected", name), "check user name, password and login.form.success", nil)
	}
	return nil
}

// learnSpec teaches the redactor what the spec holds.
func (s *Session) learnSpec() {
	r := s.grant.Redactor()
	learnAll := func(kind string, values map[string]string) {
		for _, v := range values {
			r.Learn(kind, v)
		}
	}
	if s.spec.Form != nil {
		learnAll("password", s.spec.Form.Secrets)
	}
	if s.spec.JSON != nil {
		learnAll("password", s.spec.JSON.Secrets)
	}
	r.Learn("token", s.spec.Bearer)
	for name, v := range s.spec.Headers {
		r.Learn("header", v)
		if _, credentials, found := strings.Cut(v, " "); found && strings.EqualFold(name, "Authorization") {
			r.Learn("header", credentials)
		}
	}
	for _, pair := range strings.Split(s.spec.Cookie, ";") {
		_, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		r.Learn("cookie", value)
	}
}

// takeGiven puts credentials that need no login where they belong.
func (s *Session) takeGiven() {
	for name, v := range s.spec.Headers {
		s.header.Set(name, v)
	}
	if s.spec.Bearer != "" {
		s.header.Set("Authorization", "Bearer "+s.spec.Bearer)
	}
	for _, pair := range strings.Split(s.spec.Cookie, ";") {
		pair = strings.TrimSpace(pair)
		if pair == "" {
			continue
		}
		line := pair + "; Path=/"
		if lower := strings.ToLower(pair); strings.HasPrefix(lower, "__host-") || strings.HasPrefix(lower, "__secure-") {
			line += "; Secure"
		}
		for _, o := range s.grant.Targets() {
			s.jar.put(SetCookie{Line: line, URL: o.String() + "/", At: time.Now(), Handed: true})
		}
	}
}

// mustHaveCredentials refuses a login after which nothing tells the visitor from
// anybody else.
func (s *Session) mustHaveCredentials(given map[string]string, landing *answer) error {
	if s.probe != nil || s.spec.Form == nil && s.spec.JSON == nil || len(s.header) > 0 {
		return nil
	}
	if success := s.success(); !success.isZero() && landing != nil {
		return nil // what the user named was seen
	}
	for name, value := range cookieValues(s.jar) {
		if given[name] != value {
			return nil
		}
	}
	return s.failed(landing, "no cookie was set and no page answers differently than without a login",
		"check user name and password, or name a bearer token with login.json.token", nil)
}

func (s *Session) success() Success {
	switch {
	case s.spec.Form != nil:
		return s.spec.Form.Success
	case s.spec.JSON != nil:
		return s.spec.JSON.Success
	}
	return Success{}
}

// target is the first target's start, which relative URLs of the spec refer to.
func (s *Session) target() string { return s.grant.Targets()[0].String() + "/" }

func cookieValues(j *jar) map[string]string {
	values := map[string]string{}
	for _, k := range j.all(time.Now()) {
		values[k.cookie.Name] = k.cookie.Value
	}
	return values
}

func merged(maps ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range maps {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

// failed builds the error of a login; seen may be nil.
func (s *Session) failed(seen *answer, why, check string, err error) *LoginError {
	e := &LoginError{Identity: s.spec.Name, Why: why, Check: check, Err: err}
	if seen != nil {
		e.URL, e.Status, e.Location, e.Title = seen.url.Redacted(), seen.status, seen.location, seen.title()
	}
	return e
}
