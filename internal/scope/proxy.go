package scope

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// A Proxy is the grant's door for a browser: an HTTP proxy on loopback that takes
// requests in absolute form and tunnels (CONNECT), WebSockets in either. What is
// out of scope is refused with status 403 and counted. It is safe for concurrent
// use.
//
// A browser goes around any proxy for loopback targets unless it is told not to
// (in Chromium, --proxy-bypass-list=<-loopback>).
type Proxy struct {
	grant    *Grant
	listener net.Listener
	server   *http.Server
	forward  *httputil.ReverseProxy

	mu      sync.Mutex
	mapped  map[string]string // host, or host:port → loopback address
	refused map[string]int    // host:port → how often
	tunnels map[net.Conn]struct{}
	closed  bool
}

// Proxy starts a proxy that runs until Close or until ctx ends.
func (g *Grant) Proxy(ctx context.Context) (*Proxy, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the browser's proxy: %w", err)
	}
	p := &Proxy{grant: g, listener: listener, mapped: map[string]string{}, refused: map[string]int{}, tunnels: map[net.Conn]struct{}{}}
	quiet := log.New(io.Discard, "", 0)
	p.forward = &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host },
		Transport:     roundTripper(p.roundTrip),
		FlushInterval: -1, // event streams must arrive as they are sent
		ErrorLog:      quiet,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, "mantlet: "+err.Error(), http.StatusBadGateway)
		},
	}
	p.server = &http.Server{Handler: http.HandlerFunc(p.serve), ReadHeaderTimeout: 30 * time.Second, ErrorLog: quiet}
	go p.server.Serve(listener)
	context.AfterFunc(ctx, func() { p.Close() })
	return p, nil
}

// Addr is the proxy's host:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Map makes a made-up host lead to a loopback address. Host is a name, which then
// covers all its ports, or host:port. A host of the target is refused, and so is
// an address that is not on loopback: a map is for our own attacker pages only.
func (p *Proxy) Map(host, addr string) error {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil || !ap.Addr().IsLoopback() {
		return fmt.Errorf("map %s: %q is not a loopback address with a port", host, addr)
	}
	host = strings.ToLower(host)
	for _, o := range p.grant.bounds.origins {
		if host == o.Host() || host == strings.Trim(o.Host(), "[]") || host == dialKey(o) {
			return fmt.Errorf("map %s: %w: the host is the target's own", host, ErrOutOfScope)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mapped[host] = addr
	return nil
}

// Refused counts the requests that were refused as out of scope.
func (p *Proxy) Refused() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, count := range p.refused {
		n += count
	}
	return n
}

// RefusedHosts are the places that were asked for and refused, sorted host:port.
func (p *Proxy) RefusedHosts() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.refused))
}

// Close stops the proxy and cuts what still runs through it.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	for conn := range p.tunnels {
		conn.Close()
	}
	p.mu.Unlock()
	return p.server.Close()
}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		p.connect(w, r)
	case !r.URL.IsAbs() || r.URL.Host == "":
		http.Error(w, "mantlet: this is a proxy", http.StatusBadRequest)
	default:
		p.plain(w, r)
	}
}

// plain forwards a request in absolute form.
func (p *Proxy) plain(w http.ResponseWriter, r *http.Request) {
	place, err := hostPort(r.URL.Host, webScheme(r.URL.Scheme))
	if err != nil {
		http.Error(w, "mantlet: "+err.Error(), http.StatusBadRequest)
		return
	}
	if _, ours := p.attacker(place); !ours {
		if err := p.grant.bounds.allowsURL(r.URL); err != nil {
			p.refuse(w, place, err)
			return
		}
		if err := p.take(r); err != nil {
			p.refuse(w, place, err)
			return
		}
	}
	r.URL.Scheme = webScheme(r.URL.Scheme)
	p.forward.ServeHTTP(w, r)
}

// take waits for a request's turn and counts it.
func (p *Proxy) take(r *http.Request) error {
	if err := p.grant.pace(r.Context(), r.URL); err != nil {
		return err
	}
	return p.grant.spend()
}

func (p *Proxy) refuse(w http.ResponseWriter, place string, err error) {
	p.mu.Lock()
	p.refused[place]++
	p.mu.Unlock()
	http.Error(w, "mantlet: "+err.Error(), http.StatusForbidden)
}

// attacker is the loopback address that a mapped host:port leads to.
func (p *Proxy) attacker(place string) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if addr, ok := p.mapped[place]; ok {
		return addr, true
	}
	host, _, err := net.SplitHostPort(place)
	if err != nil {
		return "", false
	}
	addr, ok := p.mapped[host]
	return addr, ok
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (p *Proxy) roundTrip(r *http.Request) (*http.Response, error) {
	place, err := hostPort(r.URL.Host, r.URL.Scheme)
	if err != nil {
		return nil, err
	}
	addr, ours := p.attacker(place)
	if !ours {
		return p.grant.transport(r.URL.Host).RoundTrip(r)
	}
	// One connection per request: an attacker host may be mapped anew at any time.
	t := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return p.grant.dialer.dialAny(ctx, network, addr)
	}}
	return t.RoundTrip(r)
}

// parsePlace is the origin at a host:port; its scheme means nothing.
func parsePlace(place string) (policy.Origin, error) {
	return policy.OriginOfURL("https://" + place)
}

// hostPort writes host:port in lower case with the scheme's port filled in.
func hostPort(host, scheme string) (string, error) {
	o, err := policy.OriginOfURL(scheme + "://" + host)
	if err != nil {
		return "", errors.New("not a usable host: " + strconv.Quote(host))
	}
	return dialKey(o), nil
}
