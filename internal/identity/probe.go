package identity

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/markup"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// A probe is an address that answers a session differently than an anonymous
// visitor.
type probe struct {
	url  string
	anon fingerprint
	// strong: status or redirect differ; otherwise only the text does.
	strong bool
}

// A fingerprint is what of an answer stays the same from one load to the next.
type fingerprint struct {
	status   int
	location string // path of the redirect
	text     string // without digits and tokens
}

var unsteady = regexp.MustCompile(`[0-9]+|\b[0-9A-Za-z_-]{16,}`)

func fingerprintOf(a *answer) fingerprint {
	f := fingerprint{status: a.status}
	if u, err := url.Parse(a.location); err == nil {
		f.location = u.Path
	}
	text := string(a.body)
	if a.page != nil {
		text = a.page.Text()
	}
	f.text = unsteady.ReplaceAllString(text, "")
	return f
}

func (f fingerprint) sameWay(g fingerprint) bool {
	return f.status == g.status && f.location == g.location
}

// usual are paths at which applications like to show who is logged in.
var usual = []string{"/", "/me", "/api/me", "/account", "/profile", "/settings", "/dashboard"}

// findProbe looks for an address that tells the session from anonymous; nil if
// none does. Its error is a cause to stop altogether.
func (s *Session) findProbe(ctx context.Context, landing *answer) (*probe, error) {
	var weak *probe
	for _, candidate := range s.candidates(landing) {
		p, err := s.compare(ctx, candidate)
		switch {
		case errors.Is(err, scope.ErrOutOfScope) || errors.Is(err, scope.ErrPassive):
			continue
		case err != nil && (ctx.Err() != nil || errors.Is(err, scope.ErrBudget) || errors.Is(err, scope.ErrUnreachable)):
			return nil, s.failed(nil, "the target could not be asked who is logged in", "", err)
		case err != nil:
			continue
		case p != nil && p.strong:
			return p, nil
		case p != nil && weak == nil:
			weak = p
		}
	}
	return weak, nil
}

// candidates are where the login led to, what that page links to, and the usual
// places.
func (s *Session) candidates(landing *answer) []string {
	var urls []string
	add := func(raw string) {
		if raw != "" && !slices.Contains(urls, raw) && !markup.IsLogout(raw, "") && !markup.SuggestsChange(raw, "") && !markup.NamesChange(raw) && !s.isLoginPage(raw) {
			urls = append(urls, raw)
		}
	}
	if landing != nil {
		add(landing.url.String())
		add(landing.location)
	}
	if path := s.success().Path; path != "" {
		if u, err := within(s.target(), path); err == nil {
			add(u.String())
		}
	}
	for _, p := range usual {
		if u, err := within(s.target(), p); err == nil {
			add(u.String())
		}
	}
	if landing != nil && landing.page != nil {
		links := landing.page.Links()
		for _, l := range links[:min(len(links), 12)] {
			if !markup.IsLogout(l.URL, l.Label) && !strings.Contains(l.URL, "?") {
				add(l.URL)
			}
		}
	}
	return urls
}

func (s *Session) isLoginPage(raw string) bool {
	login := ""
	switch {
	case s.spec.Form != nil:
		login = s.spec.Form.URL
	case s.spec.JSON != nil:
		login = s.spec.JSON.URL
	}
	u, err := url.Parse(raw)
	l, errLogin := within(s.target(), login)
	return login != "" && err == nil && errLogin == nil && u.Path == l.Path
}

// compare asks for one address as anonymous and as the session.
func (s *Session) compare(ctx context.Context, candidate string) (*probe, error) {
	anon, err := look(ctx, candidate, nil, s.grant.Do)
	if err != nil {
		return nil, err
	}
	mine, err := look(ctx, candidate, nil, s.Do)
	if err != nil || mine.status >= 400 {
		return nil, err
	}
	if !mine.sameWay(anon) {
		return &probe{url: candidate, anon: anon, strong: true}, nil
	}
	if mine.text == anon.text {
		return nil, nil
	}
	// Is it the login that makes the difference, or does the page never stay the same?
	again, err := look(ctx, candidate, nil, s.grant.Do)
	if err != nil || again != anon {
		return nil, err
	}
	return &probe{url: candidate, anon: anon}, nil
}

// look fetches an address by do, with the headers given; redirects count as they
// are.
func look(ctx context.Context, rawURL string, h http.Header, do func(*http.Request) (*http.Response, error)) (fingerprint, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, rawURL, nil)
	if err != nil {
		return fingerprint{}, err
	}
	if h != nil {
		req.Header = h
	}
	req.Header.Set("Accept", acceptPage)
	resp, err := do(req)
	if err != nil {
		return fingerprint{}, err
	}
	a, err := read(resp, req.URL)
	if err != nil {
		return fingerprint{}, err
	}
	return fingerprintOf(a), nil
}

// credentials are the headers that make a request the session's, without the
// cookies named.
func (s *Session) credentials(rawURL string, without ...string) http.Header {
	s.mu.RLock()
	defer s.mu.RUnlock()
	h := s.header.Clone()
	if u, err := url.Parse(rawURL); err == nil {
		if cookies := s.jar.header(u, time.Now(), without...); cookies != "" {
			h.Set("Cookie", cookies)
		}
	}
	return h
}

// isAnonymous says whether an answer at the probe is the anonymous one.
func (p *probe) isAnonymous(f fingerprint) bool {
	if f.status == http.StatusUnauthorized {
		return true
	}
	if p.strong {
		return f.sameWay(p.anon)
	}
	return f == p.anon
}

// Probe is an address that answers differently without the session, "" if none was
// found: then Alive cannot tell.
func (s *Session) Probe() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.probe == nil {
		return ""
	}
	return s.probe.url
}

// Alive asks the target whether the session still counts: nil, ErrLost, or why it
// could not be asked. Anonymous sessions, and those of which nothing tells them from
// anonymous (see Probe), are taken to be alive.
func (s *Session) Alive(ctx context.Context) error {
	s.mu.RLock()
	p := s.probe
	s.mu.RUnlock()
	if p == nil {
		return nil
	}
	f, err := look(ctx, p.url, nil, s.Do)
	if err != nil {
		return err
	}
	if p.isAnonymous(f) {
		return ErrLost
	}
	return nil
}

// mostTested is how many cookies are left out in turn.
const mostTested = 12

// findSessionCookies finds which cookies carry the session. A cookie does if
// leaving it out makes the visitor anonymous; untested, if the login set it.
func (s *Session) findSessionCookies(ctx context.Context, given map[string]string) error {
	var names []string
	for _, k := range s.jar.all(time.Now()) {
		if !slices.Contains(names, k.cookie.Name) {
			names = append(names, k.cookie.Name)
		}
	}
	if s.probe != nil {
		for _, name := range names[:min(len(names), mostTested)] {
			f, err := look(ctx, s.probe.url, s.credentials(s.probe.url, name), s.grant.Do)
			if err != nil {
				return s.failed(nil, "the target could not be asked which cookie carries the session", "", err)
			}
			if s.probe.isAnonymous(f) {
				s.cookies, s.tested = append(s.cookies, name), true
			}
		}
	}
	if len(s.cookies) == 0 && len(s.header) == 0 {
		s.cookies = s.likelyCookies(names, given)
	}
	for _, k := range s.jar.all(time.Now()) {
		if slices.Contains(s.cookies, k.cookie.Name) {
			s.grant.Redactor().Learn("cookie", k.cookie.Value)
		}
	}
	return nil
}

// likelyCookies are those that the login set, those that look secret if there are
// any; of an identity that was handed its cookies, those.
func (s *Session) likelyCookies(names []string, given map[string]string) []string {
	values := cookieValues(s.jar)
	var set, secret []string
	for _, name := range names {
		handed := s.spec.Form == nil && s.spec.JSON == nil
		if !handed && given[name] == values[name] {
			continue
		}
		set = append(set, name)
		if looksSecret(values[name]) {
			secret = append(secret, name)
		}
	}
	if len(secret) > 0 {
		return secret
	}
	return set
}
