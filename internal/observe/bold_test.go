package observe

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// shelf is an application that deletes when a link is followed.
type shelf struct {
	mu    sync.Mutex
	items []string
}

func (s *shelf) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/items/"), "/delete"); ok {
		for i, item := range s.items {
			if item == id {
				s.items = append(s.items[:i:i], s.items[i+1:]...)
				break
			}
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	var page strings.Builder
	for _, item := range s.items {
		page.WriteString("<a href=/items/" + item + "/delete>Delete</a> ")
	}
	html(w, "%s", page.String())
}

// U11: an application that deletes on GET loses one thing of a kind at most, and the
// ledger says which.
func TestADeletionByFollowingALinkIsTold(t *testing.T) {
	s := &shelf{items: []string{"7", "8", "9"}}
	site := look(t, scope.Claim{}, Options{}, s.serve)
	if len(s.items) != 2 || len(site.Mutations) != 1 {
		t.Fatalf("left %v, told %+v", s.items, site.Mutations)
	}
	m := site.Mutations[0]
	if m.Undone || len(m.Changes) != 1 || m.Changes[0].Before != "/items/7/delete" || m.Endpoint.Route != "/items/{id}/delete" || m.Purpose == "" {
		t.Errorf("got %+v", m)
	}
	if i, _ := actionAt(site, "GET /items/{id}/delete"); i < 0 {
		t.Error("the link did not become an action to try")
	}
}

// Elsewhere nothing of the kind is opened without consent.
func TestDeletionsElsewhereNeedConsent(t *testing.T) {
	for consent, left := range map[bool]int{false: 3, true: 2} {
		s := &shelf{items: []string{"7", "8", "9"}}
		site := lookElsewhere(t, Options{Deletes: consent}, s.serve)
		if len(s.items) != left || hasSkip(site, "with consent to deletions", false) == consent {
			t.Errorf("consent %v: left %v, skips %+v", consent, s.items, site.Skips)
		}
	}
}

// A page that asks first, and a link that does nothing, are no change.
func TestAPageThatAsksFirstIsNoChange(t *testing.T) {
	site := look(t, scope.Claim{}, Options{}, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/notes/7/delete":
			html(w, "<form method=post><button>Really delete</button></form>")
		case "/jobs/7/cancel":
			w.WriteHeader(http.StatusMethodNotAllowed)
		default:
			html(w, "<a href=/notes/7/delete>Delete</a> <a href=/jobs/7/cancel>Cancel</a>")
		}
	})
	if len(site.Mutations) > 0 {
		t.Errorf("got %+v", site.Mutations)
	}
}

// lookElsewhere is look at a target that is not on this machine, as far as its name
// tells.
func lookElsewhere(t *testing.T, o Options, h http.HandlerFunc) *Site {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	g, err := scope.Open(t.Context(), scope.Claim{Targets: []string{"http://app.example/"}, Rate: 20, InsecureReason: "a test",
		Mode: scope.Active, Hosts: map[string]string{"app.example:80": srv.Listener.Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	site, err := Collect(t.Context(), g, []*identity.Session{identity.Anonymous(g)}, o)
	if err != nil {
		t.Fatal(err)
	}
	return site
}
