package observe

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// ownNames are what applications call the identities that saw the views: the names of
// their logins, and those that answers give next to them.
func ownNames(views []*view, logins map[string][]string) []string {
	names := []string{}
	add := func(all []string) {
		for _, n := range all {
			if len(n) > 2 && !allDigits(n) && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	for _, v := range views {
		who := logins[v.exchange.Identity]
		add(who)
		var doc any
		if len(who) > 0 && v.exchange.Status == 200 && isJSON(v.exchange.Type) && len(v.body) <= largestList && json.Unmarshal(v.body, &doc) == nil {
			add(selfIn(doc, who, 0))
		}
	}
	return names
}

// itemsOf is an answer with only those items of its lists that name one of names.
func itemsOf(doc any, names []string, depth int) any {
	if depth > 3 {
		return nil
	}
	switch doc := doc.(type) {
	case []any:
		return slices.DeleteFunc(slices.Clone(doc), func(item any) bool { return !mentions(item, names, 0) })
	case map[string]any:
		kept := map[string]any{}
		for key, member := range doc {
			switch member.(type) {
			case []any, map[string]any:
				kept[key] = itemsOf(member, names, depth+1)
			}
		}
		return kept
	}
	return nil
}

// mentions says whether a member of an item, or of an object in it, is one of names.
func mentions(item any, names []string, depth int) bool {
	object, ok := item.(map[string]any)
	if !ok || depth > 2 {
		return false
	}
	for _, member := range object {
		if text, ok := member.(string); ok && slices.Contains(names, text) || mentions(member, names, depth+1) {
			return true
		}
	}
	return false
}

// longestPage is the value of a parameter that says how many items a list shows: what
// was made last mostly stands on its last page. "" for other parameters.
func longestPage(p *openapi3.Parameter) string {
	name := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(p.Name))
	if !slices.Contains([]string{"limit", "pagesize", "perpage", "size", "maxresults"}, name) || p.Schema == nil || p.Schema.Value == nil {
		return ""
	}
	s := notNull(p.Schema.Value)
	if kind := typeOf(s); kind != "integer" && kind != "number" {
		return ""
	}
	most := 100.0
	if s.Max != nil {
		most = min(most, *s.Max)
	}
	if s.Min != nil {
		most = max(most, *s.Min)
	}
	return asText(most)
}
