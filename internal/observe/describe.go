package observe

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A Description is what an OpenAPI or Swagger document tells of an application,
// nothing of which was seen.
type Description struct {
	Title   string
	Servers []string // absolute http and https URLs under which it says to stand, in its order
	Actions []finding.Action
	Logins  []DescribedLogin
	Pages   []string // routes of operations that only read
	Sockets []string
	// Bearer is set where a bearer token is a way in; Key is a header that takes a
	// key, "" if none does.
	Bearer bool
	Key    string
}

// Describe reads a document that came from the address source, or that is held
// against it where it has none of its own.
func Describe(data []byte, source string) (Description, error) {
	doc, err := parseOpenAPI(data, source)
	if err != nil {
		return Description{}, err
	}
	known := &api{}
	known.add(newRoutes(), doc, source)
	d := Description{Actions: known.described(), Logins: known.loginsOf(), Sockets: known.sockets}
	d.Bearer, d.Key = credentials(doc)
	for _, o := range known.operations {
		if o.method == http.MethodGet && !o.changes(known) {
			d.Pages = append(d.Pages, o.path)
		}
	}
	if doc.Info != nil {
		d.Title = strings.TrimSpace(doc.Info.Title)
	}
	for _, s := range doc.Servers {
		if s != nil && (strings.HasPrefix(s.URL, "http://") || strings.HasPrefix(s.URL, "https://")) && !strings.Contains(s.URL, "{") {
			d.Servers = append(d.Servers, s.URL)
		}
	}
	return d, nil
}

// endpoints are all operations that documents describe, without their addresses.
func (a *api) endpoints() []finding.Endpoint {
	var list []finding.Endpoint
	for _, o := range a.operations {
		if e := (finding.Endpoint{Method: o.method, Route: o.path}); !slices.Contains(list, e) {
			list = append(list, e)
		}
	}
	return list
}
