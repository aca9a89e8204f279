package scope

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Requests that are sent together are under way together, each on a connection of its
// own; one that cannot be sent does not hold up the others.
func TestRequestsAreHeldUntilAllAreReady(t *testing.T) {
	var now, most atomic.Int64
	all := make(chan struct{})
	g, address := serve(t, Claim{Concurrency: 6}, func(w http.ResponseWriter, r *http.Request) {
		if n := now.Add(1); n > most.Load() {
			if most.Store(n); n == 6 {
				close(all)
			}
		}
		select {
		case <-all:
		case <-time.After(30 * time.Second):
		}
	})
	ctx, n := g.Together(t.Context(), 10)
	if n != 6 {
		t.Fatalf("%d at a time", n)
	}
	var wait sync.WaitGroup
	for range n {
		wait.Go(func() {
			resp, err := g.Do(request(t, "POST", address, strings.NewReader("x=1")).WithContext(ctx))
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
		})
	}
	wait.Wait()
	if most.Load() != 6 {
		t.Errorf("%d were under way together", most.Load())
	}
	ctx, _ = g.Together(t.Context(), 2)
	wait.Go(func() {
		if _, err := g.Do(request(t, "POST", "http://127.0.0.1:1/", nil).WithContext(ctx)); err == nil {
			t.Error("something answered that is not there")
		}
	})
	resp, err := g.Do(request(t, "POST", address, nil).WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	wait.Wait()
}
