package guard

import (
	"io"
	"net/http"
)

// An application that has just failed may hang up without having said so, as servers
// do after an exception. A form that is sent over such a connection is lost: nobody may
// send it twice. So no connection that waits then is used again.
type failedBody struct {
	io.ReadCloser
	idle idleCloser
}

type idleCloser interface{ CloseIdleConnections() }

// Read ends with the connection back among those that wait: net/http puts it there
// before it tells of the end.
func (b failedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.idle.CloseIdleConnections()
	}
	return n, err
}

// dropAfter sees to it that the connection of a failed answer is used no more.
func dropAfter(res *http.Response, by http.RoundTripper) {
	idle, ok := by.(idleCloser)
	if !ok || res.StatusCode != http.StatusInternalServerError {
		return
	}
	idle.CloseIdleConnections() // for an answer without a body, which is over
	res.Body = failedBody{res.Body, idle}
}
