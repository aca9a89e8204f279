package gate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/mantlet-dev/mantlet/guard"
)

// grace is how long requests under way may take to end when the gate closes.
const grace = 10 * time.Second

// Serve answers on l until ctx ends, then lets requests under way finish. With
// certificates it speaks TLS and HTTP/2. The listener is closed.
func Serve(ctx context.Context, l net.Listener, h http.Handler, certificates *Certificates, limits Limits, log *slog.Logger) error {
	limits = limits.Defaults()
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: limits.HeaderTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    max(1<<20, limits.HeaderBytes),
		// net/http would answer OPTIONS * by itself, without our headers.
		DisableGeneralOptionsHandler: true,

		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	l = limitListener(l, limits.Connections)
	ended := make(chan error, 1)
	go func() {
		if certificates == nil {
			ended <- server.Serve(l)
			return
		}
		server.TLSConfig = &tls.Config{GetCertificate: certificates.get, MinVersion: tls.VersionTLS12}
		ended <- server.ServeTLS(l, "", "")
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		server.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Admin answers the monitoring: /healthz and /metrics.
func Admin(m *guard.Metrics, left *Counter) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		m.ServeHTTP(w, r)
		const name = "mantlet_guard_uninjectable_total"
		fmt.Fprintf(w, "# HELP %s Pages that got no token, by why.\n# TYPE %s counter\n", name, name)
		for _, line := range left.Lines(name) {
			fmt.Fprintln(w, line)
		}
	})
	return mux
}
