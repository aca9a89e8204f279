package observe

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// adminFlag and roleMember are what applications call the member of an account that
// says what its user may do.
var (
	adminFlag  = regexp.MustCompile(`(?i)^(is|has)?[_-]?(super)?(admin|administrator|user|staff|root)([_-]?(access|rights))?$`)
	roleMember = regexp.MustCompile(`(?i)^(user|account)?[_-]?(role|roles|type|level|permissions?|groups?)$`)
)

// isCalledAdministrator says whether an answer about the asker's own account calls this
// identity an administrator and another one not: an address that answers both of them,
// such as /users/me, says so in a flag or in a role.
func (v *Sightings) isCalledAdministrator(name string) bool {
	for _, x := range v.of(name).answers {
		if !callsAdministrator(x) {
			continue
		}
		for _, other := range v.site.Identities {
			if other == "" || other == name {
				continue
			}
			if slices.ContainsFunc(v.of(other).answers, func(y *Exchange) bool {
				return y.Method == x.Method && y.URL == x.URL && y.Status == http.StatusOK && isJSON(y.Type) && !callsAdministrator(y)
			}) {
				return true
			}
		}
	}
	return false
}

// callsAdministrator says whether an answer is one object with a member that says of it
// that it is an administrator's. Lists of people do not count.
func callsAdministrator(x *Exchange) bool {
	if x.Status != http.StatusOK || !isJSON(x.Type) || x.Cut {
		return false
	}
	var doc map[string]any
	if json.Unmarshal(x.Body, &doc) != nil {
		return false
	}
	return saysAdministrator(doc, 0)
}

func saysAdministrator(object map[string]any, depth int) bool {
	for name, value := range object {
		switch value := value.(type) {
		case bool:
			if value && adminFlag.MatchString(name) && !strings.EqualFold(strings.Trim(name, "is_-"), "user") {
				return true
			}
		case string:
			if roleMember.MatchString(name) && InAdminArea(value) {
				return true
			}
		case []any:
			if roleMember.MatchString(name) && slices.ContainsFunc(value, func(one any) bool { text, _ := one.(string); return InAdminArea(text) }) {
				return true
			}
		case map[string]any:
			if depth < 2 && saysAdministrator(value, depth+1) {
				return true
			}
		}
	}
	return false
}

// TurnedAway says whether an address that answered one identity refused another that is
// logged in: who may read it is decided there.
func (s *Site) TurnedAway(name, rawURL string) bool {
	return slices.ContainsFunc(s.Exchanges, func(x *Exchange) bool {
		return x.Method == http.MethodGet && x.URL == rawURL && x.Identity != "" && x.Identity != name && x.Status == http.StatusForbidden
	})
}
