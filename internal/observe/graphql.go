package observe

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// mutationsQuery asks for the names of what a GraphQL schema can change.
const mutationsQuery = `{__schema{mutationType{fields{name}}}}`

// askGraphQL says aloud which GraphQL endpoints were come across: one address stands
// there for many operations, and those are not tested one by one.
func (c *collector) askGraphQL() {
	for _, raw := range c.graphQLEndpoints() {
		if c.stopped != nil {
			return
		}
		why := "it is a GraphQL endpoint: requests that pages were seen to send are tested, its operations one by one are not"
		for _, s := range c.sessions {
			v := c.fetch(s, visit{url: raw + "?query=" + url.QueryEscape(mutationsQuery), purpose: "graphql"})
			if v.err != nil {
				break
			}
			if names, ok := mutationNames(v.body); ok {
				c.keep(v)
				why += fmt.Sprintf("; it answers questions for its schema, by GET too, and names %d mutations: %s", len(names), listed(names))
				break
			}
		}
		c.skip(finding.Skip{What: raw, Why: why})
	}
}

// graphQLEndpoints are the addresses in scope that are called like one, in what
// scripts, browsers, recordings and documents send requests to.
func (c *collector) graphQLEndpoints() []string {
	var found []string
	add := func(raw string) {
		raw, _, _ = strings.Cut(raw, "?")
		if isGraphQL(raw) && c.grant.Allows(raw) == nil {
			found = with(found, raw)
		}
	}
	for _, v := range c.views {
		if v.page != nil {
			for _, call := range c.callsOf(v) {
				add(call.URL)
			}
		}
		if v.rendered != nil {
			for _, r := range v.rendered.Requests {
				add(r.URL)
			}
		}
	}
	for _, e := range c.o.Recorded {
		if !e.Socket {
			add(e.URL)
		}
	}
	for _, o := range c.api.operations {
		if raw, _, known := o.address(nil); known {
			add(raw)
		}
	}
	slices.Sort(found)
	return found
}

func isGraphQL(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	parts := segments(strings.ToLower(u.Path))
	return len(parts) > 0 && slices.Contains([]string{"graphql", "graphiql", "gql"}, parts[len(parts)-1])
}

// mutationNames reads the answer to mutationsQuery; false if it is none. A schema
// without mutations has no names.
func mutationNames(body []byte) ([]string, bool) {
	var answer struct {
		Data *struct {
			Schema *struct {
				MutationType *struct {
					Fields []struct {
						Name string `json:"name"`
					} `json:"fields"`
				} `json:"mutationType"`
			} `json:"__schema"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Data == nil || answer.Data.Schema == nil {
		return nil, false
	}
	var names []string
	if m := answer.Data.Schema.MutationType; m != nil {
		for _, f := range m.Fields {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names, true
}

// listed names the first few of many.
func listed(names []string) string {
	const most = 10
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
