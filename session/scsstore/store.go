// Package scsstore lets programs that use github.com/alexedwards/scs keep their
// sessions in a session.Store, such as the one on DynamoDB, by changing two lines:
//
//	store := scsstore.New(sessions)
//	manager.Store = store
//	http.ListenAndServe(addr, store.Handler(manager.LoadAndSave(mux)))
//
// # Model
//
// scs hands a store the token and the whole session, to be written over whatever is
// there, so that a slow request brings back a session that another one has ended.
// Here a commit knows whether its session is new or was found by the request: a
// session that was found and has ended since stays ended, and the commit fails with
// session.ErrNoSession, which scs gives to its ErrorFunc. Handler is what remembers;
// without it nothing can be committed.
//
// Tokens are digested before they reach the store.
//
// # What it does not promise
//
// Of two requests that change one session at once the later one wins, as scs has it:
// it writes a session as one value, which nobody else can merge. session.MaxData
// bounds that value. scs does not tell stores which user a session is of: listing and
// revoking by user need package session's own Manager. It renews a token by deleting
// and committing: of two renewals at once both may succeed.
package scsstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/mantlet-dev/mantlet/session"
)

// A Store is what scs calls a CtxStore, without importing scs. It is safe for
// concurrent use.
type Store struct {
	sessions session.Store
}

// New keeps scs's sessions in sessions.
func New(sessions session.Store) *Store { return &Store{sessions} }

// ErrNoRequest: the context is not of a request that came through Handler.
var ErrNoRequest = errors.New("scsstore: wrap the handler that LoadAndSave gives in Store.Handler")

// seen are the sessions that a request has found or started, as it knows them.
type seen struct {
	mu      sync.Mutex
	records map[string]session.Record // by token
}

type seenKey struct{}

// Handler remembers for each request of next which session it found. It belongs
// around LoadAndSave.
func (s *Store) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(Context(r.Context())))
	})
}

// Context is what Handler does, for work that is not a request.
func Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, seenKey{}, &seen{records: map[string]session.Record{}})
}

func key(token string) session.Key {
	return session.Key{ID: sha256.Sum256([]byte("mantlet/scs/1\x00" + token))}
}

// FindCtx gives the session of token. An error is a failure of the store only.
func (s *Store) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	r, err := s.sessions.Load(ctx, key(token))
	if errors.Is(err, session.ErrNoSession) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if held, ok := ctx.Value(seenKey{}).(*seen); ok {
		held.mu.Lock()
		defer held.mu.Unlock()
		held.records[token] = r
	}
	return r.Data, true, nil
}

// CommitCtx writes the session that this request has found, or a new one.
func (s *Store) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	held, ok := ctx.Value(seenKey{}).(*seen)
	if !ok {
		return ErrNoRequest
	}
	held.mu.Lock()
	defer held.mu.Unlock()
	r, err := held.records[token], error(nil)
	if r.IsZero() {
		r, err = s.start(ctx, token, data, expiry)
	} else {
		r, err = s.overwrite(ctx, r, data, expiry)
	}
	if err != nil {
		return fmt.Errorf("commit session: %w", err)
	}
	held.records[token] = r
	return nil
}

// start begins a session under a token that scs has just made.
func (s *Store) start(ctx context.Context, token string, data []byte, expiry time.Time) (session.Record, error) {
	r := session.Record{Key: key(token), Rev: 1, Data: data, Created: time.Now(), IdleUntil: expiry, Until: expiry}
	rand.Read(r.Secret[:])
	return r, s.sessions.Replace(ctx, session.Record{}, r, 1)
}

// attempts bounds how often other requests may be faster. With an idle timeout scs
// commits with every request, so they often meet.
const attempts = 8

// overwrite writes a session that is still there, at whatever revision.
func (s *Store) overwrite(ctx context.Context, r session.Record, data []byte, expiry time.Time) (session.Record, error) {
	for try := 1; ; try++ {
		r.Data, r.IdleUntil, r.Until = data, expiry, expiry
		err := s.sessions.Save(ctx, r)
		if err == nil {
			r.Rev++
			return r, nil
		}
		if !errors.Is(err, session.ErrStale) || try == attempts {
			return r, err
		}
		if r, err = s.sessions.Load(ctx, r.Key); err != nil {
			return r, err
		}
	}
}

// DeleteCtx ends the session of token; ending what has ended is fine.
func (s *Store) DeleteCtx(ctx context.Context, token string) error {
	return s.sessions.Delete(ctx, key(token))
}

// Find is FindCtx without a request. scs calls it only where it has no context.
func (s *Store) Find(token string) (data []byte, found bool, err error) {
	return s.FindCtx(context.Background(), token)
}

// Commit gives ErrNoRequest: without a request nothing tells whether the session was
// ended meanwhile.
func (s *Store) Commit(string, []byte, time.Time) error { return ErrNoRequest }

// Delete is DeleteCtx without a request.
func (s *Store) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
