package prove

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var (
	// rights are the words of fields and paths that decide what somebody may do.
	rights = regexp.MustCompile(`(?i)(^|[^a-z])(roles?|permissions?|privileges?|is[-_]?(admin|staff|superuser|active)|groups?|grants?|promote|demote|suspend|ban)([^a-z]|$)`)
	// shuts are words that do so where they are said of people: a feed, a topic or a
	// protocol is locked and disabled as well. A field says it with its last word:
	// disable_http2 tells what is disabled, and that it is nobody.
	shuts       = regexp.MustCompile(`(?i)(^|[^a-z])(lock|disabled?)([^a-z]|$)`)
	endsInShuts = regexp.MustCompile(`(?i)(^|[^a-z])(lock(ed)?|disabled?)$`)
	ofPeople    = regexp.MustCompile(`(?i)(^|[^a-z])(users?|accounts?|members?|people|persons?|customers?|staff|admins?|employees?)([^a-z]|$)`)
	// namesPerson are fields that say who is meant; user_agent is none.
	namesPerson = regexp.MustCompile(`(?i)^(users?|accounts?|members?|people|persons?|customers?|staff|admins?|employees?)([-_]?(ids?|names?|e?mail|login))?$`)
)

// changesRights says whether an action gives or takes what somebody may do.
func changesRights(a finding.Action) bool {
	_, operation, _ := strings.Cut(a.Route, "#")
	place, fields := pathOf(a.URL)+" "+spaced(operation), fieldNames(a)
	if rights.MatchString(place) || slices.ContainsFunc(fields, rights.MatchString) {
		return true
	}
	people := ofPeople.MatchString(place) || slices.ContainsFunc(fields, namesPerson.MatchString)
	return people && (shuts.MatchString(place) || slices.ContainsFunc(fields, endsInShuts.MatchString))
}

// fieldNames are what an action's fields are called, tokens left out.
func fieldNames(a finding.Action) []string {
	var names []string
	for _, f := range a.Fields {
		if !f.Token {
			names = append(names, f.Name)
		}
	}
	return names
}

// onAnother aims an action that changes somebody's rights at another of the
// configured identities. Whoever lowers their own rights cannot give them back, and
// people who are no test accounts are none of ours; then ok is false.
func onAnother(a finding.Action, self string, identities []string) (aimed finding.Action, ok bool) {
	u, err := url.Parse(a.URL)
	if err != nil {
		return a, false
	}
	others := slices.DeleteFunc(slices.Clone(identities), func(name string) bool { return name == "" || name == self })
	parts := strings.Split(u.Path, "/")
	for i, part := range parts {
		switch {
		case slices.Contains(others, part):
			return a, true
		case part == self && len(others) > 0:
			parts[i] = others[0]
			u.Path = strings.Join(parts, "/")
			a.URL = u.String()
			return a, true
		}
	}
	return a, slices.ContainsFunc(a.Fields, func(f finding.Field) bool { return slices.Contains(others, f.Value) })
}
