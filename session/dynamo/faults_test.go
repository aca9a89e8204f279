package dynamo_test

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/dynamotest"
	"github.com/mantlet-dev/mantlet/session"
	"github.com/mantlet-dev/mantlet/session/dynamo"
	"github.com/mantlet-dev/mantlet/session/sessiontest"
)

// faulty opens a store behind a proxy that fails on demand.
func faulty(t *testing.T, timeout time.Duration) (*dynamo.Store, *dynamotest.Faults, *sessiontest.Clock) {
	t.Helper()
	endpoint := dynamotest.Endpoint(t)
	faults := dynamotest.NewFaults(t, endpoint)
	clock := sessiontest.NewClock()
	table := newTable(t, dynamotest.Client(endpoint))
	store, err := dynamo.Open(t.Context(), dynamotest.Client(faults.Endpoint), dynamo.Config{Table: table, Timeout: timeout, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	return store, faults, clock
}

const patient = 20 * time.Second

func TestATableThatFailsIsNoLogout(t *testing.T) {
	for name, fault := range map[string]dynamotest.Fault{
		"throttled": dynamotest.Throttle, "failing": dynamotest.Fail, "cut off": dynamotest.Reset, "slow": dynamotest.Slow,
	} {
		t.Run(name, func(t *testing.T) {
			timeout := patient
			if fault == dynamotest.Slow {
				timeout = 500 * time.Millisecond
			}
			store, faults, clock := faulty(t, patient)
			b := logIn(t, store, clock)
			before := b.cookie
			if timeout != patient {
				store.SetTimeout(timeout)
			}
			faults.Plan(dynamotest.Always(fault))
			start := time.Now()
			for _, request := range [][2]string{{"GET", "/"}, {"POST", "/login"}, {"POST", "/logout"}} {
				answer := b.send(request[0], request[1])
				if answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" {
					t.Errorf("%v: got %d, Retry-After %q; want 503", request, answer.Code, answer.Header().Get("Retry-After"))
				}
				if answer.Header().Get("Set-Cookie") != "" || strings.Contains(answer.Body.String(), "ynamo") {
					t.Errorf("%v: got cookie %q and body %q", request, answer.Header().Get("Set-Cookie"), answer.Body)
				}
			}
			t.Logf("three requests to a table that is %s: %v, %d calls", name, time.Since(start).Round(time.Millisecond), faults.Calls(""))
			if sent := faults.Calls(""); fault != dynamotest.Slow && sent > 3*3 {
				t.Errorf("%d calls for three operations, want at most 3 each", sent)
			}
			faults.Plan(nil)
			if b.cookie != before {
				t.Error("the cookie changed")
			}
			b.visit(t)
		})
	}
}

func TestEveryOperationSaysThatTheTableFails(t *testing.T) {
	store, faults, clock := faulty(t, patient)
	r := sessiontest.NewRecord("bob", clock.Now())
	faults.Plan(dynamotest.Always(dynamotest.Fail))
	_, load := store.Load(t.Context(), r.Key)
	_, epoch := store.Epoch(t.Context(), r.Ref)
	_, list := store.List(t.Context(), r.Ref)
	_, take := store.Tokens().Take(t.Context(), r.ID)
	for operation, err := range map[string]error{
		"Load": load, "Epoch": epoch, "List": list, "Take": take,
		"Put":     store.Tokens().Put(t.Context(), r.ID, r.Until),
		"Save":    store.Save(t.Context(), r),
		"Touch":   store.Touch(t.Context(), r.Key, r.Until),
		"Delete":  store.Delete(t.Context(), r.Key),
		"Revoke":  store.Revoke(t.Context(), r.Ref, session.Key{}),
		"Replace": store.Replace(t.Context(), session.Record{}, r, 3),
	} {
		if !errors.Is(err, session.ErrUnavailable) || errors.Is(err, session.ErrNoSession) {
			t.Errorf("%s: got %v, want ErrUnavailable", operation, err)
		}
	}
}

// A table that is missing is a failure: it must not read as "no session".
func TestAMissingTableIsUnavailable(t *testing.T) {
	endpoint := dynamotest.Endpoint(t)
	client := dynamotest.Client(endpoint)
	if _, err := dynamo.Open(t.Context(), client, dynamo.Config{Table: dynamotest.Name("missing")}); err == nil {
		t.Fatal("opened a table that does not exist")
	}
}

// What was carried out while its answer was lost counts once.
func TestALostAnswerCountsOnce(t *testing.T) {
	store, faults, clock := faulty(t, patient)
	r := sessiontest.NewRecord("carol", clock.Now())
	do := func(what, operation string, err func() error) {
		t.Helper()
		faults.Plan(dynamotest.First(dynamotest.Lost, operation, 1))
		if err := err(); err != nil {
			t.Fatalf("%s with a lost answer: %v", what, err)
		}
		if n := faults.Calls(operation); n < 2 {
			t.Fatalf("%s: %d calls, so none was lost", what, n)
		}
	}
	do("Replace", "TransactWriteItems", func() error { return store.Replace(t.Context(), session.Record{}, r, 1) })
	r.Data = []byte("once")
	do("Save", "UpdateItem", func() error { return store.Save(t.Context(), r) })
	if got, err := store.Load(t.Context(), r.Key); err != nil || got.Rev != r.Rev+1 {
		t.Fatalf("after a save whose answer was lost: %+v, %v", got, err)
	}
	do("Touch", "UpdateItem", func() error { return store.Touch(t.Context(), r.Key, r.IdleUntil.Add(time.Minute)) })
	do("Delete", "TransactWriteItems", func() error { return store.Delete(t.Context(), r.Key) })
	tokens := store.Tokens()
	do("Put", "PutItem", func() error { return tokens.Put(t.Context(), r.ID, r.Until) })
	faults.Plan(dynamotest.First(dynamotest.Lost, "DeleteItem", 1))
	if good, err := tokens.Take(t.Context(), r.ID); good || err != nil {
		t.Fatalf("a token whose taking was lost: got %v, %v; want it lost", good, err)
	}
}

func TestShortFailuresAreNotNoticed(t *testing.T) {
	store, faults, clock := faulty(t, patient)
	b := logIn(t, store, clock)
	for _, fault := range []dynamotest.Fault{dynamotest.Throttle, dynamotest.Fail, dynamotest.Reset} {
		faults.Plan(dynamotest.First(fault, "GetItem", 2))
		b.visit(t)
	}
}

// The log says what happened, under the reference that the client was given.
func TestTheReferenceLeadsToTheError(t *testing.T) {
	store, faults, clock := faulty(t, patient)
	var log strings.Builder
	m, err := session.New(session.Options{Store: store, Now: clock.Now, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	b := logIn(t, store, clock)
	b.app = m.Handler(m.Require(http.NotFoundHandler()))
	faults.Plan(dynamotest.Always(dynamotest.Throttle))
	answer := b.send("GET", "/")
	_, reference, _ := strings.Cut(strings.TrimSpace(answer.Body.String()), "reference ")
	if reference == "" || !strings.Contains(log.String(), "reference="+reference) || !strings.Contains(log.String(), "ProvisionedThroughputExceeded") {
		t.Errorf("body %q, log %q", answer.Body, log.String())
	}
}
