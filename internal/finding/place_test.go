package finding

import (
	"encoding/json"
	"slices"
	"testing"
)

// A field knows in which object of a JSON body it stands, whatever that is called.
func TestPlacesInTheBody(t *testing.T) {
	deep := Within(Within("", "a/b"), "c~d")
	for place, want := range map[string][]string{"": nil, "body": nil, Within("", "user"): {"user"}, Within("body", "user"): {"user"}, deep: {"a/b", "c~d"}} {
		if got, ok := InBody(place); !ok || !slices.Equal(got, want) {
			t.Errorf("InBody(%q) = %q, %v; want %q", place, got, ok, want)
		}
	}
	for _, place := range []string{"query", "path", "header", "variables", "bodyguard"} {
		if _, ok := InBody(place); ok {
			t.Errorf("%q is taken for the body", place)
		}
	}
	object := map[string]any{"user": "x"}
	Put(object, []string{"user", "address"}, "city", "Ulm")
	Put(object, []string{"user"}, "name", "ann")
	Put(object, nil, "top", 1)
	if text, _ := json.Marshal(object); string(text) != `{"top":1,"user":{"address":{"city":"Ulm"},"name":"ann"}}` {
		t.Errorf("put together: %s", text)
	}
}

// What is added to a request stands beside what it offers.
func TestWhereMostFieldsStand(t *testing.T) {
	wrapped := []Field{{Name: "id", In: "path"}, {Name: "email", In: "body/user"}, {Name: "bio", In: "body/user"}, {Name: "v"}}
	for want, fields := range map[string][]Field{"body/user": wrapped, "body": {{Name: "email"}, {Name: "bio", In: "body"}}} {
		if got := (Action{Fields: fields}).BodyPlace(); got != want {
			t.Errorf("%v: %q, want %q", fields, got, want)
		}
	}
}
