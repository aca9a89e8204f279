package attacker

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

func newSite(t *testing.T) *Site {
	t.Helper()
	s, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return s
}

// get asks the site for url, whatever host that names.
func get(t *testing.T, s *Site, url string) (int, string, http.Header) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	_, rest, _ := strings.Cut(url, "://")
	host, path, _ := strings.Cut(rest, "/")
	scheme, _, _ := strings.Cut(url, ":")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, scheme+"://"+s.Addr()+"/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	res, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body), res.Header
}

func TestSiteServesEachPageAtItsOwnOriginOnly(t *testing.T) {
	s := newSite(t)
	secure := s.Publish("https", "attacker.example", Document{HTML: "one", Header: http.Header{"X-Own": {"1"}}})
	plain := s.Publish("http", "127.0.0.1", Document{HTML: "two"})
	if code, body, h := get(t, s, secure); code != 200 || body != "one" || h.Get("X-Own") != "1" {
		t.Errorf("https: %d %q %v", code, body, h)
	}
	if code, body, _ := get(t, s, plain); code != 200 || body != "two" {
		t.Errorf("http: %d %q", code, body)
	}
	for _, url := range []string{
		strings.Replace(secure, "https", "http", 1),
		strings.Replace(secure, "attacker.example", "victim.example", 1),
		"http://attacker.example/",
		secure + "other",
	} {
		if code, _, _ := get(t, s, url); code != 404 {
			t.Errorf("%s: %d", url, code)
		}
	}
}

func TestSiteCountsReports(t *testing.T) {
	s := newSite(t)
	url := s.Publish("http", "attacker.example", Document{})
	if s.Hits(url) != 0 || s.Hits("http://attacker.example/none/") != 0 {
		t.Error("hits before any")
	}
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.WaitHit(short, url); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waited for nothing: %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- s.WaitHits(t.Context(), url, 2) }()
	for range 2 {
		if code, _, _ := get(t, s, url+"sent"); code != http.StatusNoContent {
			t.Errorf("report: %d", code)
		}
	}
	if err := <-done; err != nil || s.Hits(url) != 2 {
		t.Errorf("%v, %d hits", err, s.Hits(url))
	}
}

func TestOriginsAreThoseATargetCanHave(t *testing.T) {
	for _, c := range []struct{ target, cross, sibling, port string }{
		{"https://app.bank.test", "https://attacker.example", "https://evil.bank.test", ""},
		{"https://bank.test:8443", "https://attacker.example", "https://evil.bank.test", ""},
		{"https://evil.bank.test", "https://attacker.example", "https://attacker.bank.test", ""},
		{"http://app.bank.test", "http://attacker.example", "http://evil.bank.test", ""},
		{"https://shop.attacker.example", "https://attacker.test", "https://evil.attacker.example", ""},
		{"https://me.github.io", "https://attacker.example", "https://evil.me.github.io", ""},
		{"https://github.io", "https://attacker.example", "", ""},
		{"http://bank.localhost:8000", "https://attacker.example", "http://evil.bank.localhost", ""},
		{"http://localhost:8000", "https://attacker.example", "", "http://localhost"},
		{"http://127.0.0.1:8000", "https://attacker.example", "", "http://127.0.0.1"},
		{"https://[::1]:8000", "https://attacker.example", "", "https://[::1]"},
		{"http://192.0.2.7", "http://attacker.example", "", "http://192.0.2.7"},
		{"http://intranet", "http://attacker.example", "", "http://intranet"},
	} {
		target, err := policy.OriginOfURL(c.target)
		if err != nil {
			t.Fatal(err)
		}
		got := Origins(target)
		if got[finding.CrossSite] != c.cross || got[finding.Sibling] != c.sibling || got[finding.OtherPort] != c.port {
			t.Errorf("%s: got %v", c.target, got)
		}
		for from, where := range got {
			o, err := policy.OriginOfURL(where)
			if err != nil {
				t.Errorf("%s: %v", c.target, err)
			} else if o.SameSite(target) != (from != finding.CrossSite) {
				t.Errorf("%s: %s attacker %s is on the wrong site", c.target, from, where)
			}
		}
	}
}

func TestTextFieldSpellsTheBody(t *testing.T) {
	for body, want := range map[string]string{
		`{"a":1}`:   `{"a":1,"_":"="}`,
		`{}`:        `{"_":"="}`,
		`{"a":"="}`: `{"a":"="}`,
		`a=b=c`:     `a=b=c`,
	} {
		f := textField(body)
		if got := f.Name + "=" + f.Value; got != want {
			t.Errorf("%s becomes %s, want %s", body, got, want)
		}
	}
}
