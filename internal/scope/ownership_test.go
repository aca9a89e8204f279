package scope

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-dev/mantlet/policy"
)

func origin(t *testing.T, raw string) policy.Origin {
	t.Helper()
	o, err := policy.OriginOfURL(raw)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOwnershipIsShownByRecordOrFile(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "deep", "ownership.json")
	var record, file string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == challengePath && file != "" {
			fmt.Fprintln(w, "# ours\n"+file)
			return
		}
		http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
	}))
	defer srv.Close()
	open := func() *Ownership {
		w := OpenOwnership(path)
		w.Now = func() time.Time { return now }
		w.LookupTXT = func(_ context.Context, name string) ([]string, error) {
			if name != "_mantlet-challenge.shop.test" || record == "" {
				return nil, errors.New("no such host")
			}
			return []string{"v=spf1", record}, nil
		}
		w.Claim = Claim{Hosts: map[string]string{"shop.test:80": strings.TrimPrefix(srv.URL, "http://")}}
		return w
	}
	o := origin(t, "http://shop.test")
	c, err := open().Challenge(o)
	if err != nil || c.Record != "_mantlet-challenge.shop.test" || c.File != "http://shop.test/.well-known/mantlet.txt" {
		t.Fatalf("got %+v, %v", c, err)
	}
	if again, _ := open().Challenge(o); again != c {
		t.Errorf("the challenge changed: %+v, then %+v", c, again)
	}
	if _, err := open().Verified(t.Context(), o); err == nil {
		t.Error("verified before anything was published")
	}
	if _, err := open().Verify(t.Context(), o); err == nil || !strings.Contains(err.Error(), "TXT record") || !strings.Contains(err.Error(), "status 302") {
		t.Errorf("nothing published: got %v, want both causes", err)
	}
	record = c.Text
	if how, err := open().Verify(t.Context(), o); err != nil || !strings.HasPrefix(how, "DNS") {
		t.Errorf("record: got %q, %v", how, err)
	}
	record, file = "", c.Text
	if how, err := open().Verify(t.Context(), o); err != nil || !strings.HasPrefix(how, "file") {
		t.Errorf("file: got %q, %v", how, err)
	}
	if _, err := Open(t.Context(), Claim{Targets: []string{"http://shop.test"}, Mode: Active, Verified: open().Verified}); err != nil {
		t.Errorf("active scan of a verified target: %v", err)
	}
	if _, err := open().Verified(t.Context(), origin(t, "http://shop.test:81")); err == nil {
		t.Error("another port is verified too")
	}
	now = now.Add(verifiedFor + time.Hour)
	if _, err := open().Verified(t.Context(), o); err == nil || !strings.Contains(err.Error(), "30 days") {
		t.Errorf("a month later: got %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file of tokens has mode %v, %v", info.Mode(), err)
	}
}

func TestAnAddressHasNoRecord(t *testing.T) {
	c, err := OpenOwnership(filepath.Join(t.TempDir(), "o.json")).Challenge(origin(t, "http://10.0.0.1:8000"))
	if err != nil || c.Record != "" || c.File != "http://10.0.0.1:8000/.well-known/mantlet.txt" {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestABrokenRecordFileIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "o.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenOwnership(path).Verified(t.Context(), origin(t, "http://a.test")); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names the file", err)
	}
}
