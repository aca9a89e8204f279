package session

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
)

// Refuse answers a request whose session could not be had or changed because of err.
// The client gets a fixed text: what went wrong is in the log, under the reference.
// The cookie is left alone, above all when the store is unavailable.
func (m *Manager) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	switch {
	case errors.Is(err, ErrNoSession), errors.Is(err, ErrRevoked):
		http.Error(w, "log in first", http.StatusUnauthorized)
	case errors.Is(err, ErrStale):
		http.Error(w, "changed by another request; load the page again", http.StatusConflict)
	case errors.Is(err, ErrTooLarge):
		http.Error(w, "too much to remember", http.StatusRequestEntityTooLarge)
	case errors.Is(err, ErrUnavailable):
		h.Set("Retry-After", "2")
		http.Error(w, "try again shortly; reference "+m.logged(r, err), http.StatusServiceUnavailable)
	default:
		http.Error(w, "something went wrong; reference "+m.logged(r, err), http.StatusInternalServerError)
	}
}

// logged writes err into the log and gives the reference to find it by.
func (m *Manager) logged(r *http.Request, err error) string {
	var raw [6]byte
	rand.Read(raw[:])
	reference := hex.EncodeToString(raw[:])
	m.options.Logger.ErrorContext(r.Context(), "session", "error", err, "reference", reference, "method", r.Method, "path", r.URL.Path)
	return reference
}
