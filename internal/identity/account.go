package identity

import (
	"maps"
	"slices"
	"strings"
)

// Accounts are the names by which the target knows who is logged in, as far as the
// login says: the user name or the address of mail that was sent along, no secrets.
func (s *Session) Accounts() []string {
	var fields map[string]string
	switch {
	case s.spec.Form != nil:
		fields = s.spec.Form.Fields
	case s.spec.JSON != nil:
		fields = s.spec.JSON.Fields
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if value := fields[name]; value != "" && namesWhoLogsIn(name) && !slices.Contains(names, value) {
			names = append(names, value)
		}
	}
	return names
}

// namesWhoLogsIn says whether a field of a login holds who it is.
func namesWhoLogsIn(field string) bool {
	field = strings.ToLower(field[strings.LastIndexByte(field, '/')+1:])
	return slices.ContainsFunc([]string{"user", "login", "mail", "account", "name", "identifier", "phone", "member"}, func(w string) bool {
		return strings.Contains(field, w)
	})
}
