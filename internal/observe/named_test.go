package observe

import (
	"net/http"
	"slices"
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Headers that name an object are told from those that say who asks (R51).
func TestHeadersThatNameAnObject(t *testing.T) {
	for name, row := range map[string]struct {
		header, value string
		want          bool
	}{
		"a number":                {"X-Snippet", "30010001", true},
		"a UUID":                  {"X-Workspace", "0f5c0c1e-4c59-4b9e-8c0f-0d3ee8f0a111", true},
		"called like one":         {"X-Account-Id", "main", true},
		"a token":                 {"X-Csrf-Token", "30010001", false},
		"looks like a token":      {"X-Workspace", "hV7sQ2mZ9kL4xW1bT8", false},
		"a credential":            {"X-Api-Key", "30010001", false},
		"authorization":           {"Authorization", "Bearer 30010001", false},
		"a mark of the script":    {"X-Requested-With", "XMLHttpRequest", false},
		"a word":                  {"X-Theme", "dark", false},
		"the browser's own":       {"Sec-Gpc", "1", false},
		"which document was read": {"If-None-Match", `"30010001"`, false},
	} {
		fields := headerFields(http.Header{row.header: {row.value}})
		if got := len(fields) == 1; got != row.want {
			t.Errorf("%s: got %v", name, fields)
		}
	}
}

func TestIdentifiersInMessages(t *testing.T) {
	for message, want := range map[string][]Reference{
		`{"snippet_id":"30010001"}`:                {{In: "message", Name: "snippet_id", Value: "30010001"}},
		`{"read":[{"order_id":7,"text":"hello"}]}`: {{In: "message", Name: "order_id", Value: "7"}},
		`subscribe room-4711007`:                   {{In: "message", Name: "message", Value: "room-4711007"}},
		`{"pace":"steady"}`:                        nil,
		`{"token":"hV7sQ2mZ9kL4xW1bT8"}`:           nil,
		`hello`:                                    nil,
	} {
		if got := MessageReferences(message); !slices.Equal(got, want) {
			t.Errorf("%s: got %+v", message, got)
		}
	}
}

func FuzzMessageReferences(f *testing.F) {
	for _, seed := range []string{`{"a_id":[{"b":"1"}]}`, `[[[`, "read 30010001", `{"id":1e999}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message string) {
		for _, r := range MessageReferences(message) {
			if r.Value == "" || r.In != "message" {
				t.Errorf("%q: %+v", message, r)
			}
		}
	})
}

func TestNounsOfHeaders(t *testing.T) {
	if got := nounOf(Reference{In: "header", Name: "X-Order-Id", Value: "7"}); got != "order" {
		t.Errorf("got %q", got)
	}
	if refs := References("/api/order", "http://shop.test/api/order", []finding.Field{{Name: "X-Order", In: "header", Type: "text", Value: "7"}}); len(refs) != 1 {
		t.Errorf("got %+v", refs)
	}
}
