package config

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/mantlet-dev/mantlet/internal/identity"
)

// A fault is a value that YAML allows and sense does not.
type fault struct {
	path string // as in goccy's YAML paths: "$.budget.timeout"
	text string
}

// show says what is wrong, each fault with the lines it stands in and a mark at the
// place.
func show(text []byte, faults []fault) error {
	var errs []error
	for _, f := range faults {
		message := strings.TrimPrefix(f.path, "$.") + ": " + f.text
		if path, err := yaml.PathString(f.path); err == nil {
			if source, err := path.AnnotateSource(text, false); err == nil {
				message += "\n" + strings.TrimRight(string(source), "\n")
			}
		}
		errs = append(errs, errors.New(message))
	}
	return errors.Join(errs...)
}

// A report takes one fault.
type report func(path, format string, args ...any)

func (r report) oneOf(path, value string, words ...string) {
	if value != "" && !slices.Contains(words, value) {
		r(path, "%q is not one of %s", value, strings.Join(words, ", "))
	}
}

// faults are in the order of the File's fields.
func (f File) faults() []fault {
	var list []fault
	add := report(func(path, format string, args ...any) { list = append(list, fault{path, fmt.Sprintf(format, args...)}) })
	for i, t := range f.Targets {
		if u, err := url.Parse(t); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			add(fmt.Sprintf("$.targets[%d]", i), "%q is no http or https URL", t)
		}
	}
	add.oneOf("$.mode", f.Mode, "passive", "active")
	if _, err := f.Scope.Ranges(); err != nil {
		add("$.scope.private", "%s", err)
	}
	f.Budget.faults(add)
	seen := map[string]bool{}
	for i, id := range f.Identities {
		path := fmt.Sprintf("$.identities[%d]", i)
		if seen[id.Name] && id.Name != "" {
			add(path, "the name is taken: there are two identities called %q", id.Name)
		}
		seen[id.Name] = true
		id.faults(path, add)
	}
	for i, socket := range f.Sockets {
		if socket.URL == "" {
			add(fmt.Sprintf("$.sockets[%d]", i), "the socket needs a url")
		}
	}
	if err := f.Policy.Validate(); err != nil {
		add("$.policy", "%s", err)
	}
	add.oneOf("$.fail_on", f.FailOn, "critical", "high", "medium", "low", "info", "none")
	return list
}

func (b Budget) faults(add report) {
	for _, limit := range []struct {
		key   string
		value float64
	}{{"requests", float64(b.Requests)}, {"rate", b.Rate}, {"concurrency", float64(b.Concurrency)},
		{"pages", float64(b.Pages)}, {"mutations", float64(b.Mutations)}} {
		if !(limit.value >= 0) { // so written, it also catches .nan
			add("$.budget."+limit.key, "a limit cannot be below zero")
		}
	}
	if _, err := b.RequestTimeout(); err != nil {
		add("$.budget.timeout", "%s", err)
	}
}

func (id Identity) faults(path string, add report) {
	switch {
	case id.Name == "":
		add(path, "the identity needs a name")
	case id.Name == "anonymous":
		add(path, "anonymous is always looked at and cannot be an identity's name")
	}
	if id.Login == nil {
		if id.Cookie == "" && id.Bearer == "" && len(id.Headers) == 0 {
			add(path, "identity %q needs a login, cookie, bearer or headers", id.Name)
		}
		return
	}
	form, json := id.Login.Form, id.Login.JSON
	switch {
	case (form == nil) == (json == nil):
		add(path+".login", "the login needs either form or json")
	case form != nil && form.URL == "" || json != nil && json.URL == "":
		add(path+".login", "the login needs a url")
	case json != nil && json.Token != "" && json.Token[0] != '/':
		add(path+".login.json.token", "%q is no JSON pointer: those begin with /", json.Token)
	case json != nil && json.TokenAs != "" && !identity.IsTokenAs(json.TokenAs):
		add(path+".login.json.token_as", "%q is no header with a place for the token, as \"Authorization: Token {token}\"", json.TokenAs)
	}
}
