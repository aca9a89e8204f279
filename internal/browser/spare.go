package browser

import (
	"context"
	"sync"
)

// A spare keeps one empty context ready: making one with its tab takes a browser
// longer than what is done in it, and goes on while the one before is in use.
type spare struct {
	mu   sync.Mutex
	next chan made // nil before the first context
}

type made struct {
	context *Context
	err     error
}

// take gives a context nobody had before, and has the next one made. A spare that
// could not be made, or whose tab has died meanwhile, is replaced by a new one.
func (s *spare) take(ctx context.Context, empty func(context.Context) (*Context, error)) (*Context, error) {
	s.mu.Lock()
	ready := s.next
	s.next = ahead(empty)
	s.mu.Unlock()
	if ready == nil {
		return empty(ctx)
	}
	select {
	case got := <-ready:
		if got.err == nil && got.context.fresh() {
			return got.context, nil
		}
		got.leave()
		return empty(ctx)
	case <-ctx.Done():
		go func() { (<-ready).leave() }()
		return nil, ctx.Err()
	}
}

func (m made) leave() {
	if m.context != nil {
		m.context.Close()
	}
}

// ahead makes a context in the background. Its commands are bounded each, and the
// browser's end, which ends all contexts, fails them.
func ahead(empty func(context.Context) (*Context, error)) chan made {
	ready := make(chan made, 1)
	go func() {
		c, err := empty(context.Background())
		ready <- made{c, err}
	}()
	return ready
}

// fresh says whether the tab the context was made with is still there.
func (c *Context) fresh() bool {
	select {
	case p := <-c.blank:
		c.blank <- p
		return !p.session.ended()
	default:
		return false
	}
}
