package scope

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// connect answers CONNECT: it joins the browser to a target or to one of our
// attacker pages. Browsers ask for it for https and for every WebSocket.
func (p *Proxy) connect(w http.ResponseWriter, r *http.Request) {
	place, err := hostPort(r.Host, "https")
	if err != nil {
		http.Error(w, "mantlet: "+err.Error(), http.StatusBadRequest)
		return
	}
	far, err := p.dial(w, r, place)
	if err != nil {
		return // dial has answered
	}
	defer far.Close()
	near, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "mantlet: "+err.Error(), http.StatusInternalServerError)
		return
	}
	defer near.Close()
	near.SetDeadline(time.Time{}) // the server's deadlines end with the hijack
	if _, err := io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	if !p.track(near, far) {
		return
	}
	defer p.untrack(near, far)
	join(near, buffered, far)
}

// dial connects to place, or answers with the refusal.
func (p *Proxy) dial(w http.ResponseWriter, r *http.Request, place string) (net.Conn, error) {
	addr, ours := p.attacker(place)
	if ours {
		far, err := p.grant.dialer.dialAny(r.Context(), "tcp", addr)
		return far, answerBadGateway(w, err)
	}
	o, err := parsePlace(place)
	if err != nil {
		p.refuse(w, place, err)
		return nil, err
	}
	if _, ok := p.grant.bounds.originAt(o.Host(), o.Port()); !ok {
		err := fmt.Errorf("%w: %s is none of the declared origins", ErrOutOfScope, place)
		p.refuse(w, place, err)
		return nil, err
	}
	if err := p.take(r); err != nil {
		p.refuse(w, place, err)
		return nil, err
	}
	far, err := p.grant.dialer.dial(r.Context(), "tcp", place)
	return far, answerBadGateway(w, err)
}

func answerBadGateway(w http.ResponseWriter, err error) error {
	if err != nil {
		http.Error(w, "mantlet: "+err.Error(), http.StatusBadGateway)
	}
	return err
}

// join copies both ways until both have ended. What the browser sent ahead of our
// answer waits in the buffered reader.
func join(near net.Conn, buffered io.Reader, far net.Conn) {
	var both sync.WaitGroup
	both.Go(func() { pipe(far, buffered) })
	both.Go(func() { pipe(near, far) })
	both.Wait()
}

// pipe copies and then says that nothing more will come.
func pipe(to net.Conn, from io.Reader) {
	_, err := io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok && err == nil {
		half.CloseWrite()
		return
	}
	to.Close()
}

// track remembers connections so that Close can cut them; false once closed.
func (p *Proxy) track(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.tunnels[c] = struct{}{}
	}
	return !p.closed
}

func (p *Proxy) untrack(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.tunnels, c)
	}
}
