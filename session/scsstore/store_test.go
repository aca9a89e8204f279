// That this is what scs asks of a store shows the module in scscheck.
package scsstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/session"
	"github.com/mantlet-dev/mantlet/session/scsstore"
)

func TestWithoutHandlerNothingIsCommitted(t *testing.T) {
	store := scsstore.New(session.NewMemory(nil))
	if err := store.CommitCtx(t.Context(), "token", nil, time.Now().Add(time.Hour)); !errors.Is(err, scsstore.ErrNoRequest) {
		t.Errorf("got %v", err)
	}
	ctx := scsstore.Context(t.Context())
	if err := store.CommitCtx(ctx, "token", []byte("data"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if data, found, err := store.Find("token"); string(data) != "data" || !found || err != nil {
		t.Errorf("got %q, %v, %v", data, found, err)
	}
	if err := store.Delete("token"); err != nil {
		t.Error(err)
	}
	if _, found, err := store.Find("token"); found || err != nil {
		t.Errorf("after deleting: %v, %v", found, err)
	}
}

func TestWhatEndedStaysEnded(t *testing.T) {
	store := scsstore.New(session.NewMemory(nil))
	soon := time.Now().Add(time.Hour)
	slow, fast := scsstore.Context(t.Context()), scsstore.Context(t.Context())
	if err := store.CommitCtx(fast, "token", []byte("first"), soon); err != nil {
		t.Fatal(err)
	}
	find := func(ctx context.Context, want string) {
		t.Helper()
		if data, found, err := store.FindCtx(ctx, "token"); string(data) != want || found != (want != "") || err != nil {
			t.Fatalf("got %q, %v, %v; want %q", data, found, err, want)
		}
	}
	find(slow, "first")
	if err := store.CommitCtx(fast, "token", []byte("second"), soon); err != nil {
		t.Fatal(err)
	}
	if err := store.CommitCtx(slow, "token", []byte("third"), soon); err != nil {
		t.Fatal(err) // the later one wins, as scs has it
	}
	find(fast, "third")
	if err := store.DeleteCtx(fast, "token"); err != nil {
		t.Fatal(err)
	}
	if err := store.CommitCtx(slow, "token", []byte("fourth"), soon); !errors.Is(err, session.ErrNoSession) {
		t.Fatalf("a commit after the end: got %v, want ErrNoSession", err)
	}
	find(slow, "")
}

// broken is a store that cannot answer.
type broken struct{ session.Store }

func (broken) Load(context.Context, session.Key) (session.Record, error) {
	return session.Record{}, session.ErrUnavailable
}

func TestAFailureIsNotNotFound(t *testing.T) {
	if _, found, err := scsstore.New(broken{}).Find("token"); found || !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("got %v, %v", found, err)
	}
}
