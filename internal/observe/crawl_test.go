package observe

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// Numbered pages are looked at one by one where each leads to something of its own,
// and are more of the same where they do not.
func TestChaptersAreNoObjects(t *testing.T) {
	for name, test := range map[string]struct {
		leads func(n string) string
		all   bool
	}{
		"chapters": {func(n string) string {
			return "/lab-" + strings.Repeat("x", len(n)) + string(rune('a'+n[len(n)-1]-'0'))
		}, true},
		"objects": {func(n string) string { return "/items/" + n + "/edit" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				switch n, page := strings.CutPrefix(r.URL.Path, "/items/"); {
				case r.URL.Path == "/":
					for i := range 20 {
						fmt.Fprintf(w, "<a href=/items/%d>%[1]d</a>", i+1)
					}
				case page && !strings.Contains(n, "/"):
					fmt.Fprintf(w, "<h1>%s</h1><button type=button onclick=\"window.location.href='%s'\">Go</button>", n, test.leads(n))
				}
			}))
			defer server.Close()
			grant, err := scope.Open(t.Context(), scope.Claim{Targets: []string{server.URL}})
			if err != nil {
				t.Fatal(err)
			}
			site, err := Collect(t.Context(), grant, []*identity.Session{identity.Anonymous(grant)}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, x := range site.Exchanges {
				seen[pathOf(x.URL)] = true
			}
			if got := seen["/items/20"] && seen["/items/7"]; got != test.all {
				t.Errorf("all seen: %v, want %v", got, test.all)
			}
			if !seen[test.leads("1")] && test.all {
				t.Error("where a button leads was not looked at")
			}
			told := slices.ContainsFunc(site.Skips, func(s finding.Skip) bool { return strings.HasPrefix(s.Why, "more of the same") })
			if told == test.all {
				t.Errorf("said that there is more of the same: %v", told)
			}
		})
	}
}
