package observe

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// An operation is one request that an OpenAPI document describes.
type operation struct {
	method   string
	path     string // full template, servers' path included
	source   string // URL of the document
	op       *openapi3.Operation
	params   openapi3.Parameters
	bearer   bool // needs a credential that a browser does not add
	document *openapi3.T
}

// An api is all operations known, in the order of their paths and methods.
type api struct {
	operations []operation
	// values are what was seen in the place of path parameters, by the template up
	// to and including the parameter.
	values map[string]string
	// own are those of values that name something of an identity's own; logins are the
	// names that identities log in with.
	own    map[string]string
	logins map[string][]string
	// sockets are the addresses of WebSockets that documents describe.
	sockets []string
	// keys are the headers in which documents say that credentials travel.
	keys []string
}

var errNoOpenAPI = errors.New("no OpenAPI or Swagger document")

// parseOpenAPI reads an OpenAPI 3 or Swagger 2 document, in JSON or YAML. External
// references are refused: they would be a way around the grant.
func parseOpenAPI(data []byte, source string) (doc *openapi3.T, err error) {
	// The library is given what a target sent; a panic in it must not end the scan.
	defer func() {
		if p := recover(); p != nil {
			doc, err = nil, fmt.Errorf("read OpenAPI document %s: %v", source, p)
		}
	}()
	head := data[:min(len(data), 4096)]
	if !bytes.Contains(data, []byte("openapi")) && !bytes.Contains(data, []byte("swagger")) || bytes.Contains(bytes.ToLower(head), []byte("<html")) {
		return nil, errNoOpenAPI
	}
	loader := openapi3.NewLoader()
	loader.ReadFromURIFunc = func(*openapi3.Loader, *url.URL) ([]byte, error) {
		return nil, errors.New("external references are not read")
	}
	if doc, err = loadSwagger2(data, loader); doc == nil && err == nil {
		doc, err = loader.LoadFromData(data)
	}
	if err != nil {
		return nil, fmt.Errorf("read OpenAPI document %s: %w", source, err)
	}
	if doc.Paths == nil || doc.Paths.Len() == 0 {
		return nil, errNoOpenAPI
	}
	return doc, nil
}

// add takes the operations of a document in, and its paths among the routes.
func (a *api) add(r *routes, doc *openapi3.T, source string) {
	prefix := serverPath(doc, source)
	if _, key := credentials(doc); key != "" && !slices.Contains(a.keys, key) {
		a.keys = append(a.keys, key)
	}
	a.sockets = append(a.sockets, describedSockets(doc, source, prefix)...)
	for _, p := range doc.Paths.InMatchingOrder() {
		item := doc.Paths.Value(p)
		if item == nil || !strings.HasPrefix(p, "/") {
			continue
		}
		full := path.Join("/", prefix) + p
		if prefix == "" || prefix == "/" {
			full = p
		}
		for method, op := range item.Operations() {
			if op == nil {
				continue
			}
			a.operations = append(a.operations, operation{method: method, path: full, source: source, op: op,
				params: merge(item.Parameters, op.Parameters), bearer: needsBearer(doc, op), document: doc})
		}
		r.document(full)
	}
	slices.SortStableFunc(a.operations, func(x, y operation) int {
		return cmp.Or(strings.Compare(x.path, y.path), strings.Compare(x.method, y.method))
	})
}

// serverPath is the path under which a document's operations stand, if its first
// server is where the document came from or is relative to it.
func serverPath(doc *openapi3.T, source string) string {
	// An empty address means the root, as a missing one does, and not the document itself.
	if len(doc.Servers) == 0 || doc.Servers[0] == nil || doc.Servers[0].URL == "" || strings.Contains(doc.Servers[0].URL, "{") {
		return ""
	}
	base, err := url.Parse(source)
	if err != nil {
		return ""
	}
	u, err := base.Parse(doc.Servers[0].URL)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.Path, "/")
}

// merge gives an operation the parameters of its path item, its own ones winning.
func merge(shared, own openapi3.Parameters) openapi3.Parameters {
	merged := slices.Clone(own)
	for _, p := range shared {
		if p.Value != nil && own.GetByInAndName(p.Value.In, p.Value.Name) == nil {
			merged = append(merged, p)
		}
	}
	return slices.DeleteFunc(merged, func(p *openapi3.ParameterRef) bool { return p.Value == nil })
}

// needsBearer says whether every way in that the document offers is a credential
// that a script has to add: a bearer token or a key in a header.
func needsBearer(doc *openapi3.T, op *openapi3.Operation) bool {
	wanted := doc.Security
	if op.Security != nil {
		wanted = *op.Security
	}
	if len(wanted) == 0 {
		return false
	}
	for _, choice := range wanted {
		scripted := false
		for name := range choice {
			scripted = scripted || isScripted(doc, name)
		}
		if !scripted {
			return false
		}
	}
	return true
}

func isScripted(doc *openapi3.T, name string) bool {
	if doc.Components == nil || doc.Components.SecuritySchemes[name] == nil {
		return false
	}
	s := doc.Components.SecuritySchemes[name].Value
	if s == nil {
		return false
	}
	switch strings.ToLower(s.Type) {
	case "http":
		return strings.EqualFold(s.Scheme, "bearer")
	case "oauth2", "openidconnect":
		return true
	case "apikey":
		return s.In == "header"
	}
	return false
}

// A verdict answers a question that may have no answer.
type verdict int

const (
	unknown verdict = iota
	yes
	no
)

// confirms says whether a documented path that is named like a change only asks for
// confirmation: the change itself is then documented as another method.
func (a *api) confirms(rawURL string) verdict {
	u, err := url.Parse(rawURL)
	if err != nil {
		return no
	}
	parts := segments(u.Path)
	answer := unknown
	for _, o := range a.operations {
		t := template{parts: segments(o.path)}
		if !t.matches(parts) {
			continue
		}
		if !isSafe(o.method) {
			return yes
		}
		answer = no
	}
	return answer
}

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions || method == http.MethodTrace
}
