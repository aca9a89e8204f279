package scope

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// Upgrade sends a handshake and returns the answer; where the server switches
// protocols (101) stream is the connection, which the caller closes and for which
// no time limit holds. Otherwise stream is nil and the answer's body is closed.
// An address with the scheme ws or wss is asked as http or https. Everything else
// is as in Do: scope, turn, budget, and nothing is repeated.
func (g *Grant) Upgrade(req *http.Request) (resp *http.Response, stream io.ReadWriteCloser, err error) {
	if err := g.admit(req); err != nil {
		return nil, nil, err
	}
	if err := g.health.check(req.URL.Host); err != nil {
		return nil, nil, fmt.Errorf("%s %s: %w", req.Method, req.URL, err)
	}
	if err := g.pace(req.Context(), req.URL); err != nil {
		return nil, nil, err
	}
	if err := g.spend(); err != nil {
		return nil, nil, err
	}
	// A socket holds no place: it stays open while the pages that show its effect are
	// read. The time limit is for the handshake alone.
	ctx, cancel := context.WithTimeoutCause(req.Context(), g.timeout, errTimeout)
	defer cancel()
	out := req.Clone(ctx)
	u := *req.URL
	u.Scheme = webScheme(u.Scheme)
	out.URL = &u
	out.Header.Set("User-Agent", g.agent)
	resp, err = g.transport(u.Host).RoundTrip(out)
	g.health.note(u.Host, resp, err, g.local)
	if err != nil {
		return nil, nil, fmt.Errorf("%s %s: %w", req.Method, req.URL, explain(ctx, err))
	}
	if stream, ok := resp.Body.(io.ReadWriteCloser); ok && resp.StatusCode == http.StatusSwitchingProtocols {
		return resp, stream, nil
	}
	return resp, nil, resp.Body.Close()
}
