package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	gorilla "github.com/gorilla/csrf"
	"github.com/justinas/nosurf"
	"github.com/unrolled/secure"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/policy"
)

const self = "https://app.example"

// null is a ResponseWriter that costs nothing but its map.
type null struct{ h http.Header }

func (w *null) Header() http.Header         { return w.h }
func (w *null) Write(p []byte) (int, error) { return len(p), nil }
func (w *null) WriteHeader(int)             {}

// application is what all protect.
var application = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })

// browser is what Chrome sends, as net/http's server hands it on over TLS.
func browser(method string, extra ...string) *http.Request {
	r := httptest.NewRequest(method, self+"/account/email", nil)
	r.URL, r.RequestURI = &url.URL{Path: "/account/email"}, "/account/email"
	for name, value := range map[string]string{
		"Accept":                    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
		"Accept-Encoding":           "gzip, deflate, br, zstd",
		"Accept-Language":           "en-GB,en;q=0.9",
		"Cookie":                    "theme=dark; session=0123456789abcdef0123456789abcdef",
		"Sec-Ch-Ua-Mobile":          "?0",
		"Sec-Ch-Ua-Platform":        `"Linux"`,
		"Upgrade-Insecure-Requests": "1",
		"User-Agent":                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
	} {
		r.Header.Set(name, value)
	}
	for i := 0; i < len(extra); i += 2 {
		r.Header.Set(extra[i], extra[i+1])
	}
	return r
}

// guards are the guard as it is without any configuration, and one that is told the
// session cookie's name, which then must not come twice.
type guards struct{ plain, named *guard.Guard }

func newGuards() (g guards, err error) {
	if g.plain, err = guard.New(policy.Rules{}, guard.Options{}); err != nil {
		return g, err
	}
	g.named, err = guard.New(policy.Rules{}, guard.Options{SessionCookies: []string{"session"}})
	return g, err
}

// serving calls a handler with the same request and an empty response each time.
func serving(name string, h http.Handler, r *http.Request) competitor {
	w := &null{http.Header{}}
	return competitor{name, func() {
		clear(w.h)
		h.ServeHTTP(w, r)
	}}
}

// fiveHeaders is unrolled/secure with the headers that the guard writes.
func fiveHeaders(next http.Handler) http.Handler {
	return secure.New(secure.Options{
		FrameDeny: true, ContentTypeNosniff: true, ReferrerPolicy: "strict-origin-when-cross-origin",
		ContentSecurityPolicy: "frame-ancestors 'none'", STSSeconds: 31536000, ForceSTSHeader: true,
	}).Handler(next)
}

// tokened is what a library with tokens of its own gets: a request with a good one.
type tokened struct {
	wrap         func(http.Handler) http.Handler
	token        func(*http.Request) string
	cookie, text string
}

func (p *tokened) fetch() error {
	page := httptest.NewRecorder()
	p.wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { p.text = p.token(r) })).ServeHTTP(page, browser("GET"))
	for _, c := range page.Result().Cookies() {
		p.cookie = c.Name + "=" + c.Value
	}
	if p.cookie == "" || p.text == "" {
		return errors.New("the library gives no token")
	}
	return nil
}

func (p *tokened) request(method string, extra ...string) *http.Request {
	r := browser(method, append(extra, "X-CSRF-Token", p.text)...)
	r.Header.Set("Cookie", r.Header.Get("Cookie")+"; "+p.cookie)
	return r
}

func withTokens() (map[string]*tokened, error) {
	libraries := map[string]*tokened{
		"gorilla/csrf": {wrap: gorilla.Protect([]byte(strings.Repeat("k", 32))), token: gorilla.Token},
		"nosurf":       {wrap: func(h http.Handler) http.Handler { return nosurf.New(h) }, token: nosurf.Token},
	}
	for name, p := range libraries {
		if err := p.fetch(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return libraries, nil
}

// The requests that are compared, by what browsers say with them.
var (
	navigation = []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-User", "?1"}
	submission = []string{"Origin", self, "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}
	originOnly = []string{"Origin", self}
	forgery    = []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Accept", "*/*"}
)

// requests is G1, G2 and G3.
func requests(t *table, o options) error {
	g, err := newGuards()
	if err != nil {
		return err
	}
	libraries, err := withTokens()
	if err != nil {
		return err
	}
	safe(t, o, g, libraries)
	decided(t, o, g, libraries)
	denied(t, o, g, libraries)
	return nil
}

func safe(t *table, o options, g guards, libraries map[string]*tokened) {
	r, library := browser("GET", navigation...), http.NewCrossOriginProtection()
	all := []competitor{
		serving("no protection", application, r),
		serving("CrossOriginProtection, no headers", library.Handler(application), r),
		serving("unrolled/secure, five headers", fiveHeaders(application), r),
		serving("unrolled/secure and CrossOriginProtection", fiveHeaders(library.Handler(application)), r),
		serving("mantlet guard, check and five headers", g.plain.Handler(application), r),
		serving("mantlet guard, session cookie named", g.named.Handler(application), r),
	}
	for name, p := range libraries {
		all = append(all, serving(name, p.wrap(application), p.request("GET", navigation...)))
	}
	results := compete(o, all)
	t.tell("a page is asked for (unrolled/secure is 1)", results, "unrolled/secure, five headers")
	ours := find(results, "mantlet guard, check and five headers")
	t.atMost("G1", "safe request, five headers: allocations", 0, ours.allocs, "%.0f")
	t.atMost("G1", "against unrolled/secure", 0.15, ratio(ours, find(results, "unrolled/secure, five headers")), "%.2f")
	t.atMost("G1", "time in the least disturbed round, ns", 150, ours.least(), "%.0f")
}

func decided(t *table, o options, g guards, libraries map[string]*tokened) {
	library := http.NewCrossOriginProtection()
	both := func(r *http.Request) []competitor {
		return []competitor{
			{"CrossOriginProtection, decision", func() { library.Check(r) }},
			{"mantlet guard, decision", func() { g.plain.Check(r) }},
			{"mantlet guard, decision, session cookie named", func() { g.named.Check(r) }},
			serving("CrossOriginProtection, handler", library.Handler(application), r),
			serving("mantlet guard, handler and five headers", g.plain.Handler(application), r),
			serving("unrolled/secure and CrossOriginProtection", fiveHeaders(library.Handler(application)), r),
		}
	}
	bySite := both(browser("POST", submission...))
	for name, p := range libraries {
		bySite = append(bySite, serving(name, p.wrap(application), p.request("POST", submission...)))
	}
	results := compete(o, bySite)
	t.tell("a form is sent, Sec-Fetch-Site decides (CrossOriginProtection's decision is 1)", results, "CrossOriginProtection, decision")
	ours := find(results, "mantlet guard, decision")
	t.atMost("G2", "decided by Sec-Fetch-Site: allocations", 0, ours.allocs, "%.0f")
	t.atMost("G2", "against CrossOriginProtection", 1.2, ratio(ours, find(results, "CrossOriginProtection, decision")), "%.2f")

	results = compete(o, both(browser("POST", originOnly...)))
	t.tell("a form is sent, Origin decides (CrossOriginProtection's decision is 1)", results, "CrossOriginProtection, decision")
	ours = find(results, "mantlet guard, decision")
	t.atMost("G2", "decided by Origin: allocations", 0, ours.allocs, "%.0f")
	t.atMost("G2", "against CrossOriginProtection", 0.3, ratio(ours, find(results, "CrossOriginProtection, decision")), "%.2f")
}

func denied(t *table, o options, g guards, libraries map[string]*tokened) {
	r, library := browser("POST", forgery...), http.NewCrossOriginProtection()
	all := []competitor{
		serving("CrossOriginProtection, a line of text", library.Handler(application), r),
		serving("mantlet guard, problem+json and five headers", g.plain.Handler(application), r),
	}
	for name, p := range libraries {
		all = append(all, serving(name, p.wrap(application), p.request("POST", forgery...)))
	}
	results := compete(o, all)
	t.tell("a forged request is refused (CrossOriginProtection is 1)", results, "CrossOriginProtection, a line of text")
	ours := find(results, "mantlet guard, problem+json and five headers")
	t.atMost("G3", "refusal: allocations", 0, ours.allocs, "%.0f")
	t.atMost("G3", "against CrossOriginProtection's refusal", 1, ratio(ours, find(results, "CrossOriginProtection, a line of text")), "%.2f")
}
