package guard

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
)

// response writes the guard's headers at the moment the handler commits its own.
// When the handler has returned it lets go of everything and answers errOver.
type response struct {
	to        http.ResponseWriter // nil when it is over
	guard     *Guard
	request   *http.Request
	committed bool
	stripped  bool // the request went on without credentials
}

// A block is responses that were allocated together. They are handed out one after
// the other and none twice: a goroutine that keeps its writer beyond the handler's
// return, which is a mistake, must not write into another's response.
type block struct {
	used int
	of   [32]response
}

var blocks = sync.Pool{New: func() any { return new(block) }}

func newResponse(w http.ResponseWriter, g *Guard, r *http.Request) *response {
	b := blocks.Get().(*block)
	rw := &b.of[b.used]
	rw.to, rw.guard, rw.request = w, g, r
	if b.used++; b.used < len(b.of) {
		blocks.Put(b)
	}
	return rw
}

// errOver is for writers that are kept too long.
var errOver = errors.New("guard: the handler that had this ResponseWriter has returned")

// Header is the response's header, still to be changed until it is committed.
func (w *response) Header() http.Header {
	if w.to == nil {
		return http.Header{}
	}
	return w.to.Header()
}

// WriteHeader leaves 1xx alone: the final response is still to come, and 101 is
// the last word of HTTP on its connection.
func (w *response) WriteHeader(status int) {
	if w.to == nil {
		return
	}
	if status >= 200 {
		w.commit()
	}
	w.to.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	if w.to == nil {
		return 0, errOver
	}
	w.commit()
	return w.to.Write(p)
}

// WriteString and ReadFrom keep what the writer below does better than Write.
func (w *response) WriteString(s string) (int, error) {
	if w.to == nil {
		return 0, errOver
	}
	w.commit()
	return io.WriteString(w.to, s)
}

func (w *response) ReadFrom(src io.Reader) (int64, error) {
	if w.to == nil {
		return 0, errOver
	}
	w.commit()
	return io.Copy(w.to, src)
}

// Flush is for handlers that ask for an http.Flusher.
func (w *response) Flush() { _ = w.FlushError() }

// FlushError is what http.ResponseController calls.
func (w *response) FlushError() error {
	if w.to == nil {
		return errOver
	}
	w.commit()
	return http.NewResponseController(w.to).Flush()
}

// Hijack hands the connection over; nothing of ours is written on it.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.to == nil {
		return nil, nil, errOver
	}
	conn, rw, err := http.NewResponseController(w.to).Hijack()
	if err == nil {
		w.committed = true
	}
	return conn, rw, err
}

// Unwrap is for http.ResponseController: deadlines and full duplex.
func (w *response) Unwrap() http.ResponseWriter { return w.to }

// finish also runs when the handler panics: whoever recovers further out answers
// with these headers.
func (w *response) finish() {
	w.commit()
	w.to, w.request = nil, nil // a block that is still in use must not hold on to them
}

func (w *response) commit() {
	if w.committed {
		return
	}
	w.committed = true
	w.guard.writeHeaders(w.to.Header(), w.request, w.stripped)
}
