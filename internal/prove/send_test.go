package prove

import (
	"testing"

	"github.com/mantlet-dev/mantlet/internal/finding"
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
