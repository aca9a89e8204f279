package observe

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Identifiers do not only stand in addresses and forms: a script names the object it
// means in a header, or in a message over a socket.

// longestIdentifier bounds what a header is looked at for.
const longestIdentifier = 200

// headerFields are the headers of the application's own that name an object. What
// says who sends the request, and tokens, are none.
func headerFields(header http.Header) []finding.Field {
	var fields []finding.Field
	for _, name := range sortedKeys(header) {
		value, lower := header.Get(name), strings.ToLower(name)
		switch {
		case usualHeaders[lower] || strings.HasPrefix(lower, "sec-") || lower == "authorization":
		case hintsToken(name) || hintsCredential(name) || looksRandom(value) || len(value) > longestIdentifier:
		case IsIdentifierName(name) || looksLikeID(value):
			fields = append(fields, finding.Field{Name: name, In: "header", Type: "text", Value: value})
		}
	}
	return fields
}

// headed takes in a request that reads and names an object in a header, which no
// link can lead to.
func (c *collector) headed(page string, r Request) {
	fields := headerFields(r.Header)
	if r.Method != http.MethodGet || len(fields) == 0 || c.grant.Allows(r.URL) != nil {
		return
	}
	route := c.routes.of(r.URL)
	known := slices.ContainsFunc(c.site.Reads, func(a finding.Action) bool { return a.URL == r.URL && slices.Equal(named(a.Fields), named(fields)) })
	if of := c.readsOf(route); !known && of < perTemplate {
		c.site.Reads = append(c.site.Reads, finding.Action{Method: r.Method, URL: r.URL, Route: route, Page: page, Source: "script", Fields: fields})
	}
}

func (c *collector) readsOf(route string) int {
	n := 0
	for _, a := range c.site.Reads {
		if a.Route == route {
			n++
		}
	}
	return n
}

func named(fields []finding.Field) []string {
	var pairs []string
	for _, f := range fields {
		pairs = append(pairs, f.Name+"="+f.Value)
	}
	return pairs
}

// MessageReferences are the identifiers in a message over a socket: members of a
// JSON document that are called or look like some, or else words that do.
func MessageReferences(message string) []Reference {
	var doc any
	decoder := json.NewDecoder(bytes.NewReader([]byte(message)))
	decoder.UseNumber()
	if err := decoder.Decode(&doc); err != nil {
		return wordReferences(message)
	}
	return memberReferences(nil, "", doc, 0)
}

func wordReferences(message string) []Reference {
	var refs []Reference
	for _, word := range strings.FieldsFunc(message, func(r rune) bool { return strings.ContainsRune(" \t\r\n:;,|=/", r) }) {
		if distinctive(word) && !looksRandom(word) {
			refs = append(refs, Reference{In: "message", Name: "message", Value: word})
		}
	}
	return refs
}

func memberReferences(refs []Reference, name string, doc any, depth int) []Reference {
	if depth > deepest {
		return refs
	}
	switch doc := doc.(type) {
	case []any:
		for _, item := range doc {
			refs = memberReferences(refs, name, item, depth+1)
		}
	case map[string]any:
		for _, key := range sortedKeys(doc) {
			refs = memberReferences(refs, key, doc[key], depth+1)
		}
	case string:
		if !looksRandom(doc) {
			refs = addReference(refs, finding.Field{Name: name, In: "message", Type: "text", Value: doc})
		}
	case json.Number:
		refs = addReference(refs, finding.Field{Name: name, In: "message", Type: "number", Value: doc.String()})
	}
	return refs
}
