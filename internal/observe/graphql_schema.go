package observe

import (
	"encoding/json"
	"slices"
	"strings"
)

// schemaQuery asks a GraphQL endpoint for its schema (GraphQL, section 4).
const schemaQuery = `query{__schema{queryType{name} mutationType{name} types{kind name fields{name args{name type{...T}} type{...T}} ` +
	`inputFields{name type{...T}} enumValues{name}}}} fragment T on __Type{kind name ofType{kind name ofType{kind name ofType{kind name}}}}`

// A graphSchema is what a GraphQL endpoint says of itself.
type graphSchema struct {
	query, mutation string // names of types, "" if there is none
	types           map[string]graphType
}

type graphType struct {
	Kind        string
	Name        string
	Fields      []graphField
	InputFields []graphField
	EnumValues  []struct{ Name string }
}

// A graphField is a field of a type, or an argument, or a member of an input object.
type graphField struct {
	Name string
	Args []graphField
	Type typeRef
}

// A typeRef is a type with the lists and the exclamation marks around it.
type typeRef struct {
	Kind, Name string
	OfType     *typeRef
}

// readSchema reads the answer to schemaQuery; false if it is none.
func readSchema(body []byte) (graphSchema, bool) {
	var answer struct {
		Data *struct {
			Schema *struct {
				QueryType, MutationType *struct{ Name string }
				Types                   []graphType
			} `json:"__schema"`
		}
	}
	if json.Unmarshal(body, &answer) != nil || answer.Data == nil || answer.Data.Schema == nil {
		return graphSchema{}, false
	}
	s := graphSchema{types: map[string]graphType{}}
	if q := answer.Data.Schema.QueryType; q != nil {
		s.query = q.Name
	}
	if m := answer.Data.Schema.MutationType; m != nil {
		s.mutation = m.Name
	}
	for _, t := range answer.Data.Schema.Types {
		s.types[t.Name] = t
	}
	return s, true
}

// base is the type without what is around it.
func (t typeRef) base() typeRef {
	for t.OfType != nil {
		t = *t.OfType
	}
	return t
}

func (t typeRef) required() bool { return t.Kind == "NON_NULL" }

func (t typeRef) isList() bool {
	for ; t.OfType != nil; t = *t.OfType {
		if t.Kind == "LIST" {
			return true
		}
	}
	return false
}

// String writes a type as a document does.
func (t typeRef) String() string {
	switch {
	case t.OfType == nil:
		return t.Name
	case t.Kind == "NON_NULL":
		return t.OfType.String() + "!"
	case t.Kind == "LIST":
		return "[" + t.OfType.String() + "]"
	}
	return t.OfType.String()
}

const (
	// mostSelected is how many fields of an object are asked for.
	mostSelected = 16
	// deepestInput is how far input objects within input objects are filled in.
	deepestInput = 3
	// mostLeaves is how many values one operation takes: input objects may hold each
	// other many times over.
	mostLeaves = 200
)

// selection asks for the plain fields of a type and of the objects directly below
// it; "" for a type that has no fields.
func (s graphSchema) selection(of typeRef, depth int) string {
	t := s.types[of.base().Name]
	if len(t.Fields) == 0 {
		if t.Kind == "UNION" {
			return "{__typename}"
		}
		return ""
	}
	var names []string
	for _, f := range t.Fields {
		if len(names) == mostSelected {
			break
		}
		if slices.ContainsFunc(f.Args, func(a graphField) bool { return a.Type.required() }) {
			continue
		}
		kind := f.Type.base().Kind
		switch {
		case kind == "SCALAR" || kind == "ENUM":
			names = append(names, f.Name)
		case kind == "OBJECT" && depth > 0:
			names = append(names, f.Name+s.selection(f.Type, depth-1))
		}
	}
	if len(names) == 0 {
		names = []string{"__typename"}
	}
	return "{" + strings.Join(names, " ") + "}"
}

// operations are the fields of the schema's query and mutation types, as documents
// that name every argument in a variable.
func (s graphSchema) operations(endpoint string) []graphOperation {
	var list []graphOperation
	for _, root := range []struct{ kind, name string }{{"mutation", s.mutation}, {"query", s.query}} {
		if root.name == "" {
			continue
		}
		for _, f := range s.types[root.name].Fields {
			list = append(list, s.operation(endpoint, root.kind, f))
		}
	}
	return list
}

func (s graphSchema) operation(endpoint, kind string, f graphField) graphOperation {
	o := graphOperation{endpoint: endpoint, kind: kind, name: f.Name, source: "graphql", returns: f.Type.base().Name}
	var declared, passed []string
	left := mostLeaves
	for _, a := range f.Args {
		declared = append(declared, "$"+a.Name+": "+a.Type.String())
		passed = append(passed, a.Name+": $"+a.Name)
		o.leaves = append(o.leaves, s.leaves(a, a.Name, a.Type.required(), 0, &left)...)
	}
	o.document = kind
	call := f.Name
	if len(declared) > 0 {
		o.document += " (" + strings.Join(declared, ", ") + ")"
		call += "(" + strings.Join(passed, ", ") + ")"
	}
	o.document += " {" + call + s.selection(f.Type, 1) + "}"
	return o
}

// leaves are the plain values that an argument takes: itself, or the members of an
// input object by their path; left is how many are still looked at.
func (s graphSchema) leaves(f graphField, path string, required bool, depth int, left *int) []graphLeaf {
	if *left--; *left < 0 {
		return nil
	}
	t := s.types[f.Type.base().Name]
	if t.Kind == "INPUT_OBJECT" && !f.Type.isList() {
		if depth == deepestInput || !required && depth > 0 {
			return nil
		}
		var all []graphLeaf
		for _, member := range t.InputFields {
			all = append(all, s.leaves(member, path+"."+member.Name, required && member.Type.required(), depth+1, left)...)
		}
		return all
	}
	leaf := graphLeaf{path: path, required: required, kind: graphKinds[f.Type.base().Name], id: f.Type.base().Name == "ID"}
	for _, e := range t.EnumValues {
		leaf.options = append(leaf.options, e.Name)
	}
	switch {
	case f.Type.isList():
		leaf.kind, leaf.options = "array", nil
	case leaf.kind == "":
		leaf.kind = "string"
	}
	return []graphLeaf{leaf}
}

// graphKinds are the types that every schema has; what another scalar takes is
// guessed from its name.
var graphKinds = map[string]string{"Int": "integer", "Float": "number", "Boolean": "boolean", "String": "string", "ID": "string"}
