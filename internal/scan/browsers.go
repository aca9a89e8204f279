package scan

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/prove"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// browsers starts at most one browser per cookie profile, each when it is first
// asked for, behind the grant's proxy. It is safe for concurrent use.
type browsers struct {
	ctx   context.Context
	path  string // program; "" if there is no browser, see missing
	proxy *scope.Proxy
	// readOnly browsers send nothing of what pages try to change; logins excepted.
	readOnly bool
	keys     []string // see trusted
	// missing says why there is no browser; nil if there is one.
	missing error

	mu      sync.Mutex
	running map[finding.ThirdParty]*browser.Browser
}

func openBrowsers(ctx context.Context, job Job) (*browsers, error) {
	b := &browsers{ctx: ctx, readOnly: !job.Grant.Active(), running: map[finding.ThirdParty]*browser.Browser{}}
	if job.Browser.Off {
		b.missing = fmt.Errorf("switched off")
		return b, nil
	}
	if b.path, b.missing = browser.Find(job.Browser.Path); b.missing != nil {
		return b, nil
	}
	proxy, err := job.Grant.Proxy(ctx)
	if err != nil {
		return nil, fmt.Errorf("start the browser's proxy: %w", err)
	}
	b.proxy = proxy
	if b.keys, err = trusted(ctx, job.Grant); err != nil {
		return nil, fmt.Errorf("make the attacker's certificate: %w", err)
	}
	return b, nil
}

// trusted are the keys that the browser takes from whoever shows them: the attacker's
// and those that the targets have proven to be theirs, so that no password is typed into
// the page of an impostor. nil is all.
func trusted(ctx context.Context, g *scope.Grant) ([]string, error) {
	keys, any := g.Keys(ctx)
	if any {
		return nil, nil
	}
	evil, err := attacker.Certificate()
	if err != nil {
		return nil, err
	}
	return append(keys, scope.KeyHash(evil)), nil
}

// of gives the browser of a profile, started if need be: at first, and when the one
// before has died.
func (b *browsers) of(tp finding.ThirdParty) (*browser.Browser, error) {
	if b.missing != nil {
		return nil, b.missing
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if running := b.running[tp]; running != nil {
		if !running.Ended() {
			return running, nil
		}
		running.Close() // what is left of its profile
	}
	started, err := browser.Start(b.ctx, browser.Options{Path: b.path, ThirdParty: tp, Proxy: b.proxy.Addr(), ShortLax: true, ReadOnly: b.readOnly, Keys: b.keys})
	if err != nil {
		return nil, fmt.Errorf("start the browser with third-party cookies %s: %w", tp, err)
	}
	b.running[tp] = started
	return started, nil
}

// version is the running browser's product and version, "" if there is none.
func (b *browsers) version() string {
	running, err := b.of(finding.ThirdPartyAllowed)
	if err != nil {
		return ""
	}
	return running.Version()
}

func (b *browsers) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, running := range b.running {
		running.Close()
	}
	if b.proxy != nil {
		b.proxy.Close()
	}
}

// Login drives a form in the browser, for identities that need it.
func (b *browsers) Login(ctx context.Context, url string, fields map[string]string, submit string) ([]identity.SetCookie, error) {
	running, err := b.of(finding.ThirdPartyAllowed)
	if err != nil {
		return nil, err
	}
	cookies, err := running.Login(ctx, url, fields, submit)
	if err != nil {
		return nil, err
	}
	set := make([]identity.SetCookie, len(cookies))
	for i, c := range cookies {
		set[i] = identity.SetCookie{Line: c.Line, URL: c.URL}
	}
	return set, nil
}

// Render opens a page as an identity, for what only scripts show.
func (b *browsers) Render(ctx context.Context, s *identity.Session, url string) (observe.Rendered, error) {
	running, err := b.of(finding.ThirdPartyAllowed)
	if err != nil {
		return observe.Rendered{}, err
	}
	rendered, err := running.Render(ctx, victimCookies(s), url)
	if err != nil {
		return observe.Rendered{}, err
	}
	out := observe.Rendered{HTML: rendered.HTML}
	for _, s := range rendered.Sockets {
		out.Sockets = append(out.Sockets, observe.RenderedSocket{URL: s.URL, Sent: s.Sent})
	}
	for _, r := range rendered.Requests {
		out.Requests = append(out.Requests, asObserved(r))
	}
	return out, nil
}

// lead makes the attacker's made-up hosts reach evil in every browser.
func (b *browsers) lead(g *scope.Grant, evil *attacker.Site, site *observe.Site) error {
	hosts := prove.HostsLike(site.Domains, site.Partners)
	for _, target := range g.Targets() {
		hosts = append(hosts, prove.Hosts(target, evil.Port())...)
	}
	for _, host := range hosts {
		if err := b.proxy.Map(host, evil.Addr()); err != nil {
			return fmt.Errorf("lead %s to the attacker's pages: %w", host, err)
		}
	}
	return nil
}

func asObserved(r browser.Request) observe.Request {
	header := http.Header{}
	for _, h := range r.Headers {
		header.Add(h.Name, h.Value)
	}
	return observe.Request{Kind: r.Kind, Method: r.Method, URL: r.URL, Header: header, Body: r.Body}
}

func victimCookies(s *identity.Session) []browser.Cookie {
	var cookies []browser.Cookie
	for _, c := range s.Cookies() {
		cookies = append(cookies, browser.Cookie{Line: c.Line, URL: c.URL})
	}
	return cookies
}
