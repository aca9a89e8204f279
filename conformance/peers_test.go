package conformance

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v3"
	fibercsrf "github.com/gofiber/fiber/v3/middleware/csrf"
	gorilla "github.com/gorilla/csrf"
	"github.com/justinas/nosurf"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/policy"
)

const (
	self    = "https://app.example"
	trusted = "https://trusted.example"
)

// A peer is a protection with the same task: it says whether a request may pass. It
// is given a good token of its own with every request, so that what it refuses it
// refuses for where the request comes from.
type peer struct {
	name   string
	allows func(shape) bool
}

// A shape is a request as all of them get it.
type shape struct {
	method  string
	host    string
	headers [][2]string
}

// request is the shape as net/http's server hands it on: no scheme and no host in its URL.
func (s shape) request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, self+"/pay", strings.NewReader(""))
	r.Method, r.Host = s.method, s.host
	r.URL = &url.URL{Path: "/pay"}
	r.RequestURI = "/pay"
	for _, h := range s.headers {
		r.Header.Add(h[0], h[1])
	}
	return r
}

func peers(t *testing.T) []peer {
	return []peer{
		{"net/http CrossOriginProtection", crossOriginProtection(t)},
		{"gorilla/csrf", gorillaCSRF(t)},
		{"nosurf", nosurfCSRF(t)},
		{"echo", echoCSRF(t)},
		{"fiber", fiberCSRF(t)},
	}
}

func crossOriginProtection(t *testing.T) func(shape) bool {
	p := http.NewCrossOriginProtection()
	if err := p.AddTrustedOrigin(trusted); err != nil {
		t.Fatal(err)
	}
	return func(s shape) bool { return p.Check(s.request()) == nil }
}

// passes runs a handler around one that notes that it was reached.
func passes(wrap func(http.Handler) http.Handler) func(*http.Request) bool {
	return func(r *http.Request) bool {
		reached := false
		wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true })).ServeHTTP(httptest.NewRecorder(), r)
		return reached
	}
}

func gorillaCSRF(t *testing.T) func(shape) bool {
	protect := gorilla.Protect([]byte(strings.Repeat("k", 32)), gorilla.TrustedOrigins([]string{"trusted.example"}))
	var token string
	page := httptest.NewRecorder()
	protect(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { token = gorilla.Token(r) })).ServeHTTP(page, httptest.NewRequest("GET", self+"/", nil))
	cookie := page.Result().Cookies()[0]
	run := passes(func(h http.Handler) http.Handler { return protect(h) })
	return func(s shape) bool {
		r := s.request()
		r.AddCookie(cookie)
		r.Header.Set("X-CSRF-Token", token)
		return run(r)
	}
}

func nosurfCSRF(t *testing.T) func(shape) bool {
	wrap := func(h http.Handler) *nosurf.CSRFHandler {
		p := nosurf.New(h)
		allowed, err := nosurf.StaticOrigins(trusted)
		if err != nil {
			t.Fatal(err)
		}
		p.SetIsAllowedOriginFunc(allowed)
		p.SetIsTLSFunc(func(*http.Request) bool { return true })
		return p
	}
	var token string
	page := httptest.NewRecorder()
	wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { token = nosurf.Token(r) })).ServeHTTP(page, httptest.NewRequest("GET", self+"/", nil))
	cookie := page.Result().Cookies()[0]
	run := passes(func(h http.Handler) http.Handler { return wrap(h) })
	return func(s shape) bool {
		r := s.request()
		r.AddCookie(cookie)
		r.Header.Set("X-CSRF-Token", token)
		return run(r)
	}
}

func echoCSRF(t *testing.T) func(shape) bool {
	app := echo.New()
	app.Use(middleware.CSRFWithConfig(middleware.CSRFConfig{TrustedOrigins: []string{trusted}}))
	reached := false
	app.Any("/pay", func(echo.Context) error {
		reached = true
		return nil
	})
	for _, method := range []string{"PROPFIND", "post"} {
		app.Add(method, "/pay", func(echo.Context) error {
			reached = true
			return nil
		})
	}
	return func(s shape) bool {
		r := s.request()
		r.AddCookie(&http.Cookie{Name: "_csrf", Value: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
		r.Header.Set("X-CSRF-Token", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
		reached = false
		app.ServeHTTP(httptest.NewRecorder(), r)
		return reached
	}
}

func fiberCSRF(t *testing.T) func(shape) bool {
	app := fiber.New(fiber.Config{TrustProxy: true, TrustProxyConfig: fiber.TrustProxyConfig{Proxies: []string{"0.0.0.0"}},
		RequestMethods: append(append([]string{}, fiber.DefaultMethods...), "PROPFIND")})
	app.Use(fibercsrf.New(fibercsrf.Config{TrustedOrigins: []string{trusted}, CookieSecure: true}))
	reached := false
	app.All("/pay", func(fiber.Ctx) error {
		reached = true
		return nil
	})
	send := func(r *http.Request) *http.Response {
		r.URL.Scheme, r.URL.Host = "", ""
		r.Header.Set("X-Forwarded-Proto", "https")
		res, err := app.Test(r, fiber.TestConfig{Timeout: 0})
		if err != nil {
			return nil
		}
		res.Body.Close()
		return res
	}
	page := send(shape{method: "GET", host: "app.example"}.request())
	if page == nil || len(page.Cookies()) == 0 {
		t.Fatal("fiber gives no token")
	}
	cookie := page.Cookies()[0]
	return func(s shape) bool {
		r := s.request()
		r.AddCookie(cookie)
		r.Header.Set("X-CSRF-Token", cookie.Value)
		reached = false
		send(r)
		return reached
	}
}

// ours is the guard with a good token of the session.
func ours(t *testing.T) func(shape) policy.Decision {
	g, err := guard.New(policy.Rules{TrustedOrigins: []string{trusted}, Hosts: []string{self}}, guard.Options{SessionCookies: []string{"sid"}})
	if err != nil {
		t.Fatal(err)
	}
	page := httptest.NewRequest("GET", self+"/", nil)
	page.Header.Set("Cookie", "sid=victim")
	token, err := g.Token(http.Header{}, page)
	if err != nil {
		t.Fatal(err)
	}
	return func(s shape) policy.Decision {
		r := s.request()
		r.Header.Set("Cookie", "sid=victim")
		r.Header.Set("X-CSRF-Token", token)
		return g.Check(r)
	}
}
