package observe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/scope"
)

// One address of GraphQL stands for many operations, each with a weakness of its own.
// They are learned from the schema where it is open, and else from what pages and
// recordings were seen to send and what scripts spell out.

const (
	// mostOperations bounds the operations of one endpoint, mostEndpoints the endpoints.
	mostOperations = 80
	mostEndpoints  = 3
	// mostAsked is how many objects of one query an identity asks for.
	mostAsked = 3
)

// askGraphQL learns the operations of GraphQL endpoints, and asks what they read.
func (c *collector) askGraphQL() {
	endpoints := c.graphQLEndpoints()
	for _, endpoint := range endpoints[:min(len(endpoints), mostEndpoints)] {
		if c.stopped != nil {
			return
		}
		operations := c.seenOperations(endpoint)
		schema, open := c.askSchema(endpoint)
		if open {
			operations = append(operations, schema.operations(endpoint)...)
		}
		operations = distinctOperations(operations)
		c.graphActions(endpoint, open, operations[:min(len(operations), mostOperations)])
	}
}

// distinctOperations keeps the first account of each operation, with the type of
// its answer if another tells it.
func distinctOperations(all []graphOperation) []graphOperation {
	var list []graphOperation
	for _, o := range all {
		i := slices.IndexFunc(list, func(k graphOperation) bool { return k.name == o.name && k.kind == o.kind })
		if i < 0 {
			list = append(list, o)
			continue
		}
		k := &list[i]
		if k.returns == "" {
			k.returns = o.returns
		}
		for j, l := range k.leaves { // a request has values, a schema has types
			at := slices.IndexFunc(o.leaves, func(m graphLeaf) bool { return m.path == l.path })
			if at >= 0 && o.source == "graphql" {
				m := o.leaves[at]
				m.value = l.value
				k.leaves[j] = m
			}
		}
	}
	return list
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

// seenOperations are those that pages and recordings sent, and then those that
// scripts spell out.
func (c *collector) seenOperations(endpoint string) []graphOperation {
	var sent, spelled []graphOperation
	for _, v := range c.views {
		if v.page == nil {
			continue
		}
		if v.rendered != nil {
			for _, r := range v.rendered.Requests {
				if raw, _, _ := strings.Cut(r.URL, "?"); raw == endpoint {
					sent = append(sent, operationsOf(endpoint, v.exchange.URL, "script", r.Body)...)
				}
			}
		}
		for _, text := range c.scriptsOf(v) {
			if len(spelled) < mostOperations {
				spelled = append(spelled, spelledOperations(endpoint, v.exchange.URL, text)...)
			}
		}
	}
	for _, e := range c.o.Recorded {
		if raw, _, _ := strings.Cut(e.URL, "?"); raw == endpoint && e.Status < 400 {
			sent = append(sent, operationsOf(endpoint, "", "har", e.Body)...)
		}
	}
	return append(sent, spelled...)
}

// askSchema asks for the schema, by GET and where that is not answered, in an active
// scan, as a page would.
func (c *collector) askSchema(endpoint string) (graphSchema, bool) {
	for _, s := range c.sessions {
		v := c.fetch(s, visit{url: endpoint + "?query=" + url.QueryEscape(schemaQuery), purpose: "graphql"})
		if v.err != nil {
			return graphSchema{}, false
		}
		if schema, open := readSchema(v.body); open {
			c.keep(v)
			return schema, true
		}
		if !c.grant.Active() {
			continue
		}
		body, err := json.Marshal(graphRequest{Query: schemaQuery})
		if err != nil {
			return graphSchema{}, false
		}
		if answer, err := c.postGraphQL(s, endpoint, body); err == nil {
			if schema, open := readSchema(answer.body); open {
				return schema, true
			}
		}
	}
	return graphSchema{}, false
}

// postGraphQL sends a query, which reads, as the application's own page does.
func (c *collector) postGraphQL(s *identity.Session, endpoint string, body []byte) (*view, error) {
	v := &view{session: s}
	req, err := http.NewRequestWithContext(c.ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"Content-Type": finding.EncodingJSON, "Accept": finding.EncodingJSON,
		"Origin": req.URL.Scheme + "://" + req.URL.Host, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"} {
		req.Header.Set(name, value)
	}
	resp, err := s.Do(req)
	if err != nil {
		return nil, err
	}
	if v.body, _, err = scope.ReadBody(resp); err != nil {
		return nil, fmt.Errorf("read answer of %s: %w", endpoint, err)
	}
	v.exchange = &Exchange{Identity: s.Name(), Method: http.MethodPost, URL: endpoint, Purpose: "graphql", Status: resp.StatusCode,
		Header: resp.Header, Type: mediaType(resp.Header.Get("Content-Type"))}
	return v, nil
}

// graphActions makes actions of the mutations, asks the queries as every identity,
// and says what could not be filled in.
func (c *collector) graphActions(endpoint string, open bool, operations []graphOperation) {
	shown := map[string][]graphObject{}
	if c.grant.Active() {
		for _, s := range c.sessions {
			shown[s.Name()] = c.askQueries(s, operations)
		}
	}
	var lacking []string
	tested := 0
	for _, o := range operations {
		switch a, actors, ok := c.graphAction(o, shown); {
		case !ok:
			lacking = append(lacking, o.name)
			continue
		case o.kind == "mutation":
			c.operated = append(c.operated, seen{Action: a, actors: actors})
		}
		tested++
	}
	why := fmt.Sprintf("it is a GraphQL endpoint: %d of its operations are known, of which %d are looked at one by one", len(operations), tested)
	if !open {
		why += "; it does not tell its schema, so that these are the ones that pages, scripts and recordings show"
	}
	if len(lacking) > 0 {
		why += "; these need values that were not seen, or log in: " + listed(lacking)
	}
	c.skip(finding.Skip{What: endpoint, Why: why})
}

// graphAction fills an operation in as the first identity that can; the others may
// send it as well.
func (c *collector) graphAction(o graphOperation, shown map[string][]graphObject) (a finding.Action, actors []string, ok bool) {
	for _, s := range c.sessions {
		if s.IsAnonymous() {
			continue
		}
		actors = append(actors, s.Name())
		if filled, can := o.action(shown[s.Name()]); can && !ok && !logsIn(filled) {
			a, ok = filled, true
			actors = append([]string{s.Name()}, actors[:len(actors)-1]...)
		}
	}
	return a, actors, ok
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
