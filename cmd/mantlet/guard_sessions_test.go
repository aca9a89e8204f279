package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/internal/gate"
)

// A reload logs nobody out, wherever sessions are kept, and takes a new key at once
// while the old one still verifies (R87).
func TestSessionsOutliveAReload(t *testing.T) {
	keys := map[string]string{"OLD": strings.Repeat("o", 32), "NEW": strings.Repeat("n", 32), "SIGNED": strings.Repeat("s", 32)}
	knows := guard.PrincipalHeader{Audience: "app", Keys: [][]byte{[]byte(keys["NEW"]), []byte(keys["OLD"])}}
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			name, value, err := guard.PrincipalHeader{Audience: "app", Keys: [][]byte{[]byte(keys["OLD"])}}.Login("alice", r.Method)
			if err != nil {
				t.Error(err)
			}
			w.Header().Set(name, value)
		}
		user, err := knows.Verify(r)
		fmt.Fprintf(w, "%s %v", user, err)
	}))
	defer app.Close()
	for kept, where := range map[string]string{"process": "", "cookie": "signed_keys: [SIGNED], "} {
		t.Run(kept, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "guard.yaml")
			write := func(names string) {
				text := fmt.Sprintf("upstream: %s\nprincipal: {keys: [%s], audience: app, sessions: {%slogins: true}}\n", app.URL, names, where)
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			e := &env{stderr: io.Discard, getenv: func(name string) string { return keys[name] }}
			planner := newGuardPlanner(e, guardFlags{config: file})
			defer planner.wait()
			var proxy gate.Switch
			load := func() {
				t.Helper()
				plan, err := planner.plan()
				if err == nil {
					err = planner.load(plan, &proxy, new(gate.Counter), nil)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			site := httptest.NewServer(&proxy)
			defer site.Close()
			cookie := ""
			ask := func(method, path string) string {
				t.Helper()
				r, err := http.NewRequest(method, site.URL+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Cookie", cookie)
				r.Header.Set("Origin", site.URL)
				res, err := site.Client().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				for _, c := range res.Cookies() {
					cookie = c.Name + "=" + c.Value
				}
				text, err := io.ReadAll(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				return string(text)
			}
			write("OLD")
			load()
			ask("POST", "/login")
			if got := ask("GET", "/"); got != "alice <nil>" {
				t.Fatalf("logged in: got %q", got)
			}
			write("NEW, OLD")
			load()
			if got := ask("GET", "/"); got != "alice <nil>" {
				t.Errorf("after the reload: got %q", got)
			}
			before := cookie
			ask("POST", "/login") // the application still signs with the old key
			if cookie == before {
				t.Error("logging in again gives no new session")
			}
			if got := ask("GET", "/"); got != "alice <nil>" {
				t.Errorf("logged in again: got %q", got)
			}
		})
	}
}
