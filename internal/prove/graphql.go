package prove

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// mostQueries is how many GraphQL queries are read back at a time.
const mostQueries = 6

// packed are the values with a GraphQL operation's variables made one, as a body or
// a query string carries them.
func packed(values []value) []value {
	variables := map[string]any{}
	var others []value
	for _, v := range values {
		if v.in == "variables" {
			observe.Nest(variables, v.name, jsonValue(v))
		} else {
			others = append(others, v)
		}
	}
	if len(variables) == 0 {
		return values
	}
	text, err := json.Marshal(variables)
	if err != nil {
		return others // cannot happen: only strings, numbers, booleans and raw JSON that was read
	}
	return append(others, value{name: "variables", kind: "object", text: string(text)})
}

// isOperation says whether an action is an operation of a GraphQL endpoint.
func isOperation(a finding.Action) bool {
	return slices.ContainsFunc(a.Fields, func(f finding.Field) bool { return f.Type == "document" })
}

// refusesOperation says whether an answer of status 200 is one of GraphQL that says
// no: it tells of errors.
func refusesOperation(a answer) bool {
	var told struct{ Errors []json.RawMessage }
	return json.Unmarshal(a.body, &told) == nil && len(told.Errors) > 0
}

// queries reads back what a session was shown at an action's GraphQL endpoint, what
// the action is about first; nothing is read if it was shown nothing there.
func (b *Bench) queries(session *identity.Session, a finding.Action) []state.Reader {
	var near, far []state.Query
	_, operation, _ := strings.Cut(a.Route, "#")
	ids := observe.References(a.Route, a.URL, a.Fields)
	for _, x := range b.Site.Exchanges {
		if x.Asked == nil || x.Identity != session.Name() || pathOf(x.URL) != pathOf(a.URL) || strings.Contains(string(x.Asked), "«") {
			continue
		}
		u, err := url.Parse(x.URL)
		if err != nil {
			continue
		}
		_, name, _ := strings.Cut(x.Route, "#")
		q := state.Query{Source: "POST " + x.Route + strings.TrimPrefix(u.Fragment, name), Body: x.Asked}
		u.Fragment, u.RawFragment = "", ""
		q.URL = u.String()
		about := slices.ContainsFunc(ids, func(r observe.Reference) bool { return strings.Contains(string(x.Asked), r.Value) }) ||
			observe.SameNoun(operation, name)
		if about {
			near = append(near, q)
		} else {
			far = append(far, q)
		}
	}
	if near = append(near, far...); len(near) == 0 {
		return nil
	}
	return []state.Reader{state.QueryReader{Session: session, Queries: near[:min(len(near), mostQueries)], Redact: b.redact}}
}
