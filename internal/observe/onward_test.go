package observe

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/scope"
)

// What a page's script changes or deletes by its address is looked at, too: the GET of
// a resource is often open where its page is not (R51). What is only posted to is not.
func TestResourcesOfScriptsAreLookedAt(t *testing.T) {
	site := look(t, scope.Claim{}, Options{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		html(w, `<script>fetch("/api/readings/70010001", {method: "PATCH"}); fetch("/api/notes/70010002", {method: "DELETE"});
			fetch("/api/remove/1", {method: "DELETE"}); fetch("/api/letters", {method: "POST"})</script>`)
	})
	var asked []string
	for _, x := range site.Exchanges {
		if u, err := url.Parse(x.URL); err == nil && x.Purpose == "script" {
			asked = append(asked, u.Path)
		}
	}
	slices.Sort(asked)
	if want := []string{"/api/notes/70010002", "/api/readings/70010001"}; !slices.Equal(asked, want) {
		t.Errorf("looked at %q, want %q", asked, want)
	}
}
