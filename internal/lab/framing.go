package lab

import (
	"bufio"
	"mime"
	"net"
	"net/http"
)

// headerLine is one header line about framing.
type headerLine struct{ name, value string }

const (
	csp           = "Content-Security-Policy"
	cspReportOnly = "Content-Security-Policy-Report-Only"
	xfo           = "X-Frame-Options"
)

// refuseFraming is the sound policy, with the older header for what reads no policies.
var refuseFraming = []headerLine{{csp, "frame-ancestors 'none'"}, {xfo, "DENY"}}

// partnerFraming has no X-Frame-Options: a list cannot be spelled in it.
var partnerFraming = []headerLine{{csp, "frame-ancestors https://partner.example"}}

// withFraming adds the lines that framing gives for each response. It stands
// around the router, so that answers to unknown paths pass through it too.
func withFraming(framing func(path string, status int, mediaType string) []headerLine, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&framedWriter{ResponseWriter: w, framing: framing, path: r.URL.Path}, r)
	})
}

// A framedWriter adds its lines when the status is known.
type framedWriter struct {
	http.ResponseWriter
	framing func(path string, status int, mediaType string) []headerLine
	path    string
	done    bool
}

func (w *framedWriter) WriteHeader(status int) {
	if !w.done {
		w.done = true
		kind, _, _ := mime.ParseMediaType(w.Header().Get("Content-Type"))
		for _, line := range w.framing(w.path, status, kind) {
			w.Header().Add(line.name, line.value)
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *framedWriter) Write(p []byte) (int, error) {
	if !w.done {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// Hijack is for the sockets, whose answer carries no page.
func (w *framedWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

func (w *framedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
