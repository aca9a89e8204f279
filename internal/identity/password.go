package identity

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Password is the password that the identity logs in with, "" if it has no login of
// which that is known.
func (s *Session) Password() string {
	return s.spec.secrets()[s.spec.passwordField()]
}

// WithPassword logs the identity in with another password; it fails as Login does.
// The session it gives shares nothing with this one.
func (s *Session) WithPassword(ctx context.Context, password string) (*Session, error) {
	field := s.spec.passwordField()
	if field == "" {
		return nil, ErrNoLogin
	}
	secrets := maps.Clone(s.spec.secrets())
	secrets[field] = password
	spec := s.spec
	if spec.Form != nil {
		form := *spec.Form
		form.Secrets, spec.Form = secrets, &form
	} else {
		login := *spec.JSON
		login.Secrets, spec.JSON = secrets, &login
	}
	return Login(ctx, s.grant, spec, s.driver)
}

func (s Spec) secrets() map[string]string {
	switch {
	case s.Form != nil:
		return s.Form.Secrets
	case s.JSON != nil:
		return s.JSON.Secrets
	}
	return nil
}

// passwordField is the one secret of the login that is called like a password, or
// the only one there is; "" if that cannot be told.
func (s Spec) passwordField() string {
	names := slices.Sorted(maps.Keys(s.secrets()))
	if len(names) == 1 {
		return names[0]
	}
	found := slices.DeleteFunc(names, func(name string) bool {
		name = strings.ToLower(name)
		return !strings.Contains(name, "pass") && !strings.Contains(name, "pwd")
	})
	if len(found) == 1 {
		return found[0]
	}
	return ""
}
