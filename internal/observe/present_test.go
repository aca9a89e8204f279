package observe

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A documented update starts from what its address shows, in an object of the same name
// or in the only one there is; what is not set is not sent, unless it has to be.
func TestUpdatesStartFromWhatStands(t *testing.T) {
	fields := []finding.Field{{Name: "bio", In: "body/user", Value: "sample"}, {Name: "image", In: "body/user", Value: "https://example.test/"},
		{Name: "plan", In: "body/user", Value: "sample", Required: true}, {Name: "other", In: "body/user", Value: "sample"}, {Name: "bio", In: "query", Value: "q"},
		{Name: "password", In: "body/user", Type: "password", Value: "p"}}
	for _, answer := range []string{`{"user": {"bio": "writes", "image": null, "plan": null, "password": "x"}}`, `{"profile": {"bio": "writes", "image": null, "plan": null}}`,
		`{"bio": "writes", "image": null, "plan": null, "id": 7}`} {
		var doc map[string]any
		if err := json.Unmarshal([]byte(answer), &doc); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range standing(fields, doc) {
			got += fmt.Sprintf("%s %s=%s; ", f.In, f.Name, f.Value)
		}
		if want := "body/user bio=writes; body/user plan=; body/user other=sample; query bio=q; body/user password=p; "; got != want {
			t.Errorf("%s:\n%s, want\n%s", answer, got, want)
		}
	}
}
