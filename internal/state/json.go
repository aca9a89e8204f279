package state

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxDepth bounds how deep an answer is followed; what lies deeper is kept as text.
const maxDepth = 24

// idMembers are the members that tell the objects of an array apart, best first.
var idMembers = []string{"id", "_id", "uuid", "key", "slug", "username", "name", "code"}

// FlattenJSON gives the facts of a JSON document, each keyed by source and path:
// "GET /api/me $.email". Objects in an array are keyed by an id-like member if
// every one has its own, so that their order does not matter; other arrays by
// index. Several values in a row (JSON Lines) are an array. What is not JSON is an error.
func FlattenJSON(source string, body []byte) (Snapshot, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var values []any
	for {
		var v any
		err := decoder.Decode(&v)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read %s as JSON: %w", source, err)
		}
		values = append(values, v)
	}
	facts := Snapshot{}
	switch len(values) {
	case 0:
	case 1:
		flatten(facts, source+" $", values[0], 0)
	default:
		flatten(facts, source+" $", values, 0)
	}
	return facts, nil
}

func flatten(facts Snapshot, path string, v any, depth int) {
	if depth > maxDepth {
		facts.set(path, fmt.Sprint(v))
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			flatten(facts, path+"."+name, member, depth+1)
		}
		if len(v) == 0 {
			facts.set(path, "{}")
		}
	case []any:
		flattenArray(facts, path, v, depth)
	default:
		facts.set(path, scalar(v))
	}
}

func flattenArray(facts Snapshot, path string, list []any, depth int) {
	if len(list) == 0 {
		facts.set(path, "[]")
		return
	}
	member := keyMember(list)
	for i, element := range list {
		key := strconv.Itoa(i)
		switch object, isObject := element.(map[string]any); {
		case isObject && member != "":
			key = member + "=" + scalar(object[member])
		case !isObject && isScalar(element):
			facts.add(path+"[]", scalar(element))
			continue
		}
		flatten(facts, path+"["+key+"]", element, depth+1)
	}
}

// keyMember is the first id-like member that every object of the list has with a
// value of its own, "" if there is none.
func keyMember(list []any) string {
	for _, name := range candidateMembers(list[0]) {
		seen := map[string]bool{}
		for _, element := range list {
			object, _ := element.(map[string]any)
			id, ok := object[name]
			if !ok || !isScalar(id) || id == nil {
				break
			}
			seen[scalar(id)] = true
		}
		if len(seen) == len(list) {
			return name
		}
	}
	return ""
}

// candidateMembers adds to the usual names those that end like one: payee_id.
func candidateMembers(first any) []string {
	object, _ := first.(map[string]any)
	names := append([]string(nil), idMembers...)
	var more []string
	for name := range object {
		if strings.HasSuffix(name, "_id") || strings.HasSuffix(name, "Id") {
			more = append(more, name)
		}
	}
	// Only an unambiguous one: which of two foreign keys is the object's own cannot be told.
	if len(more) == 1 {
		names = append(names[:4:4], append(more, names[4:]...)...)
	}
	return names
}

func isScalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return fmt.Sprint(v)
}
