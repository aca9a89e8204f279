package observe

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A graphOperation is one thing that a GraphQL endpoint does: a field of its query or
// mutation type. It is told from others by its name behind the path: /graphql#note.
type graphOperation struct {
	endpoint string
	kind     string // query or mutation
	name     string // of the field
	document string
	leaves   []graphLeaf
	returns  string // type of the answer, "" if unknown
	source   string // script, har or graphql
	page     string
}

// A graphLeaf is a plain value among an operation's variables.
type graphLeaf struct {
	path     string // members joined by dots: input.title
	kind     string // as the Type of a field
	options  []string
	value    string // as seen in a request, "" if in none
	required bool
	id       bool
}

func (l graphLeaf) name() string { return l.path[strings.LastIndexByte(l.path, '.')+1:] }

// refers says whether the value names an object.
func (l graphLeaf) refers() bool { return l.id || l.kind != "array" && IsIdentifierName(l.name()) }

func (o graphOperation) route() string { return pathOf(o.endpoint) + "#" + o.name }

// address tells what the operation asks for from the same asked for other objects.
func (o graphOperation) address(fields []finding.Field) string {
	u, err := url.Parse(o.endpoint)
	if err != nil {
		return o.endpoint
	}
	var values []string
	for _, f := range fields {
		if f.In == "variables" && IsIdentifierName(f.Name) {
			values = append(values, f.Value)
		}
	}
	u.Fragment = o.name
	if len(values) > 0 {
		u.Fragment += "(" + strings.Join(values, ",") + ")"
	}
	return u.String()
}

// action is the operation as a request; false if a value that it needs is not known.
func (o graphOperation) action(seen []graphObject) (finding.Action, bool) {
	fields := []finding.Field{{Name: "query", Type: "document", Value: o.document, Required: true}}
	about := o.object(seen)
	for _, l := range o.leaves {
		value, known := l.fill(about, seen)
		switch {
		case !known && l.required:
			return finding.Action{}, false
		case known:
			kind := l.kind
			if kind == "string" && isPasswordName(l.name()) {
				kind, value = "password", ""
			}
			fields = append(fields, finding.Field{Name: l.path, In: "variables", Type: kind, Value: value, Options: l.options, Required: l.required})
		}
	}
	return finding.Action{Method: "POST", URL: o.address(fields), Route: o.route(), Encoding: finding.EncodingJSON, Fields: fields,
		Page: o.page, Source: o.source}, true
}

// A graphObject is an object that a session was shown in an answer, by the member it
// stood under and the plain members it has.
type graphObject struct {
	noun    string
	kind    string // type of the answer it stood in, where it is the answer itself
	members map[string]string
}

func (g graphObject) id() string { return cmp.Or(g.members["id"], g.members["uuid"], g.members["_id"]) }

// object is what the operation may be about: the first of its kind that was seen.
func (o graphOperation) object(seen []graphObject) *graphObject {
	noun := graphNoun(o.name)
	for _, l := range o.leaves {
		if l.refers() && l.name() != "id" && l.name() != "uuid" {
			noun = nounOf(Reference{Name: strings.ToLower(l.name())})
		}
	}
	for i, g := range seen {
		if g.id() != "" && (g.noun == noun || o.returns != "" && g.kind == o.returns) {
			return &seen[i]
		}
	}
	return nil
}

// fill gives a value: what a request was seen to carry, what the object that is
// meant has there, or else something of the kind.
func (l graphLeaf) fill(about *graphObject, seen []graphObject) (string, bool) {
	if l.value != "" {
		return l.value, true
	}
	if about != nil {
		if v, ok := about.members[l.name()]; ok {
			return v, true
		}
		if l.refers() {
			return about.id(), true
		}
	}
	if l.refers() {
		for _, g := range seen {
			if v := g.members[l.name()]; v != "" && l.name() != "id" {
				return v, true
			}
		}
		return "", false
	}
	switch {
	case len(l.options) > 0:
		return l.options[0], true
	case l.kind == "boolean":
		return "true", true
	case l.kind == "integer", l.kind == "number":
		return "1", true
	case l.kind == "array":
		return "[]", l.required
	}
	for name, text := range formats {
		if strings.Contains(strings.ToLower(l.name()), name) && len(name) > 3 {
			return text, true
		}
	}
	return "sample", true
}

// verbs are words of an operation's name that are not what it is about.
var verbs = wordsOf("get fetch find read show load list all my me by id the one create add new update edit change set save put delete remove query")

// graphNoun is what an operation is about, by its name: "note" of updateNote.
func graphNoun(name string) string {
	words := strings.FieldsFunc(strings.ToLower(humps.ReplaceAllString(name, "${1}_$2")), func(r rune) bool { return r == '_' })
	words = slices.DeleteFunc(words, func(w string) bool { return verbs[w] })
	return singular(strings.Join(words, ""))
}

// SameNoun says whether two operations are about the same kind of thing, by their
// names.
func SameNoun(a, b string) bool { return graphNoun(a) == graphNoun(b) }

// A graphRequest is the body of a request to a GraphQL endpoint.
type graphRequest struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables"`
}

// operationsOf are the operations in the body of a request that was seen: one, or
// none if it is no GraphQL.
func operationsOf(endpoint, page, source string, body []byte) []graphOperation {
	var request graphRequest
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&request) != nil {
		return nil
	}
	o, ok := readDocument(request.Query)
	if !ok {
		return nil
	}
	o.endpoint, o.page, o.source, o.document = endpoint, page, source, request.Query
	o.leaves = variableLeaves(nil, "", request.Variables, 0)
	return []graphOperation{o}
}

// isOperation says whether a request is a GraphQL operation that is known as such.
func isOperation(rawURL string, body []byte) bool {
	return isGraphQL(rawURL) && len(operationsOf(rawURL, "", "script", body)) > 0
}

func variableLeaves(leaves []graphLeaf, path string, values map[string]any, depth int) []graphLeaf {
	for _, name := range sortedKeys(values) {
		at := strings.TrimPrefix(path+"."+name, ".")
		leaf := graphLeaf{path: at, required: true}
		switch v := values[name].(type) {
		case map[string]any:
			if depth < deepestInput {
				leaves = variableLeaves(leaves, at, v, depth+1)
			}
			continue
		case string:
			leaf.kind, leaf.value = "string", v
		case json.Number:
			leaf.kind, leaf.value = "number", v.String()
		case bool:
			leaf.kind, leaf.value = "boolean", map[bool]string{true: "true", false: "false"}[v]
		case []any:
			leaf.kind, leaf.value = "array", asText(v)
		default:
			continue
		}
		leaves = append(leaves, leaf)
	}
	return leaves
}

var (
	// documentHead is how a document begins: its kind, its name, its variables, and the
	// field it asks for, which may have an alias.
	documentHead = regexp.MustCompile(`^\s*(?:#[^\n]*\n\s*)*(?:(query|mutation)\b\s*(?:[A-Za-z_]\w*)?\s*(?:\(([^)]*)\))?)?\s*\{\s*(?:[A-Za-z_]\w*\s*:\s*)?([A-Za-z_]\w*)`)
	variable     = regexp.MustCompile(`\$([A-Za-z_]\w*)\s*:\s*(\[?)\s*([A-Za-z_]\w*)[!\s\]]*?(!?)\s*(?:,|=|$|\n|\$)`)
	// spelledDocument is a document that a script spells out in quotes.
	spelledDocument = regexp.MustCompile("(?s)[`\"']\\s*((?:query|mutation)\\b[^`\"']+?\\})\\s*[`\"']")
)

// readDocument tells what a document asks for; false if it is none that is
// understood here, such as one with several operations.
func readDocument(document string) (graphOperation, bool) {
	m := documentHead.FindStringSubmatch(document)
	if m == nil || strings.HasPrefix(m[3], "__") {
		return graphOperation{}, false
	}
	return graphOperation{kind: cmp.Or(m[1], "query"), name: m[3], document: document}, true
}

// spelledOperations are those whose documents a script spells out, with the
// variables that they declare; those with types that nothing tells of are left out.
func spelledOperations(endpoint, page, script string) []graphOperation {
	var list []graphOperation
	for _, m := range spelledDocument.FindAllStringSubmatch(script, mostOperations) {
		o, ok := readDocument(m[1])
		if !ok || strings.Contains(m[1], "${") {
			continue
		}
		o.endpoint, o.page, o.source = endpoint, page, "script"
		if o.leaves, ok = declared(documentHead.FindStringSubmatch(m[1])[2]); ok {
			list = append(list, o)
		}
	}
	return list
}

func declared(variables string) ([]graphLeaf, bool) {
	var leaves []graphLeaf
	for _, m := range variable.FindAllStringSubmatch(variables+"\n", 50) {
		leaf := graphLeaf{path: m[1], kind: graphKinds[m[3]], required: strings.HasSuffix(strings.TrimRight(m[0], ",\n $"), "!"), id: m[3] == "ID"}
		switch {
		case m[2] != "":
			leaf.kind = "array"
		case leaf.kind == "" && leaf.required:
			return nil, false
		case leaf.kind == "":
			continue
		}
		leaves = append(leaves, leaf)
	}
	return leaves, true
}
