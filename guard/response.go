package guard

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// response writes the guard's headers at the moment the handler commits its own.
type response struct {
	http.ResponseWriter
	guard     *Guard
	request   *http.Request
	committed bool
	stripped  bool // the request went on without credentials
}

// WriteHeader leaves 1xx alone: the final response is still to come, and 101 is
// the last word of HTTP on its connection.
func (w *response) WriteHeader(status int) {
	if status >= 200 {
		w.commit()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	w.commit()
	return w.ResponseWriter.Write(p)
}

// WriteString and ReadFrom keep what the writer below does better than Write.
func (w *response) WriteString(s string) (int, error) {
	w.commit()
	return io.WriteString(w.ResponseWriter, s)
}

func (w *response) ReadFrom(src io.Reader) (int64, error) {
	w.commit()
	return io.Copy(w.ResponseWriter, src)
}

// Flush is for handlers that ask for an http.Flusher.
func (w *response) Flush() { _ = w.FlushError() }

// FlushError is what http.ResponseController calls.
func (w *response) FlushError() error {
	w.commit()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack hands the connection over; nothing of ours is written on it.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.committed = true
	}
	return conn, rw, err
}

// Unwrap is for http.ResponseController: deadlines and full duplex.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// finish also runs when the handler panics: whoever recovers further out answers
// with these headers.
func (w *response) finish() { w.commit() }

func (w *response) commit() {
	if w.committed {
		return
	}
	w.committed = true
	w.guard.writeHeaders(w.ResponseWriter.Header(), w.request, w.stripped)
}
