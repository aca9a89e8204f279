package prove

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/markup"
)

var (
	destructive = regexp.MustCompile(`(?i)(^|[^a-z])(delete|remove|destroy|trash|erase|purge|wipe|terminate|unregister|deactivate|close[-_ ]?account|revoke|cancel|reset)([^a-z]|$)`)
	endsSession = regexp.MustCompile(`(?i)(^|[^a-z])(log|sign)[-_]?(out|off)([^a-z]|$)`)
	asksForOld  = regexp.MustCompile(`(?i)current|old|existing|confirm|verify|^password$|passwort`)
	// A password that is reset destroys nothing.
	ofPassword = regexp.MustCompile(`(?i)reset[-_/ ]?(password|passwd|pwd)|(password|passwd|pwd)[-_/ ]?reset`)
	tokenLike  = regexp.MustCompile(`(?i)csrf|xsrf|token|nonce|authenticity`)
)

// Destroys says whether an action takes something away for good, so that it is only
// aimed at what was made for the purpose.
func Destroys(a finding.Action) bool { return destroys(a) }

// destroys says whether an action takes something away for good.
func destroys(a finding.Action, labels ...string) bool {
	if strings.EqualFold(a.Method, "DELETE") || markup.RemakesStore(a.URL) {
		return true
	}
	words := append([]string{pathOf(a.URL), a.Route}, labels...)
	for _, field := range a.Fields {
		if field.Type == "hidden" || field.Type == "submit" {
			words = append(words, field.Name, field.Value)
		}
	}
	for _, w := range words {
		if destructive.MatchString(ofPassword.ReplaceAllString(spaced(w), "password")) {
			return true
		}
	}
	return false
}

// spaced parts words that are joined by capitals: deleteNote.
func spaced(name string) string { return humps.ReplaceAllString(name, "$1-$2") }

var humps = regexp.MustCompile(`([a-z0-9])([A-Z])`)

func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Path
}

// placeholders are the values that the action's URL has where its route has a
// {placeholder}, in order.
func placeholders(a finding.Action) []string {
	route, path := strings.Split(a.Route, "/"), strings.Split(pathOf(a.URL), "/")
	if len(route) != len(path) {
		return nil
	}
	var found []string
	for i, segment := range route {
		if strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") {
			found = append(found, path[i])
		}
	}
	return found
}

// collection is the part of a route that holds what the route's last placeholder names:
// "/payees" of "/payees/{id}/delete", "/posts/{slug}/notes" of "/posts/{slug}/notes/{id}";
// "" where something of that is meant and not itself, as in "/posts/{slug}/favourite".
func collection(route string) string {
	segments := strings.Split(strings.TrimSuffix(route, "/"), "/")
	if i := slices.IndexFunc(segments, destructive.MatchString); i >= 0 {
		segments = segments[:i]
	}
	at := -1
	for i, segment := range segments {
		if strings.HasPrefix(segment, "{") {
			at = i
		}
	}
	switch {
	case at < 0:
		return strings.Join(segments, "/")
	case at < len(segments)-1:
		return ""
	}
	return strings.Join(segments[:at], "/")
}

// within is the part of an action's own path that its collection takes up.
func within(a finding.Action) string {
	path, n := strings.Split(pathOf(a.URL), "/"), strings.Count(collection(a.Route), "/")+1
	return strings.Join(path[:min(n, len(path))], "/")
}

// templated gives a destructive action the placeholder that its route lacks,
// where an identifier was not recognised as one: the segment before the word that
// destroys, or the last one of a DELETE.
func templated(a finding.Action) finding.Action {
	if strings.Contains(a.Route, "{") {
		return a
	}
	segments := strings.Split(pathOf(a.URL), "/")
	at := -1
	for i, segment := range segments {
		if destructive.MatchString(segment) {
			at = i - 1
		}
	}
	if at < 0 && strings.EqualFold(a.Method, "DELETE") {
		at = len(segments) - 1
	}
	if at < 2 {
		return a
	}
	segments[at] = "{id}"
	a.Route = strings.Join(segments, "/")
	return a
}

// aim points an action that was seen with one object at another: its id is
// replaced wherever it stands as a whole.
func aim(a finding.Action, from, to string) finding.Action {
	a.URL, a.Page = swapID(a.URL, from, to), swapID(a.Page, from, to)
	fields := append([]finding.Field(nil), a.Fields...)
	for i := range fields {
		if fields[i].Value == from {
			fields[i].Value = to
		}
	}
	a.Fields = fields
	return a
}

func swapID(address, from, to string) string {
	u, err := url.Parse(address)
	if err != nil || from == "" {
		return address
	}
	segments := strings.Split(u.Path, "/")
	for i := range segments {
		if segments[i] == from {
			segments[i] = to
		}
	}
	u.Path, u.RawPath = strings.Join(segments, "/"), ""
	query := u.Query()
	changed := false
	for name, values := range query {
		for i := range values {
			if values[i] == from {
				query[name][i], changed = to, true
			}
		}
	}
	if changed {
		u.RawQuery = query.Encode()
	}
	return u.String()
}
