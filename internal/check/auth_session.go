package check

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/markup"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

var authSessionFixation = &Check{
	ID:    string(finding.AuthSessionFixation),
	Doc:   "logins, in browsers that hold a session id already",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		for _, a := range p.Site.Actions {
			if a.Login && a.Method == http.MethodPost && !isSignUp(a) {
				p.Report(intrusion(finding.AuthSessionFixation, a, userOf(p.Site), userOf(p.Site), "Whether an id of before counts after the login is found out by logging in."))
				return // an application has one login, and one session
			}
		}
	},
}

// isSignUp says whether an action opens an account: by its words, or because it asks
// for the password twice, or for an address next to a name.
func isSignUp(a finding.Action) bool {
	if hasAnyWord(a.Route, []string{"register", "signup", "join", "enroll", "registration"}) {
		return true
	}
	passwords, name, mail := 0, false, false
	for _, f := range a.Fields {
		lower := strings.ToLower(f.Name)
		switch {
		case f.Type == "password":
			passwords++
		case f.Type == "email", strings.Contains(lower, "mail"):
			mail = true
		case strings.Contains(lower, "user"), strings.Contains(lower, "name"):
			name = true
		}
	}
	return passwords > 1 || passwords == 1 && mail && name
}

// userOf is the identity that sessions are tried with: the first ordinary one.
func userOf(site *observe.Site) string {
	if names := site.Sightings().Ordinary(); len(names) > 0 {
		return names[0]
	}
	return site.Sightings().Everybody()[0]
}

var authSessionLogout = &Check{
	ID:    string(finding.AuthSessionLogout),
	Doc:   "logouts, after which the old session is tried again",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		user := userOf(p.Site)
		if a, found := logoutOf(p.Site, user); found {
			p.Report(intrusion(finding.AuthSessionLogout, a, user, user, "Whether the session is over is found out by ending one."))
		}
	},
}

// logoutOf is the action by which a user logs out: a form's, or else a link.
func logoutOf(site *observe.Site, user string) (finding.Action, bool) {
	for _, a := range site.Actions {
		if isLogout(a) {
			return a, true
		}
	}
	for _, page := range site.Pages {
		for _, link := range page.Links {
			if page.Exchange.Identity == user && markup.IsLogout(link, "") {
				u, err := url.Parse(link)
				if err != nil {
					continue
				}
				return finding.Action{Method: http.MethodGet, URL: link, Route: u.Path, Source: "link", Page: page.Exchange.URL}, true
			}
		}
	}
	return finding.Action{}, false
}
