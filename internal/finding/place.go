package finding

import "strings"

// pointed undoes how RFC 6901 writes names within a pointer, and points does it.
var (
	pointed = strings.NewReplacer("~1", "/", "~0", "~")
	points  = strings.NewReplacer("~", "~0", "/", "~1")
)

// InBody says whether a place (Field.In) is the request's body, and which members of a
// JSON body lead to the object that holds the field: none for the body itself.
func InBody(place string) (within []string, ok bool) {
	if place == "" || place == "body" {
		return nil, true
	}
	rest, ok := strings.CutPrefix(place, "body/")
	if !ok {
		return nil, false
	}
	for _, name := range strings.Split(rest, "/") {
		within = append(within, pointed.Replace(name))
	}
	return within, true
}

// Within is the place of what an object holds that is itself the member name of place.
func Within(place, name string) string {
	if place == "" {
		place = "body"
	}
	return place + "/" + points.Replace(name)
}

// BodyPlace is where in the body most of the action's fields travel: where a field
// would stand that the action does not offer.
func (a Action) BodyPlace() string {
	count, most := map[string]int{}, "body"
	for _, f := range a.Fields {
		if within, ok := InBody(f.In); ok {
			place := "body"
			if len(within) > 0 {
				place = f.In
			}
			if count[place]++; count[place] > count[most] {
				most = place
			}
		}
	}
	return most
}

// Put puts a value into an object under name, as deep as within leads.
func Put(object map[string]any, within []string, name string, value any) {
	for _, step := range within {
		inner, ok := object[step].(map[string]any)
		if !ok {
			inner = map[string]any{}
			object[step] = inner
		}
		object = inner
	}
	object[name] = value
}
