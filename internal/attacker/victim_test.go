package attacker_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/attacker"
	"github.com/mantlet-dev/mantlet/internal/browser"
	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A victim is a site with a session and things to lose. Nothing in it knows of
// browsers or attackers.
type victim struct {
	url string
	got chan arrival
}

// An arrival is one request for a change.
type arrival struct {
	path, cookie, kind, body string
	header                   http.Header
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	v := &victim{got: make(chan arrival, 16)}
	s := httptest.NewTLSServer(http.HandlerFunc(v.serve))
	t.Cleanup(s.Close)
	v.url = strings.Replace(s.URL, "127.0.0.1", "bank.test", 1)
	return v
}

const bankPage = `<!doctype html><title>Bank</title><style>body{font:16px sans-serif;margin:40px}button{padding:12px 30px;font-size:16px}</style>
<h1>%s</h1><p>Balance: 1000</p><div style="height:%dpx"></div><form method=post action=%s><button id=go>%s</button></form><p>Terms</p>`

func (v *victim) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	if strings.HasPrefix(r.URL.Path, "/do/") {
		body, _ := io.ReadAll(r.Body)
		v.got <- arrival{r.URL.RequestURI(), r.Header.Get("Cookie"), r.Header.Get("Content-Type"), string(body), r.Header}
	}
	switch r.URL.Path {
	case "/account":
		fmt.Fprintf(w, bankPage, "Close the account", 900, "/do/close", "Close it")
	case "/first":
		fmt.Fprintf(w, bankPage, "Delete the profile", 300, "/do/first", "Delete")
	case "/do/first":
		http.Redirect(w, r, "/second", http.StatusSeeOther)
	case "/second":
		fmt.Fprintf(w, bankPage, "Really delete?", 40, "/do/second", "Yes, delete")
	case "/denied":
		w.Header().Set("X-Frame-Options", "DENY")
		fmt.Fprintf(w, bankPage, "Framed never", 0, "/do/never", "No")
	}
}

// drain takes the arrivals that are there.
func (v *victim) drain() []arrival {
	var all []arrival
	for {
		select {
		case a := <-v.got:
			all = append(all, a)
		default:
			return all
		}
	}
}

func newBrowser(t *testing.T, setting finding.ThirdParty) *browser.Browser {
	t.Helper()
	b, err := browser.Start(t.Context(), browser.Options{
		Path: os.Getenv("MANTLET_BROWSER"), ThirdParty: setting,
		Resolve: map[string]string{"bank.test": "127.0.0.1", "evil.bank.test": "127.0.0.1", "attacker.example": "127.0.0.1"},
	})
	var missing *browser.MissingError
	if errors.As(err, &missing) && os.Getenv("CI") != "true" {
		t.Skip("needs a browser: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error("close the browser:", err)
		}
	})
	return b
}

func newAttacker(t *testing.T) *attacker.Site {
	t.Helper()
	s, err := attacker.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
