package scope

import (
	"context"
	"net/http/httptrace"
	"sync"
	"time"
)

// A gate holds requests back until all of them stand at the point where nothing is
// missing but the sending: each on a connection of its own.
type gate struct {
	mu      sync.Mutex
	missing int
	open    chan struct{}
}

type gateKey struct{}

// gateWait bounds how long a request waits for the others: one that cannot be sent must
// not hold up the rest.
const gateWait = 5 * time.Second

// Together gives a context under which n requests of Do, each made on its own goroutine,
// are held until all of them have a connection, and are then sent in one go. N is wanted,
// or fewer where the grant allows fewer at a time.
func (g *Grant) Together(ctx context.Context, wanted int) (held context.Context, n int) {
	n = min(wanted, cap(g.slots))
	return context.WithValue(ctx, gateKey{}, &gate{missing: n, open: make(chan struct{})}), n
}

// throughGate is ctx with the gate, if there is one, put before the sending. Arrive is
// called when the request is done, sent or not.
func throughGate(ctx context.Context) (held context.Context, arrive func()) {
	at, ok := ctx.Value(gateKey{}).(*gate)
	if !ok {
		return ctx, func() {}
	}
	var once sync.Once
	arrive = func() { once.Do(at.arrive) }
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		arrive()
		select {
		case <-at.open:
		case <-ctx.Done():
		case <-time.After(gateWait):
		}
	}}), arrive
}

func (at *gate) arrive() {
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.missing--; at.missing == 0 {
		close(at.open)
	}
}
