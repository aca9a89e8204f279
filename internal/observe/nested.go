package observe

import "github.com/mantlet-dev/mantlet/internal/finding"

// deepestBody is how many objects deep a JSON body's fields are told apart.
const deepestBody = 3

// unlessTwice gives the fields of a body with those of objects within it, at the
// depth it asks for. Fields are told by their names: where two objects hold one of the
// same name, objects stay whole.
func unlessTwice(fields func(depth int) []finding.Field) []finding.Field {
	all := fields(deepestBody)
	names := map[string]bool{}
	for _, f := range all {
		if names[f.Name] {
			return fields(0)
		}
		names[f.Name] = true
	}
	return all
}

// memberFields are the members of an object that stood at place in a request's body.
func memberFields(object map[string]any, place string, depth int) []finding.Field {
	var fields []finding.Field
	for _, name := range sortedKeys(object) {
		if inner, ok := object[name].(map[string]any); ok && depth > 0 && len(inner) > 0 {
			fields = append(fields, memberFields(inner, finding.Within(place, name), depth-1)...)
			continue
		}
		fields = append(fields, finding.Field{Name: name, In: place, Type: jsonType(object[name]), Value: asText(object[name])})
	}
	return fields
}
