package observe

import (
	"encoding/json"
	"net/http"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// asItStands gives an action that replaces something, and that is only known from a
// document, the values that the same address showed an identity: an example written in
// the document's place of a name would rename what is there.
func (c *collector) asItStands(a finding.Action) finding.Action {
	if a.Method != http.MethodPut && a.Method != http.MethodPatch {
		return a
	}
	for _, s := range c.sessions {
		v := c.byURL[viewKey(s.Name(), a.URL)]
		if s.IsAnonymous() || v == nil || v.exchange.Status != http.StatusOK || !isJSON(v.exchange.Type) || len(v.body) > largestList {
			continue
		}
		var doc map[string]any
		if json.Unmarshal(v.body, &doc) != nil {
			continue
		}
		a.Fields = standing(a.Fields, doc)
		return a
	}
	return a
}

// standing gives fields the values that doc shows. What is not set and need not be is
// left out: there would be no way back to that.
func standing(fields []finding.Field, doc map[string]any) []finding.Field {
	var kept []finding.Field
	for _, f := range fields {
		within, inBody := finding.InBody(f.In)
		if value, ok := shownAt(doc, within, f.Name); inBody && ok && f.Type != "password" {
			if value == nil && !f.Required {
				continue
			}
			f.Value = asText(value)
		}
		kept = append(kept, f)
	}
	return kept
}

// shownAt is the member of an answer that a field sets: where the field stands in the
// request, or in the answer's only object.
func shownAt(doc map[string]any, within []string, name string) (any, bool) {
	object := doc
	for _, step := range within {
		inner, ok := object[step].(map[string]any)
		if !ok {
			object = nil
			break
		}
		object = inner
	}
	if value, ok := object[name]; ok {
		return value, true
	}
	if len(doc) == 1 {
		for _, member := range doc {
			if inner, ok := member.(map[string]any); ok {
				value, ok := inner[name]
				return value, ok
			}
		}
	}
	value, ok := doc[name]
	return value, ok
}
