package prove

import (
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// What stands within objects of a JSON body is sent there, and a field that is added
// stands beside the others.
func TestBodiesWithObjects(t *testing.T) {
	s := submission{method: "POST", encoding: finding.EncodingJSON, asJSON: true, values: []value{
		{name: "title", in: "body/article", kind: "string", text: "mtl1"}, {name: "tags", in: "body/article", kind: "array", text: `["a"]`},
		{name: "city", in: "body/article/place", kind: "string", text: "Ulm"}, {name: "page", in: "query", text: "2"}, {name: "draft", kind: "boolean", text: "true"}}}
	if body, _ := s.body(); string(body) != `{"article":{"place":{"city":"Ulm"},"tags":["a"],"title":"mtl1"},"draft":true}` {
		t.Errorf("sent as %s", body)
	}
}

// What an earlier run left where it was not looked for then is not how things were before.
func TestWhatARunLeftIsNotHowItWasBefore(t *testing.T) {
	s := &subject{marks: []string{"mtl1"}}
	if left := s.withoutMarks(state.Snapshot{"a": "theirs", "b": "of MTL1 too"}); len(left) != 1 || left["a"] != "theirs" {
		t.Errorf("%v", left)
	}
}
