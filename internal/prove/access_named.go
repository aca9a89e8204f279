package prove

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// headersOf are the headers in which an action names its object.
func headersOf(a finding.Action) map[string]string {
	headers := map[string]string{}
	for _, f := range a.Fields {
		if f.In == "header" && !f.Token {
			headers[f.Name] = f.Value
		}
	}
	return headers
}

// script adds what a page's own script sends along, the browser's account of it
// included.
func asScript(request *http.Request, headers map[string]string) {
	request.Header.Set("Accept", "*/*")
	request.Header.Set("Cache-Control", "no-cache")
	for name, text := range headers {
		request.Header.Set(name, text)
	}
	if o, err := policy.OriginOfURL(request.URL.String()); err != nil || !o.IsTrustworthy() {
		return
	}
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	request.Header.Set("Sec-Fetch-Mode", "cors")
	request.Header.Set("Sec-Fetch-Dest", "empty")
}

// byHeader asks as a script does that names the object in a header; with id, for
// another one.
func (o *object) byHeader(ctx context.Context, who *identity.Session, headers map[string]string, id string) (glance, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, o.action.URL, nil)
	if err != nil {
		return glance{}, notTestable("the address cannot be read: %v", err)
	}
	if r := o.refs[len(o.refs)-1]; id != "" && r.In == "header" {
		headers[r.Name] = id
	}
	asScript(request, headers)
	a, err := o.bench.do(who, request)
	if err != nil {
		return glance{}, err
	}
	return o.factsOf(a), nil
}

// overSocket opens the socket as the application's own page does, says what names
// the object, and listens. What is said counts as an answer of status 200.
func (o *object) overSocket(ctx context.Context, who *identity.Session, id string) (glance, error) {
	address := webAddress(o.action.URL)
	own, err := policy.OriginOfURL(address)
	if err != nil {
		return glance{}, notTestable("the address of the socket cannot be read: %v", err)
	}
	messages, r := o.messages, o.refs[len(o.refs)-1]
	if id != "" {
		messages = []string{strings.ReplaceAll(messages[0], r.Value, id)}
	}
	patience, expect := strangerFor, o.heard
	if who == o.owner {
		patience, expect = listenFor, -1
	}
	entry, err := o.bench.Ledger.enter("", purposeIntrusion, o.action.Endpoint())
	if err != nil {
		return glance{}, err
	}
	o.bench.Ledger.changed(entry, nil) // it asks, by its words
	had, err := o.bench.talk(ctx, address, own.String(), who.CookieHeader(address), messages, expect, patience)
	if err != nil {
		return glance{}, err
	}
	a := answer{status: had.status, body: []byte(strings.Join(had.got, "\n")), url: o.action.URL}
	if had.opened {
		a.status = http.StatusOK
	}
	if who == o.owner {
		o.heard = len(had.got)
	}
	return glance{a, spoken(had.got).Map(o.bench.redact)}, nil
}

// request is how the object is asked for, as a person reads it.
func (o *object) request() string {
	text := o.action.Method + " " + o.action.URL
	for _, f := range o.action.Fields {
		if f.In == "header" && !f.Token {
			text += "\n" + f.Name + ": " + f.Value
		}
	}
	return o.bench.redact(strings.Join(append([]string{text}, o.messages...), "\n"))
}

// refsOf are the identifiers that a plan is about.
func refsOf(p *finding.Plan) []observe.Reference {
	if len(p.Messages) > 0 {
		return observe.MessageReferences(p.Messages[0])
	}
	return observe.References(p.Action.Route, p.Action.URL, p.Action.Fields)
}

// isAmong says whether a fact is one of those that a plan is about: all are, where it
// names none.
func isAmong(members []finding.Field, where string) bool {
	place, _, _ := strings.Cut(where, "\x00")
	name := place[strings.LastIndexAny(place, ". ")+1:]
	return len(members) == 0 || slices.ContainsFunc(members, func(f finding.Field) bool { return f.Name == name })
}
