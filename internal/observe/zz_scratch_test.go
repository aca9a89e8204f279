package observe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/lab"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

func TestScratch(t *testing.T) {
	ctx := context.Background()
	target := os.Getenv("TARGET")
	var specs []identity.Spec
	if target == "" {
		app := lab.Weak()
		srv := httptest.NewServer(app)
		defer srv.Close()
		target = srv.URL
		for _, id := range app.Identities() {
			specs = append(specs, identity.Spec{Name: id.Name, Form: &identity.FormLogin{URL: "/login", Fields: map[string]string{"username": id.Username}, Secrets: map[string]string{"password": id.Password}}})
		}
	} else {
		for _, n := range []string{"alice", "bob"} {
			specs = append(specs, identity.Spec{Name: n, Form: &identity.FormLogin{URL: "/login", Fields: map[string]string{"username": n}, Secrets: map[string]string{"password": n + "-lab-password"}}})
		}
	}
	g, err := scope.Open(ctx, scope.Claim{Targets: []string{target}})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	sessions := []*identity.Session{identity.Anonymous(g)}
	for _, sp := range specs {
		s, err := identity.Login(ctx, g, sp, nil)
		if err != nil {
			t.Fatal(err)
		}
		names, tested := s.SessionCookies()
		fmt.Println(s.Name(), s.Probe(), names, tested, s.Ambient())
		sessions = append(sessions, s)
	}
	site, err := Collect(ctx, g, sessions, Options{})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(time.Since(start), g.Requests(), len(site.Exchanges), len(site.Pages), len(site.Actions))
	for _, x := range site.Exchanges {
		a := "-"
		if x.Authenticated != nil {
			a = fmt.Sprint(*x.Authenticated)
		}
		fmt.Println(x.ID, x.Identity, x.Status, x.Route, x.URL, x.Purpose, x.Location, a)
	}
	for i, a := range site.Actions {
		b, _ := json.Marshal(a)
		fmt.Println(i, site.Actors[i], string(b))
	}
	for _, tk := range site.Tokens {
		fmt.Printf("%+v\n", tk)
	}
	for _, c := range site.Cookies {
		fmt.Printf("%+v\n", c)
	}
	for _, p := range site.Pages {
		if p.Exchange.Identity == "alice" && len(p.Controls) > 0 {
			fmt.Println(p.Exchange.URL, p.Controls)
		}
	}
	fmt.Printf("%+v\n", site.Framework)
	for _, s := range site.Skips {
		fmt.Printf("SKIP %+v\n", s)
	}
}
