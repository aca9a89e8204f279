package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

// ProxyOptions says how a guarded proxy speaks with its upstream.
type ProxyOptions struct {
	// Transport reaches the upstream; nil is NewTransport with default times.
	Transport http.RoundTripper
	// Request may change what goes upstream, after the guard let it through.
	Request func(out *http.Request)
	// Response may change what comes back, before the guard's headers are written.
	// in is the client's request. An error is answered as an unreachable upstream, and
	// ErrSessions as 503.
	Response func(in *http.Request, res *http.Response) error
}

// Proxy guards an application that runs elsewhere. upstream is an origin, without
// a path. Host and path go on unchanged; X-Forwarded-* and Forwarded of clients
// that are no trusted proxies are replaced. An upstream that fails is answered for
// by 502 or 504, under the same headers as everything else; one that breaks off in
// mid-body breaks off the client's response.
func (g *Guard) Proxy(upstream *url.URL, o ProxyOptions) (http.Handler, error) {
	if upstream.Scheme != "http" && upstream.Scheme != "https" || upstream.Host == "" || upstream.User != nil ||
		strings.Trim(upstream.Path, "/") != "" || upstream.RawQuery != "" || upstream.Fragment != "" {
		return nil, fmt.Errorf("upstream %q is not of the form http://host:port", upstream.Redacted())
	}
	if o.Transport == nil {
		o.Transport = NewTransport(0)
	}
	p := &proxy{guard: g, upstream: *upstream, options: o}
	reverse := &httputil.ReverseProxy{
		Rewrite:        p.rewrite,
		Transport:      o.Transport,
		ModifyResponse: p.modify,
		ErrorHandler:   p.fail,
		BufferPool:     buffers{},
		ErrorLog:       log.New(io.Discard, "", 0), // not the process's logger
	}
	if g.options.Logger != nil {
		reverse.ErrorLog = slog.NewLogLogger(g.options.Logger.Handler(), slog.LevelDebug)
	}
	return g.Handler(reverse), nil
}

// NewTransport reaches upstreams: it keeps connections, decodes nothing, waits at
// most answer for the head of a response (0: a minute) and as long as it takes for
// its body.
func NewTransport(answer time.Duration) *http.Transport {
	if answer == 0 {
		answer = time.Minute
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		MaxIdleConns:           1024,
		MaxIdleConnsPerHost:    1024,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    5 * time.Second,
		ExpectContinueTimeout:  time.Second,
		ResponseHeaderTimeout:  answer,
		MaxResponseHeaderBytes: 1 << 20,
		DisableCompression:     true,
	}
}

// ErrStalled is what reading a request's body should fail with if it is the client
// that does not go on sending: it is then answered 408, and not for the upstream.
var ErrStalled = errors.New("guard: the client stopped sending")

type proxy struct {
	guard    *Guard
	upstream url.URL
	options  ProxyOptions
}

// clientRequest is the context's key for the request as the client sent it.
type clientRequest struct{}

// rewrite sends the request to the configured host whatever its own target says;
// the path is taken as it came.
func (p *proxy) rewrite(pr *httputil.ProxyRequest) {
	out := pr.Out
	out.URL.Scheme, out.URL.Host = p.upstream.Scheme, p.upstream.Host
	out.Host = pr.In.Host
	if p.guard.fromTrustedProxy(pr.In) {
		out.Header["X-Forwarded-For"] = pr.In.Header["X-Forwarded-For"]
	}
	pr.SetXForwarded()
	out.Header[headerForwardedProto] = []string{p.guard.scheme(pr.In)}
	removeOwnCookie(out.Header)
	keepOnlyWebSocket(out.Header)
	p.guard.principals.restore(out, pr.In)
	if p.options.Request != nil {
		p.options.Request(out)
	}
	if out.Body != nil && out.Body != http.NoBody {
		out.Body = &watchedBody{ReadCloser: out.Body}
	}
	pr.Out = out.WithContext(context.WithValue(out.Context(), clientRequest{}, pr.In))
}

// keepOnlyWebSocket takes other upgrades from a request. After one to h2c, say, the
// client would speak with the upstream past the guard.
func keepOnlyWebSocket(h http.Header) {
	if to := h[headerUpgrade]; len(to) > 0 && !(len(to) == 1 && strings.EqualFold(to[0], "websocket")) {
		delete(h, headerUpgrade)
		delete(h, "Connection")
		delete(h, "Http2-Settings")
	}
}

// A watchedBody remembers that it was the client who failed, which the transport's
// error does not always tell.
type watchedBody struct {
	io.ReadCloser
	stalled atomic.Bool
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, ErrStalled) {
		b.stalled.Store(true)
	}
	return n, err
}

// removeOwnCookie keeps the guard's session from the application, which has no use for it.
func removeOwnCookie(h http.Header) {
	if bare, prefixed := countCookie(h[headerCookie], sessionName+"="); bare+prefixed == 0 {
		return
	}
	var kept []string
	for _, line := range h[headerCookie] {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.Trim(pair, " \t")
			name, _, _ := strings.Cut(pair, "=")
			if pair != "" && strings.TrimPrefix(name, hostPrefix) != sessionName {
				kept = append(kept, pair)
			}
		}
	}
	if h[headerCookie] = []string{strings.Join(kept, "; ")}; kept == nil {
		delete(h, headerCookie)
	}
}

func (p *proxy) modify(res *http.Response) error {
	in, _ := res.Request.Context().Value(clientRequest{}).(*http.Request)
	if in == nil {
		return errors.New("response without a client's request")
	}
	dropAfter(res, p.options.Transport)
	// The application behind us sees plain http and says so in its redirects.
	if to, ok := strings.CutPrefix(res.Header.Get("Location"), "http://"+in.Host); ok && p.guard.isSecure(in) && (to == "" || to[0] == '/' || to[0] == '?') {
		res.Header.Set("Location", "https://"+in.Host+to)
	}
	if p.options.Response != nil {
		return p.options.Response(in, res)
	}
	return nil
}

// fail answers for an upstream that did not.
func (p *proxy) fail(w http.ResponseWriter, r *http.Request, err error) {
	reason := policy.UpstreamUnreachable
	var slow net.Error
	body, watched := r.Body.(*watchedBody)
	switch {
	case errors.Is(err, ErrSessions):
		reason = policy.PrincipalUnavailable
	case watched && body.stalled.Load():
		reason = policy.RequestStalled
	case errors.As(err, &slow) && slow.Timeout():
		reason = policy.UpstreamTimeout
	}
	if r.Context().Err() == nil { // else it is the client that went away
		p.guard.tell(r, policy.Decision{Reason: reason}, ruleProxy, Enforce)
		if to := p.guard.options.Logger; to != nil {
			to.Error("upstream failed", "error", err.Error())
		}
	}
	p.guard.refuse(w, r, reason)
}

// buffers lends the proxy what it copies bodies with.
type buffers struct{}

var bufferPool = sync.Pool{New: func() any { return new([32 << 10]byte) }}

func (buffers) Get() []byte { return bufferPool.Get().(*[32 << 10]byte)[:] }

func (buffers) Put(b []byte) { bufferPool.Put((*[32 << 10]byte)(b)) }
