package observe

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A Reference is an identifier in a request: it says which object is meant.
type Reference struct {
	In, Name, Value string
	// Path is the request's path up to the identifier, where that is a part of it.
	Path string
	// Of is what the GraphQL operation is about that takes it, "" for other requests.
	Of string
}

// about says whether an identifier in that context is one of the kind of thing that r names: its
// path or its members speak of the same noun.
func about(context string, r Reference) bool {
	noun := nounOf(r)
	if noun == "" {
		return false
	}
	return slices.ContainsFunc(strings.Split(context, "/"), func(part string) bool {
		return singular(part) == noun || strings.HasPrefix(part, noun+"_") || part == noun+"id"
	})
}

// nounOf is what a reference names one of: "order" of /orders/7 and of order_id=7.
func nounOf(r Reference) string {
	if r.Path != "" {
		parts := segments(r.Path)
		for i := len(parts) - 2; i >= 0; i-- {
			if !looksLikeID(parts[i]) {
				return singular(strings.ToLower(parts[i]))
			}
		}
		return ""
	}
	name := strings.ToLower(r.Name[strings.LastIndexByte(r.Name, '.')+1:])
	if r.Of != "" && (name == "id" || name == "uuid") {
		return r.Of
	}
	if r.In == "header" {
		name = strings.TrimPrefix(name, "x-")
	}
	for _, end := range []string{"_id", "-id", "id", "_number", "_ref"} {
		if noun, ok := strings.CutSuffix(name, end); ok && noun != "" {
			return singular(noun)
		}
	}
	return singular(name)
}

func singular(word string) string {
	switch {
	case strings.HasSuffix(word, "ies") && len(word) > 4:
		return word[:len(word)-3] + "y"
	case strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && len(word) > 2:
		return word[:len(word)-1]
	}
	return word
}

var identifierNames = wordsOf("id uuid guid key ref reference number no slug code account user username owner customer member")

// IsIdentifierName says whether a field or member is called like the identifier of
// an object: id, order_id, accountNumber.
func IsIdentifierName(name string) bool {
	spaced := strings.ToLower(humps.ReplaceAllString(name, "${1}_$2"))
	parts := strings.FieldsFunc(spaced, func(r rune) bool { return r == '_' || r == '-' || r == '.' })
	return len(parts) > 0 && identifierNames[parts[len(parts)-1]]
}

var humps = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// References are the identifiers of a request: what stands in its route's
// placeholders, in its query, and in its fields.
func References(route, rawURL string, fields []finding.Field) []Reference {
	var refs []Reference
	template, parts := segments(route), segments(pathOf(rawURL))
	for i, t := range template {
		if isPlaceholder(t) && len(template) == len(parts) {
			refs = append(refs, Reference{In: "path", Name: strings.Trim(t, "{}"), Value: parts[i], Path: "/" + strings.Join(parts[:i+1], "/")})
		}
	}
	if u, err := url.Parse(rawURL); err == nil {
		query := u.Query()
		for _, name := range sortedKeys(query) {
			refs = addReference(refs, finding.Field{Name: name, In: "query", Value: query.Get(name)})
		}
	}
	for _, f := range fields {
		if f.In != "path" {
			refs = addReference(refs, f)
		}
	}
	if _, operation, ok := strings.Cut(route, "#"); ok {
		for i := range refs {
			refs[i].Of = graphNoun(operation)
		}
	}
	return refs
}

func addReference(refs []Reference, f finding.Field) []Reference {
	if f.Token || f.Value == "" || f.Type == "document" || f.Type == "array" || strings.Contains(f.Value, "«") || !IsIdentifierName(f.Name) && !looksLikeID(f.Value) || f.Type == "number" && !IsIdentifierName(f.Name) {
		return refs
	}
	return append(refs, Reference{In: f.In, Name: f.Name, Value: f.Value})
}
