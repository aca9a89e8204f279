package guardfile

import (
	"errors"
	"fmt"

	"github.com/mantlet-dev/mantlet/guard"
	"github.com/mantlet-dev/mantlet/session"
)

func (p Principal) header(getenv func(string) string, note func(error)) guard.PrincipalHeader {
	return guard.PrincipalHeader{
		Name: p.Header, Audience: p.Audience, Keys: secrets(p.Keys, "principal.keys", getenv, note),
		Life: Duration(p.Life, "principal.life", note),
	}
}

// Options are those of the sessions but for the store. getenv resolves the names of
// secrets.
func (s Sessions) Options(getenv func(string) string) (session.Options, error) {
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	o := session.Options{
		SignedKeys: secrets(s.SignedKeys, "principal.sessions.signed_keys", getenv, note),
		Idle:       Duration(s.Idle, "principal.sessions.idle", note),
		Absolute:   Duration(s.Absolute, "principal.sessions.absolute", note),
		Name:       s.Cookie, InsecureHTTP: s.InsecureHTTP,
	}
	switch {
	case s.Table != "" && len(s.SignedKeys) > 0:
		note(errors.New("principal.sessions: they are either in a table or in signed cookies"))
	case s.Table == "" && (s.Region != "" || s.Endpoint != ""):
		note(errors.New("principal.sessions: region and endpoint are a table's, and no table is named"))
	}
	if err := errors.Join(errs...); err != nil {
		return session.Options{}, fmt.Errorf("guard configuration: %w", err)
	}
	return o, nil
}
