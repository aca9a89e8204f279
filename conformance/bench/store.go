package main

import (
	"context"
	"net/http"
	"net/http/httptest"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/policy"
	"github.com/mantlet-dev/mantlet/session"
)

// counting is a session store that counts what it is asked: in DynamoDB each is a
// call at least.
type counting struct {
	*session.Memory
	calls int
}

func (c *counting) Load(ctx context.Context, k session.Key) (session.Record, error) {
	c.calls++
	return c.Memory.Load(ctx, k)
}

// storeCalls is what a request costs the table that holds sessions and their tokens'
// secrets, in front of an application that does not ask for the session itself.
func storeCalls(method, token string, headers ...string) (int, error) {
	store := &counting{Memory: session.NewMemory(nil)}
	sessions, err := session.New(session.Options{Store: store})
	if err != nil {
		return 0, err
	}
	g, err := guard.New(policy.Rules{}, guard.Options{SessionCookies: []string{"session"}, Tokens: guard.Tokens{Secrets: sessions}})
	if err != nil {
		return 0, err
	}
	page := httptest.NewRecorder()
	sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err = sessions.Login(w, r, "alice", nil)
	})).ServeHTTP(page, browser("POST", submission...))
	if err != nil {
		return 0, err
	}
	r := browser(method, headers...)
	for _, c := range page.Result().Cookies() {
		r.Header.Set("Cookie", c.Name+"="+c.Value)
	}
	store.calls = 0
	if token != "" {
		r.Header.Set("X-CSRF-Token", token)
	}
	sessions.Handler(g.Handler(application)).ServeHTTP(httptest.NewRecorder(), r)
	return store.calls, nil
}

// store is G12.
func store(t *table, _ options) error {
	for _, test := range []struct {
		name, method, token string
		headers             []string
	}{
		{"safe request", http.MethodGet, "", navigation},
		{"decided by Sec-Fetch-Site", http.MethodPost, "", submission},
		{"decided by Origin", http.MethodPost, "", originOnly},
		{"refused", http.MethodPost, "", forgery},
	} {
		calls, err := storeCalls(test.method, test.token, test.headers...)
		if err != nil {
			return err
		}
		t.atMost("G12", test.name+": calls of the session store", 0, float64(calls), "%.0f")
	}
	return nil
}
