package check

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// A property is one member of an object that an answer shows.
type property struct {
	name, kind, value string
	where             string // "GET /api/me $.role"
}

// deepest is how far objects within objects are followed.
const deepest = 5

// properties are the members with plain values in a JSON answer, in order of their
// names. Those of the objects of a list are given once.
func properties(x *observe.Exchange) []property {
	if x.Type != finding.EncodingJSON && !strings.HasSuffix(x.Type, "+json") || x.Cut {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(x.Body)))
	d.UseNumber()
	var doc any
	if d.Decode(&doc) != nil {
		return nil
	}
	var list []property
	members(doc, x.Method+" "+x.Route+" $", 0, func(p property) {
		if !slices.ContainsFunc(list, func(q property) bool { return q.where == p.where }) {
			list = append(list, p)
		}
	})
	return list
}

func members(doc any, where string, depth int, found func(property)) {
	if depth > deepest {
		return
	}
	switch doc := doc.(type) {
	case []any:
		for _, item := range doc {
			members(item, where+"[]", depth+1, found)
		}
	case map[string]any:
		for _, name := range sortedNames(doc) {
			if kind, value := plain(doc[name]); kind != "" {
				found(property{name, kind, value, where + "." + name})
			} else {
				members(doc[name], where+"."+name, depth+1, found)
			}
		}
	}
}

func sortedNames(object map[string]any) []string {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// plain is the type and text of a value that is no object and no list.
func plain(v any) (kind, text string) {
	switch v := v.(type) {
	case string:
		return "string", v
	case json.Number:
		return "number", v.String()
	case bool:
		return "boolean", strconv.FormatBool(v)
	case nil:
		return "null", ""
	}
	return "", ""
}

var (
	dressed = regexp.MustCompile(`(?s)<(script|style)\b.*?</(?:script|style)>`)
	cells   = regexp.MustCompile(`<(?:dt|th|td|label|strong|b|span|li|p|div)\b[^>]*>\s*([A-Za-z][A-Za-z _-]{1,30}?)\s*(?::\s*(?:<[^>]*>\s*)*|(?:<[^>]*>\s*)+)([^<>\s][^<>]{0,40}?)\s*<`)
)

// labelled are the values that a page shows behind a label that one of names fits:
// "Role: member", a cell headed Plan.
func labelled(x *observe.Exchange, known func(name string) bool) []property {
	if x.Type != "text/html" || x.Cut {
		return nil
	}
	var list []property
	text := dressed.ReplaceAll(x.Body, nil)
	for _, m := range cells.FindAllSubmatch(text, -1) {
		label, value := string(m[1]), string(m[2])
		name := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(label)), " ", "_")
		name = strings.ReplaceAll(name, "-", "_")
		if known(name) && !slices.ContainsFunc(list, func(p property) bool { return p.name == name }) {
			list = append(list, property{name, kindOf(value), value, x.Method + " " + x.Route + " " + name})
		}
	}
	return list
}

func kindOf(value string) string {
	switch strings.ToLower(value) {
	case "true", "false", "yes", "no", "on", "off":
		return "boolean"
	}
	if _, err := strconv.ParseFloat(value, 64); err == nil {
		return "number"
	}
	return "string"
}
