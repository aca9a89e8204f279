package draft

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/har"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// FromRecording drafts from what a browser was recorded to send; named is the file.
func FromRecording(r har.Recording, named string) (Draft, error) {
	target, others := origins(r)
	if target == "" {
		return Draft{}, fmt.Errorf("%s holds no request of the web: record while you use the application", named)
	}
	d := Draft{From: named, Target: target, Others: others, HAR: []string{named}}
	d.read(r)
	return d, nil
}

// FromWindow drafts from what somebody did in a window that they opened at a URL for the
// purpose: unlike in a file, the names they logged in by are taken over. saved is the
// file that the recording was kept in, "" if it was not; the pages that were seen stand
// in the draft then.
func FromWindow(r har.Recording, at, saved string) (Draft, error) {
	target, others := origins(r)
	if target == "" {
		return Draft{}, fmt.Errorf("nothing of %s was seen: use the application in the window before you close it", at)
	}
	d := Draft{From: "what you did at " + target, Target: target, Others: others, Window: true}
	logins := d.read(r)
	if d.Login != nil {
		d.addPeople(logins)
	}
	if saved != "" {
		d.HAR = []string{saved}
	} else {
		d.addSeeds(r)
	}
	return d, nil
}

// read takes over what a recording shows of the target, and gives the requests that
// took a password.
func (d *Draft) read(r har.Recording) []*Login {
	changes, reads := 0, 0
	var logins []*Login
	for _, e := range r.Entries {
		if origin(e.URL) != d.Target {
			continue
		}
		if at := pathOf(e.URL); at != "" {
			d.excludeLogout(at)
		}
		d.Cookie = d.Cookie || e.Header.Get("Cookie") != ""
		d.Bearer = d.Bearer || strings.HasPrefix(strings.ToLower(e.Header.Get("Authorization")), "bearer ")
		switch {
		case e.Socket:
			d.addSocket(e)
		case changesSomething(e.Method):
			changes++
			if l := loginIn(e); l != nil {
				logins = append(logins, l)
			}
		default:
			reads++
		}
	}
	slices.SortStableFunc(logins, func(a, b *Login) int { return loginRank(b.URL) - loginRank(a.URL) })
	logins = slices.DeleteFunc(logins, func(l *Login) bool { return loginRank(l.URL) == 0 })
	var ways []Login
	for _, l := range logins {
		if !slices.ContainsFunc(ways, l.sameWay) {
			ways = append(ways, *l)
		}
	}
	if d.Logins = len(ways); d.Logins > 0 {
		d.Login = logins[0]
	}
	d.Notes = append(d.Notes, fmt.Sprintf("The recording holds %d requests that may change something and %d that only read.", changes, reads))
	return logins
}

func changesSomething(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// origins are the one that was used, by documents opened and requests that change
// something, and those of its site that were sent something as well.
func origins(r har.Recording) (target string, others []string) {
	weight := map[string]int{}
	var order []string
	for _, e := range r.Entries {
		o := origin(e.URL)
		if o == "" {
			continue
		}
		if weight[o] == 0 {
			order = append(order, o)
		}
		weight[o]++
		if e.Type == "text/html" && e.Header.Get("Sec-Fetch-Dest") != "iframe" {
			weight[o] += 50
		}
		if changesSomething(e.Method) {
			weight[o] += 10
		}
	}
	if len(order) == 0 {
		return "", nil
	}
	ranked := slices.Clone(order)
	slices.SortStableFunc(ranked, func(a, b string) int { return cmp.Compare(weight[b], weight[a]) })
	target = ranked[0]
	for _, o := range ranked[1:] {
		if sameSite(o, target) {
			others = append(others, o)
		}
	}
	return target, others
}

func sameSite(a, b string) bool {
	x, errX := policy.ParseOrigin(a)
	y, errY := policy.ParseOrigin(b)
	return errX == nil && errY == nil && x.SameSite(y)
}

// loginIn is how a recorded request logged somebody in, nil if it did not: it sent
// one password.
func loginIn(e har.Entry) *Login {
	l := &Login{URL: pathOf(e.URL), Fixed: map[string]string{}}
	var others []string
	for _, f := range e.Fields() {
		switch {
		case !isPassword(f.Name):
			others = append(others, f.Name)
		case l.Password != "":
			return nil // two of them: a sign-up, or a change of password
		default:
			l.Password = f.Name
		}
	}
	if l.Password == "" || l.URL == "" || e.Status >= 400 {
		return nil
	}
	l.User, others = userField(others)
	l.name, l.moved = textOf(e, l.User), e.Status >= 300
	switch {
	case e.Encoding() == "application/json":
		l.Further = others
	case isNavigation(e):
		// The form fills its other fields in by itself.
		l.Form = true
		if page := e.Header.Get("Referer"); origin(page) == origin(e.URL) && pathOf(page) != "" {
			l.URL = pathOf(page)
		}
	default:
		l.URLEncoded, l.Further = true, others
	}
	if i := slices.Index(l.Further, "grant_type"); i >= 0 {
		l.Fixed["grant_type"], l.Further = "password", slices.Delete(l.Further, i, i+1)
	}
	if i := slices.IndexFunc(e.Strings, observe.PointsToToken); i >= 0 {
		l.Token = e.Strings[i]
	}
	return l
}

// isNavigation says whether the answer was opened as a page.
func isNavigation(e har.Entry) bool {
	if mode := e.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(e.Header.Get("Accept"), "text/html")
}

// mostMessages is how many messages of a socket are worth showing.
const mostMessages = 3

func (d *Draft) addSocket(e har.Entry) {
	at := pathOf(e.URL)
	if at == "" {
		d.Notes = append(d.Notes, "A socket is left out, because its address holds what may be a secret: add it by hand.")
		return
	}
	i := slices.IndexFunc(d.Sockets, func(s Socket) bool { return s.URL == at })
	if i < 0 {
		i = len(d.Sockets)
		d.Sockets = append(d.Sockets, Socket{URL: at})
	}
	for _, text := range e.Sent {
		m := shapeOf(text)
		if s := &d.Sockets[i]; m != "" && len(s.Messages) < mostMessages && !slices.Contains(s.Messages, m) {
			s.Messages = append(s.Messages, m)
		}
	}
}
