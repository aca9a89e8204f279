package draft

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// FromOpenAPI drafts from a document that came from named, a file or a URL.
func FromOpenAPI(data []byte, named string) (Draft, error) {
	fetched := origin(named) != ""
	source := named
	if !fetched {
		source = assumedTarget + "/"
	}
	doc, err := observe.Describe(data, source)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{From: named, OpenAPI: []string{named}, Bearer: doc.Bearer, Key: doc.Key, Cookie: !doc.Bearer && doc.Key == ""}
	if doc.Title != "" {
		d.From += ` ("` + oneLine(doc.Title) + `")`
	}
	d.aim(doc, named, fetched)
	d.Notes = append(d.Notes, fmt.Sprintf("The document describes %d requests that change something and %d that only read.", len(doc.Actions), len(doc.Pages)))
	d.guessLogin(doc)
	for _, route := range doc.Pages {
		d.excludeLogout(route)
	}
	for _, a := range doc.Actions {
		d.excludeLogout(a.Route)
	}
	for _, s := range doc.Sockets {
		if at := pathOf(s); at != "" {
			d.Sockets = append(d.Sockets, Socket{URL: at})
		}
	}
	return d, nil
}

// aim chooses the target: where the document came from, else its first server.
func (d *Draft) aim(doc observe.Description, named string, fetched bool) {
	var servers []string
	for _, s := range doc.Servers {
		if o := origin(s); o != "" && !slices.Contains(servers, o) {
			servers = append(servers, o)
		}
	}
	switch {
	case fetched:
		d.Target = origin(named)
		path := named[strings.Index(named, "//")+2:]
		if i := strings.IndexByte(path, '/'); i >= 0 {
			d.OpenAPI = []string{path[i:]}
		}
	case len(servers) > 0:
		d.Target = servers[0]
	default:
		d.Target, d.Assumed = assumedTarget, true
	}
	d.Others = slices.DeleteFunc(servers, func(o string) bool { return o == d.Target })
}

// guessLogin takes the operation that sounds most like a login.
func (d *Draft) guessLogin(doc observe.Description) {
	logins := slices.DeleteFunc(slices.Clone(doc.Logins), func(l observe.DescribedLogin) bool { return loginRank(l.Action.Route) == 0 })
	slices.SortStableFunc(logins, func(a, b observe.DescribedLogin) int {
		return cmp.Or(loginRank(b.Action.Route)-loginRank(a.Action.Route), len(a.Action.Route)-len(b.Action.Route))
	})
	d.Logins = len(logins)
	if len(logins) == 0 {
		return
	}
	d.Login = described(logins[0], slices.Contains(doc.Pages, logins[0].Action.Route))
	if d.Key != "" && !d.Bearer && d.Login.Token != "" {
		d.Login.TokenAs = d.Key + ": " + identity.TokenSlot
	}
}

func described(l observe.DescribedLogin, hasPage bool) *Login {
	a := l.Action
	login := &Login{URL: pathOf(a.URL), Token: l.Token, Fixed: map[string]string{}}
	switch {
	case a.Encoding == finding.EncodingJSON:
	case hasPage && l.Token == "":
		login.Form = true
	default:
		login.URLEncoded = true
	}
	var others, passwords []string
	for _, f := range a.Fields {
		switch {
		case f.In == "path" || f.In == "header" || f.In == "query":
		case f.Type == "password" || isPassword(f.Name):
			passwords = append(passwords, fieldKey(f.In, f.Name))
		default:
			others = append(others, fieldKey(f.In, f.Name))
		}
	}
	login.Password, passwords = passwordField(passwords)
	others = append(others, passwords...)
	login.User, others = userField(others)
	for _, name := range others {
		if name == "grant_type" { // OAuth's password grant
			login.Fixed[name] = "password"
			continue
		}
		login.Further = append(login.Further, name)
	}
	return login
}

// fieldKey is a field as a login names it: a JSON pointer if it stands within objects.
func fieldKey(place, name string) string {
	if within, ok := finding.InBody(place); ok && len(within) > 0 {
		return strings.TrimPrefix(finding.Within(place, name), "body")
	}
	return name
}

// lastStep is the name that a JSON pointer ends in; other names are their own.
func lastStep(name string) string {
	if strings.HasPrefix(name, "/") {
		return name[strings.LastIndexByte(name, '/')+1:]
	}
	return name
}

// excludeLogout keeps the scan from ending its own sessions.
func (d *Draft) excludeLogout(route string) {
	last := strings.ToLower(route[strings.LastIndexByte(strings.TrimSuffix(route, "/"), '/')+1:])
	word := strings.NewReplacer("-", "", "_", "", "/", "").Replace(last)
	if (word == "logout" || word == "signout" || word == "logoff") && !strings.Contains(route, "{") && !slices.Contains(d.Exclude, route) {
		d.Exclude = append(d.Exclude, route)
	}
}
