package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/identity"
)

// Specs turns the file's identities into those of a scan, taking secrets from the
// environment. An unset variable is an error that names identity, key and variable.
func (f File) Specs(getenv func(string) string) ([]identity.Spec, error) {
	var specs []identity.Spec
	for _, id := range f.Identities {
		spec, err := id.spec(getenv)
		if err != nil {
			return nil, fmt.Errorf("identity %q: %w", id.Name, err)
		}
		specs = append(specs, spec)
	}
	return specs, nil
}

func (id Identity) spec(getenv func(string) string) (identity.Spec, error) {
	env := secrets{getenv: getenv}
	spec := identity.Spec{Name: id.Name, Cookie: env.one("cookie", id.Cookie), Bearer: env.one("bearer", id.Bearer),
		Headers: env.all("headers", id.Headers)}
	if id.Login != nil && id.Login.Form != nil {
		form := id.Login.Form
		spec.Form = &identity.FormLogin{URL: form.URL, Fields: form.Fields, Secrets: env.all("login.form.secrets", form.Secrets),
			Browser: form.Browser, Submit: form.Submit, Success: identity.Success(form.Success)}
	}
	if id.Login != nil && id.Login.JSON != nil {
		json := id.Login.JSON
		spec.JSON = &identity.JSONLogin{URL: json.URL, Fields: json.Fields, Secrets: env.all("login.json.secrets", json.Secrets),
			Token: json.Token, TokenAs: json.TokenAs, URLEncoded: json.URLEncoded, Success: identity.Success(json.Success)}
	}
	return spec, env.err
}

// secrets looks variables up and keeps the first error.
type secrets struct {
	getenv func(string) string
	err    error
}

// variable is what names of environment variables look like. What does not fit is
// most likely the secret itself, pasted where it must not stand; it is not quoted.
var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,99}$`)

func (s *secrets) one(key, name string) string {
	if name == "" || s.err != nil {
		return ""
	}
	if !variable.MatchString(name) {
		s.err = fmt.Errorf("%s: this is no name of an environment variable; put the secret into one and its name here", key)
		return ""
	}
	value := s.getenv(name)
	switch {
	case value != "":
	case name != strings.ToUpper(name):
		// Not quoted either: a password without punctuation fits the pattern.
		s.err = fmt.Errorf("%s: no environment variable has the name given, and it looks like a secret itself; "+
			"put the secret into a variable and the variable's name here", key)
	default:
		s.err = fmt.Errorf("%s: environment variable %s is not set", key, name)
	}
	return value
}

func (s *secrets) all(key string, names map[string]string) map[string]string {
	if len(names) == 0 {
		return nil
	}
	values := make(map[string]string, len(names))
	for _, field := range slices.Sorted(maps.Keys(names)) { // sorted, so that the error is always the same
		if names[field] == "" && s.err == nil {
			s.err = fmt.Errorf("%s.%s: names no environment variable", key, field)
		}
		values[field] = s.one(key+"."+field, names[field])
	}
	return values
}
