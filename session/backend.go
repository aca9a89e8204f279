package session

import (
	"context"
	"errors"
)

// A backend turns what the cookie says into a record, and records into what the
// cookie has to say. A value of "" means that the cookie stays as it is.
type backend interface {
	load(ctx context.Context, value string) (Record, error)
	epoch(ctx context.Context, ref string) (uint64, error)
	// replace gives fresh its key and its cookie.
	replace(ctx context.Context, old, fresh Record) (Record, string, error)
	save(ctx context.Context, r Record) (Record, string, error)
	touch(ctx context.Context, r Record) (string, error)
	end(ctx context.Context, value string) error
}

// stored keeps records in a Store and tickets in cookies.
type stored struct {
	store Store
	most  int
}

func (b stored) load(ctx context.Context, value string) (Record, error) {
	t, ok := parseTicket(value)
	if !ok {
		return Record{}, ErrNoSession
	}
	return b.store.Load(ctx, t.key())
}

func (b stored) epoch(ctx context.Context, ref string) (uint64, error) {
	return b.store.Epoch(ctx, ref)
}

func (b stored) replace(ctx context.Context, old, fresh Record) (Record, string, error) {
	t := newTicket(fresh.User)
	fresh.Key, fresh.Rev = t.key(), 1
	if err := b.store.Replace(ctx, old, fresh, b.most); err != nil {
		return Record{}, "", err
	}
	return fresh, t.String(), nil
}

func (b stored) save(ctx context.Context, r Record) (Record, string, error) {
	if err := b.store.Save(ctx, r); err != nil {
		return Record{}, "", err
	}
	r.Rev++
	return r, "", nil
}

func (b stored) touch(ctx context.Context, r Record) (string, error) {
	return "", b.store.Touch(ctx, r.Key, r.IdleUntil)
}

func (b stored) end(ctx context.Context, value string) error {
	t, ok := parseTicket(value)
	if !ok {
		return nil
	}
	return b.store.Delete(ctx, t.key())
}

// unavailable says whether err is about the store and not about the session.
func unavailable(err error) bool {
	for _, known := range []error{ErrNoSession, ErrStale, ErrRevoked, ErrTooLarge} {
		if errors.Is(err, known) {
			return false
		}
	}
	return err != nil
}
