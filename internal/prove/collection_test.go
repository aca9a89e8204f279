package prove

import (
	"slices"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func TestWhatACollectionHolds(t *testing.T) {
	for route, want := range map[string]string{"/payees/{id}/delete": "/payees", "/payees/{id}": "/payees", "/bmi/{id}/delete/": "/bmi", "/payees/delete": "/payees",
		"/posts/{slug}/notes/{id}": "/posts/{slug}/notes", "/posts/{slug}/favourite": "", "/delete/{id}": "", "/payees": "/payees"} {
		if got := collection(route); got != want {
			t.Errorf("%s: %q, want %q", route, got, want)
		}
	}
	if got := within(finding.Action{Route: "/posts/{slug}/notes/{id}", URL: "http://x.test/posts/a/notes/7"}); got != "/posts/a/notes" {
		t.Errorf("within %q", got)
	}
	for place, want := range map[string]string{"/bmi/add/": "/bmi", "/notes/new": "/notes", "/notes/": "/notes", "/notes": "/notes"} {
		if got := addsTo(place); got != want {
			t.Errorf("%s: %q, want %q", place, got, want)
		}
	}
}

// What an object is called in addresses is the member that is called like the placeholder
// before its key is.
func TestWhichIdentifierAppeared(t *testing.T) {
	changes := []finding.Change{{Where: "GET /articles $.articles[id=6].body", After: "mtl1"}, {Where: "GET /articles $.articles[id=6].slug", After: "an-article"},
		{Where: "GET /posts/a/notes link", After: "/posts/a/notes/77"}}
	for route, want := range map[string]string{"/articles/{slug}": "an-article", "/articles/{id}": "6", "/posts/{slug}/notes/{id}": "77"} {
		if got := candidateIDs(route, changes, "mtl1"); !slices.Contains(got, want) || got[0] != want {
			t.Errorf("%s: %q, want %q first", route, got, want)
		}
	}
}
