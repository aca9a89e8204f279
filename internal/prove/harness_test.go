package prove_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/prove"
	"github.com/mantlet-dev/mantlet/internal/scope"
	"github.com/mantlet-dev/mantlet/policy"
)

// A rig is a bench with everything around it, on one target.
type rig struct {
	bench      *prove.Bench
	grant      *scope.Grant
	alice, bob *identity.Session
	visitor    *identity.Session
}

// partner is an origin with which some of the applications share answers.
const partner = "https://partner.example"

// person logs in at /login with the fields username and password.
func person(name, password string) identity.Spec {
	return identity.Spec{Name: name, Form: &identity.FormLogin{URL: "/login",
		Fields: map[string]string{"username": name}, Secrets: map[string]string{"password": password}}}
}

func newRig(t testing.TB, target string, alice, bob identity.Spec) *rig {
	t.Helper()
	ctx := t.Context()
	grant, err := scope.Open(ctx, scope.Claim{Targets: []string{target}, MaxRequests: 100000})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{grant: grant, visitor: identity.Anonymous(grant)}
	for _, one := range []struct {
		spec identity.Spec
		to   **identity.Session
	}{{alice, &r.alice}, {bob, &r.bob}} {
		if *one.to, err = identity.Login(ctx, grant, one.spec, nil); err != nil {
			t.Fatal(err)
		}
	}
	r.bench = &prove.Bench{Grant: grant, Attacker: r.bob, AttackerLogin: &bob, Site: &observe.Site{Target: target},
		Victim: func(name string) *identity.Session {
			switch name {
			case "":
				return r.visitor
			case alice.Name:
				return r.alice
			case bob.Name:
				return r.bob
			}
			return nil
		}}
	return r
}

// withBrowser gives the rig a browser and an attacker's site. Without a browser
// the test is skipped, except where there has to be one.
func (r *rig) withBrowser(t testing.TB, target string) *rig {
	t.Helper()
	if _, err := browser.Find(""); err != nil {
		var missing *browser.MissingError
		if errors.As(err, &missing) && os.Getenv("CI") != "true" {
			t.Skipf("no browser, so nothing can be proven: %v", err)
		}
		t.Fatal(err)
	}
	proxy, err := r.grant.Proxy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	evil, err := attacker.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { evil.Close() })
	origin, err := policy.OriginOfURL(target)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range append(prove.Hosts(origin, evil.Port()), prove.HostsLike(nil, []string{partner})...) {
		if err := proxy.Map(host, evil.Addr()); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	running := map[finding.ThirdParty]*browser.Browser{}
	t.Cleanup(func() {
		for _, b := range running {
			b.Close()
		}
	})
	r.bench.Evil = evil
	r.bench.Browser = func(_ context.Context, setting finding.ThirdParty) (*browser.Browser, error) {
		mu.Lock()
		defer mu.Unlock()
		if b := running[setting]; b != nil {
			return b, nil
		}
		b, err := browser.Start(context.Background(), browser.Options{ThirdParty: setting, Proxy: proxy.Addr(), ShortLax: true})
		if err == nil {
			running[setting] = b
		}
		return b, err
	}
	return r
}

func (r *rig) attempt(t testing.TB, f finding.Finding) finding.Finding {
	t.Helper()
	start := time.Now()
	got, err := r.bench.Attempt(t.Context(), f)
	if err != nil {
		t.Fatalf("%s %s: %v", f.Weakness, f.Endpoint, err)
	}
	t.Logf("%-24s %-32s %-12s %4d ms  %s", got.Weakness, got.Endpoint, got.State, time.Since(start).Milliseconds(), got.Why)
	if os.Getenv("MANTLET_TEST_ATTEMPTS") != "" && got.Proof != nil {
		for _, a := range got.Proof.Attempts {
			t.Logf("      %-9s %-40s %v %d %s", a.By, a.Variant, a.Accepted, a.Status, a.Why)
		}
		for _, c := range got.Vector {
			t.Logf("      %-10s %-6s %-8s %-12s by %-8s %s", c.From, c.Cookie, c.ThirdParty, c.State, c.By, c.Why)
		}
	}
	return got
}
