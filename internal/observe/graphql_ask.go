package observe

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/markup"
)

// askQueries asks the queries as an identity: first those that need no object, and
// then for the objects that these showed. It gives all that was shown.
func (c *collector) askQueries(s *identity.Session, operations []graphOperation) []graphObject {
	var objects []graphObject
	for _, later := range []bool{false, true} {
		found := slices.Clone(objects)
		for _, o := range operations {
			if o.kind != "query" || o.soundsLikeChange() || later != slices.ContainsFunc(o.leaves, graphLeaf.refers) || c.stopped != nil {
				continue
			}
			for _, a := range o.asked(objects) {
				found = append(found, c.askQuery(s, o, a)...)
			}
		}
		objects = found
	}
	return objects
}

// soundsLikeChange says whether a query is called like something that changes: it is
// not asked.
func (o graphOperation) soundsLikeChange() bool {
	address := "/" + strings.ToLower(humps.ReplaceAllString(o.name, "${1}-$2"))
	return markup.IsLogout(address, "") || markup.NamesChange(address)
}

// asked are the requests of a query, one for each object that it may be about.
func (o graphOperation) asked(objects []graphObject) []finding.Action {
	var list []finding.Action
	for i := range max(len(objects), 1) {
		a, ok := o.action(objects[min(i, len(objects)):])
		if ok && len(list) < mostAsked && !slices.ContainsFunc(list, func(b finding.Action) bool { return b.URL == a.URL }) {
			list = append(list, a)
		}
	}
	return list
}

// askQuery asks one and keeps the answer, if it is one, as what the identity was
// shown.
func (c *collector) askQuery(s *identity.Session, o graphOperation, a finding.Action) []graphObject {
	body, err := GraphQLBody(a.Fields)
	if err != nil {
		return nil
	}
	v, err := c.postGraphQL(s, o.endpoint, body)
	if err != nil {
		c.noteFailure(&view{visit: visit{url: a.URL}, err: err})
		return nil
	}
	data := answerData(v.body)
	if data == nil {
		return nil // refused, or nothing is there
	}
	v.exchange.URL, v.exchange.Route, v.exchange.Asked, v.exchange.Body = a.URL, a.Route, body, v.body
	if c.kept += len(v.body); c.kept > keptBodies && len(v.body) > keptStart {
		v.exchange.Body, v.exchange.Cut = v.body[:keptStart:keptStart], true
	}
	c.views = append(c.views, v)
	if !slices.ContainsFunc(c.site.Reads, func(b finding.Action) bool { return b.URL == a.URL }) {
		c.site.Reads = append(c.site.Reads, a)
	}
	objects := graphObjects(nil, graphNoun(o.name), data, 0)
	for i := range objects {
		if objects[i].noun == graphNoun(o.name) {
			objects[i].kind = o.returns
		}
	}
	return objects
}

// answerData is what an answer holds under data, below the names of the fields that
// were asked for; nil if it holds nothing.
func answerData(body []byte) map[string]any {
	var answer struct{ Data map[string]any }
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	if decoder.Decode(&answer) != nil {
		return nil
	}
	for name, value := range answer.Data {
		if value == nil {
			delete(answer.Data, name)
		}
	}
	if len(answer.Data) == 0 {
		return nil
	}
	return answer.Data
}

// graphObjects are the objects in an answer, each with the noun it stood under.
func graphObjects(found []graphObject, noun string, doc any, depth int) []graphObject {
	if depth > deepest {
		return found
	}
	switch doc := doc.(type) {
	case []any:
		for _, item := range doc {
			found = graphObjects(found, noun, item, depth+1)
		}
	case map[string]any:
		members := map[string]string{}
		for _, key := range sortedKeys(doc) {
			switch member := doc[key].(type) {
			case string:
				members[key] = member
			case json.Number:
				members[key] = member.String()
			case bool:
				members[key] = map[bool]string{true: "true", false: "false"}[member]
			case map[string]any, []any:
				found = graphObjects(found, graphNoun(key), member, depth+1)
			}
		}
		if len(members) > 0 {
			found = append(found, graphObject{noun: noun, members: members})
		}
	}
	return found
}

// GraphQLBody is the body of a request that sends an operation: fields of the place
// "variables" by their paths, and the others as they are.
func GraphQLBody(fields []finding.Field) ([]byte, error) {
	body, variables := map[string]any{}, map[string]any{}
	for _, f := range fields {
		switch f.In {
		case "variables":
			Nest(variables, f.Name, typedValue(f.Type, f.Value))
		case "", "body":
			body[f.Name] = f.Value
		}
	}
	if len(variables) > 0 {
		body["variables"] = variables
	}
	return json.Marshal(body)
}

// Nest puts a value into an object at a path of members joined by dots.
func Nest(object map[string]any, path string, value any) {
	head, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		object[head] = value
		return
	}
	inner, ok := object[head].(map[string]any)
	if !ok {
		inner = map[string]any{}
		object[head] = inner
	}
	Nest(inner, rest, value)
}

func typedValue(kind, text string) any {
	switch kind {
	case "integer", "number", "boolean", "array", "object":
		if json.Valid([]byte(text)) {
			return json.RawMessage(text)
		}
	}
	return text
}
