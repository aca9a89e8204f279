package check

import (
	"testing"

	"github.com/mantlet-dev/mantlet/internal/observe"
)

func FuzzProperties(f *testing.F) {
	f.Add(`{"a":[{"role":"x","b":{"c":1}}],"d":null}`, "<dl><dt>Role</dt><dd>member</dd></dl>")
	f.Add("[", "<p>Plan: free<br>")
	f.Fuzz(func(t *testing.T, json, page string) {
		for _, p := range properties(&observe.Exchange{Type: "application/json", Body: []byte(json)}) {
			if p.kind == "" {
				t.Errorf("a property of no kind: %+v", p)
			}
		}
		for _, p := range labelled(&observe.Exchange{Type: "text/html", Body: []byte(page)}, func(string) bool { return true }) {
			if p.name == "" || p.value == "" {
				t.Errorf("a label without a name or a value: %+v", p)
			}
		}
		storedToken(page)
	})
}
