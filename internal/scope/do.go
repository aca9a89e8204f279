package scope

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// ErrPassive is returned for a request that could change state while the grant is
// passive.
var ErrPassive = errors.New("passive mode sends only GET and HEAD")

type loginKey struct{}

// ForLogin marks requests that log an identity in: the one thing that a passive
// grant may POST.
func ForLogin(ctx context.Context) context.Context {
	return context.WithValue(ctx, loginKey{}, true)
}

// Do sends one request and returns the response, a redirect included: none is
// followed. It waits for its turn, sets the User-Agent, and gives the request and
// its body together the grant's timeout. The body ends in ErrBodyCut where the cap
// is reached; ReadBody reads it. The caller closes it, and holds one of the
// grant's places until then.
//
// GET and HEAD are repeated once if the connection broke or the server asked to
// come back later; nothing else is ever sent twice. Causes that callers may ask
// for: ErrOutOfScope, ErrPassive, ErrBudget, ErrUnreachable.
func (g *Grant) Do(req *http.Request) (*http.Response, error) {
	if err := g.admit(req); err != nil {
		return nil, err
	}
	resp, err := g.attempt(req)
	if !isSafe(req.Method) || req.Body != nil && req.Body != http.NoBody {
		return resp, err
	}
	switch {
	case err != nil && isReset(err) && req.Context().Err() == nil:
		return g.attempt(req)
	case err == nil && resp.StatusCode == http.StatusTooManyRequests && resp.Header.Get("Retry-After") != "":
		resp.Body.Close() // gives its place back before another is taken
		return g.attempt(req)
	}
	return resp, err
}

func (g *Grant) admit(req *http.Request) error {
	if err := g.bounds.allowsURL(req.URL); err != nil {
		return fmt.Errorf("%s %s: %w", req.Method, req.URL.Redacted(), err)
	}
	if req.Host != "" && !strings.EqualFold(req.Host, req.URL.Host) {
		return fmt.Errorf("%s %s: %w: Host header names %q", req.Method, req.URL, ErrOutOfScope, req.Host)
	}
	if g.mode != Active && !isSafe(req.Method) && req.Context().Value(loginKey{}) == nil {
		return fmt.Errorf("%s %s: %w", req.Method, req.URL, ErrPassive)
	}
	return nil
}

// attempt sends req once, with its own timeout and place.
func (g *Grant) attempt(req *http.Request) (*http.Response, error) {
	if err := g.health.check(req.URL.Host); err != nil {
		return nil, fmt.Errorf("%s %s: %w", req.Method, req.URL, err)
	}
	if err := g.pace(req.Context(), req.URL); err != nil {
		return nil, err
	}
	select {
	case g.slots <- struct{}{}:
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	if err := g.spend(); err != nil {
		<-g.slots
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(req.Context(), g.timeout, errTimeout)
	held, arrive := throughGate(ctx)
	out := req.Clone(held)
	out.Header.Set("User-Agent", g.agent)
	resp, err := g.transport(req.URL.Host).RoundTrip(out)
	arrive()
	g.health.note(req.URL.Host, resp, err, g.local)
	if err != nil {
		err = explain(ctx, err)
		cancel()
		<-g.slots
		return nil, fmt.Errorf("%s %s: %w", req.Method, req.URL, err)
	}
	g.guardBody(ctx, cancel, resp)
	return resp, nil
}

var errTimeout = errors.New("no complete answer within the time limit")

// explain prefers our words for a timeout to the transport's.
func explain(ctx context.Context, err error) error {
	var timeout net.Error
	cause := context.Cause(ctx)
	if errors.Is(cause, errTimeout) || cause == nil && errors.As(err, &timeout) && timeout.Timeout() {
		return errTimeout
	}
	return certificateError(err)
}

func isSafe(method string) bool {
	return method == "" || method == http.MethodGet || method == http.MethodHead
}

// isReset says whether the connection broke before an answer.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// isDead says whether there was nobody to talk to. A slow answer is not that.
func isDead(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return isReset(err) || errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial"
}
