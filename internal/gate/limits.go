package gate

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/policy"
)

// Limits bound what clients may take; 0 is the default of each.
type Limits struct {
	Connections   int           // at once, 4096; more are hung up on
	HeaderBytes   int           // of one request, 64 KiB; more is answered 431
	HeaderTimeout time.Duration // for the head of a request, 10 s
	Stall         time.Duration // without a byte sent or taken, 30 s
}

// Defaults fills in what is not set.
func (l Limits) Defaults() Limits {
	if l.Connections == 0 {
		l.Connections = 4096
	}
	if l.HeaderBytes == 0 {
		l.HeaderBytes = 64 << 10
	}
	if l.HeaderTimeout == 0 {
		l.HeaderTimeout = 10 * time.Second
	}
	if l.Stall == 0 {
		l.Stall = 30 * time.Second
	}
	return l
}

// bound refuses requests with too large a head and drops clients that stall. There
// is no bound on how long a request takes that moves: uploads and event streams do.
func (l Limits) bound(next http.Handler, g *guard.Guard) http.Handler {
	l = l.Defaults()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if headBytes(r) > l.HeaderBytes {
			g.Refuse(w, r, policy.HeadTooLarge)
			return
		}
		control := http.NewResponseController(w)
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = &movingBody{r.Body, control, l.Stall}
		}
		next.ServeHTTP(&movingWriter{w, control, l.Stall}, r)
	})
}

func headBytes(r *http.Request) int {
	n := len(r.Method) + len(r.RequestURI) + len(r.Host)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(v) + 4
		}
	}
	return n
}

// movingBody gives each read its own deadline, and takes it back: net/http reads on
// in the background to notice a client that goes away.
type movingBody struct {
	io.ReadCloser
	control *http.ResponseController
	stall   time.Duration
}

func (b *movingBody) Read(p []byte) (int, error) {
	if err := b.control.SetReadDeadline(time.Now().Add(b.stall)); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(p)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return n, guard.ErrStalled // the deadline stays: the server must not wait for the rest
	}
	b.control.SetReadDeadline(time.Time{}) // fails only if the connection is gone
	return n, err
}

// movingWriter gives each write its own deadline.
type movingWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
}

func (w *movingWriter) Write(p []byte) (int, error) {
	w.control.SetWriteDeadline(time.Now().Add(w.stall)) // fails only if the connection is gone
	n, err := w.ResponseWriter.Write(p)
	w.control.SetWriteDeadline(time.Time{})
	return n, err
}

func (w *movingWriter) FlushError() error {
	w.control.SetWriteDeadline(time.Now().Add(w.stall))
	err := w.control.Flush()
	w.control.SetWriteDeadline(time.Time{})
	return err
}

func (w *movingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// limitListener hangs up on connections beyond limit, so that those who wait do not
// keep the others waiting.
func limitListener(l net.Listener, limit int) net.Listener {
	return &limitedListener{l, make(chan struct{}, limit)}
}

type limitedListener struct {
	net.Listener
	open chan struct{}
}

func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.open <- struct{}{}:
			return &countedConn{Conn: conn, done: sync.OnceFunc(func() { <-l.open })}, nil
		default:
			conn.Close()
		}
	}
}

type countedConn struct {
	net.Conn
	done func()
}

func (c *countedConn) Close() error {
	c.done()
	return c.Conn.Close()
}
