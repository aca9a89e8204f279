package draft

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/har"
	"github.com/mantlet-dev/mantlet/internal/markup"
)

// A Person is somebody to log in as: Name is what the file calls them, User what they
// log in by.
type Person struct{ Name, User string }

// textOf is what a recorded request said in a field.
func textOf(e har.Entry, field string) string {
	for _, f := range e.Fields() {
		if text, ok := f.Value.(string); ok && f.Name == field {
			return text
		}
	}
	return ""
}

// sameWay says whether two logins differ in who logged in alone.
func (l *Login) sameWay(m Login) bool {
	return l.URL == m.URL && l.User == m.User && l.Password == m.Password && l.Form == m.Form
}

// mostPeople bounds who is taken over from a window.
const mostPeople = 5

// addPeople takes over everybody who logged in the way of the draft. Where logins lead
// somewhere, one that showed its form again was a slip of the fingers.
func (d *Draft) addPeople(logins []*Login) {
	leads := slices.ContainsFunc(logins, func(l *Login) bool { return l.moved })
	for _, l := range logins {
		if leads && !l.moved || !l.sameWay(*d.Login) || l.name == "" || len(l.name) > 100 || len(d.People) == mostPeople {
			continue
		}
		if !slices.ContainsFunc(d.People, func(p Person) bool { return p.User == l.name }) {
			d.People = append(d.People, Person{Name: d.freeName(l.name), User: l.name})
		}
	}
}

var noName = regexp.MustCompile(`[^a-z0-9_]+`)

// freeName is a name for the file, made of what somebody logs in by.
func (d *Draft) freeName(user string) string {
	user, _, _ = strings.Cut(strings.ToLower(user), "@")
	name := strings.Trim(noName.ReplaceAllString(user, "_"), "_")
	if name == "" || name[0] < 'a' {
		name = strings.TrimSuffix("user_"+name, "_")
	}
	for slices.ContainsFunc(d.People, func(p Person) bool { return p.Name == name }) {
		name += "_2"
	}
	return name
}

// mostSeeds bounds the pages that a draft names.
const mostSeeds = 100

// addSeeds names the pages that were opened and the data that scripts read.
func (d *Draft) addSeeds(r har.Recording) {
	for _, e := range r.Entries {
		at := pathOf(e.URL)
		read := e.Type == "text/html" || e.Type == "application/json"
		switch {
		case origin(e.URL) != d.Target || e.Socket || e.Method != http.MethodGet || e.Status >= 300 || !read:
		case at == "" || slices.Contains(d.Seeds, at) || markup.IsLogout(e.URL, "") || len(d.Seeds) == mostSeeds:
		default:
			d.Seeds = append(d.Seeds, at)
		}
	}
	slices.Sort(d.Seeds)
}
