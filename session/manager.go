package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// A Manager gives requests their sessions. It is safe for concurrent use.
type Manager struct {
	options Options
	backend backend
	store   Store // nil with signed cookies

	touches sync.WaitGroup
	slots   chan struct{} // one for each touch under way
}

// New makes a Manager. It neither makes nor asks the store for anything.
func New(o Options) (*Manager, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("configure sessions: %w", err)
	}
	m := &Manager{options: o, store: o.Store, slots: make(chan struct{}, maxTouches)}
	switch {
	case len(o.SignedKeys) > 0:
		m.backend = signed{keys: o.SignedKeys, name: o.cookieName(), now: o.Now}
	case o.Store == nil:
		m.store = NewMemory(o.Now)
		fallthrough
	default:
		m.backend = stored{store: m.store, most: o.MaxPerUser}
	}
	if o.InsecureHTTP != "" {
		o.Logger.Warn("session cookies travel over plain http", "reason", o.InsecureHTTP)
	}
	return m, nil
}

// held is one request's session, read at most once.
type held struct {
	mu     sync.Mutex
	header http.Header
	value  string // of the cookie
	read   bool
	record Record
	err    error
}

type heldKey struct{}

// errNotWrapped is a mistake of the program: its requests have no place for a session.
var errNotWrapped = errors.New("session: the request did not come through Manager.Handler")

func heldBy(ctx context.Context) (*held, error) {
	h, ok := ctx.Value(heldKey{}).(*held)
	if !ok {
		return nil, errNotWrapped
	}
	return h, nil
}

// Handler gives the requests of next a place for their session, and moves the idle
// deadline of those that were used, after next has answered.
func (m *Manager) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := &held{header: w.Header(), value: m.options.cookieValue(r)}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), heldKey{}, h)))
		m.touchLater(r.Context(), h)
	})
}

// Require lets requests of logged-in users through to next. Without a session the
// answer is 401, and 503 if nobody can say; next is not called.
func (m *Manager) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := m.Load(r)
		if err == nil && s.User() == "" {
			err = ErrNoSession
		}
		if err != nil {
			m.Refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Load is the request's session, as the store has it now or had it when this request
// asked first. ErrNoSession also where the cookie is none of ours; ErrUnavailable
// means that a session may well exist, so the user must not be sent to log in.
func (m *Manager) Load(r *http.Request) (Session, error) {
	h, err := heldBy(r.Context())
	if err != nil {
		return Session{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := m.read(r.Context(), h); err != nil {
		return Session{}, err
	}
	return newSession(h.record), nil
}

// read fills h, which is locked.
func (m *Manager) read(ctx context.Context, h *held) error {
	if h.read {
		return h.err
	}
	h.read = true
	h.record, h.err = Record{}, ErrNoSession
	if h.value == "" {
		return h.err
	}
	h.record, h.err = m.backend.load(ctx, h.value)
	switch {
	case h.err == nil:
		m.touchEarly(ctx, h)
	case unavailable(h.err):
		m.options.Count(EventUnavailable)
	default:
		m.options.Count(EventRefused)
	}
	return h.err
}

// UserOf is who is logged in, "" for nobody. An error means that nobody can say; it is
// never about the session. Package guard asks this to tell an application behind it
// whose a request is (guard.Principals.Of).
func (m *Manager) UserOf(r *http.Request) (string, error) {
	s, err := m.Load(r)
	if err != nil && !errors.Is(err, ErrNoSession) {
		return "", err
	}
	return s.User(), nil
}

// TokenSecret is the secret of the request's session from which synchronizer tokens
// are made; nil without a session. With KeepTokenSecret it is what package guard
// asks of a place for such secrets.
func (m *Manager) TokenSecret(r *http.Request) ([]byte, error) {
	h, err := heldBy(r.Context())
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	err = m.read(r.Context(), h)
	if errors.Is(err, ErrNoSession) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	secret := h.record.Secret
	return secret[:], nil
}

// KeepTokenSecret is TokenSecret: a session has its secret from the beginning, so
// the one that is offered is never needed.
func (m *Manager) KeepTokenSecret(r *http.Request, _ []byte) ([]byte, error) {
	return m.TokenSecret(r)
}
