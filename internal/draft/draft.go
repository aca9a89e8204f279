// Package draft writes a first mantlet.yaml from what is already written down about an
// application: an OpenAPI document, or a recording of somebody using it. It names
// environment variables in the place of secrets, and of a recording nothing but
// addresses and the names of fields gets into the file.
package draft

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// A Draft is a configuration to be looked over by whoever uses it.
type Draft struct {
	// From says what it was made of, for people.
	From string
	// Target is the origin to scan, Assumed set if nothing named one.
	Target  string
	Assumed bool
	// Others are further origins that may belong to the application; they stay out of
	// scope until the user takes them in.
	Others []string
	// Window is set if somebody was watched at work for the purpose.
	Window bool
	// OpenAPI and HAR are documents and recordings for the scan to read.
	OpenAPI, HAR []string
	// Seeds are paths that were seen.
	Seeds []string
	// Notes are sentences on what was found.
	Notes []string
	// Login is the best guess at how to log in, Logins how many there were.
	Login  *Login
	Logins int
	// People are those who logged in; none: made-up ones.
	People []Person
	// Ways in for those who have no login: a session cookie, a bearer token, a header
	// with a key.
	Cookie, Bearer bool
	Key            string
	// Exclude are paths that end sessions.
	Exclude []string
	Sockets []Socket
}

// A Login is where to send a name and a password.
type Login struct {
	URL            string // path
	Form           bool   // a page with a form; else an endpoint
	URLEncoded     bool   // an endpoint that takes fields as a form sends them
	User, Password string // names of fields
	// Fixed are fields that have one possible value, Further those that the user has
	// to know about.
	Fixed   map[string]string
	Further []string
	Token   string // JSON pointer to a bearer token
	TokenAs string // header that shows it, "" for the usual one
	name    string // who logged in
	moved   bool   // the answer led to another page
}

// A Socket is a WebSocket and what to send over it.
type Socket struct {
	URL      string // path
	Messages []string
}

// assumedTarget is where applications under development mostly stand.
const assumedTarget = "http://127.0.0.1:8000"

// userNames are names of fields that hold who logs in, the likeliest first.
var userNames = []string{"username", "user_name", "email", "login", "user", "account", "identifier", "userid", "user_id", "name", "mail", "phone"}

// userField chooses the field for the name, and what is left.
func userField(names []string) (user string, rest []string) {
	for _, wanted := range userNames {
		i := slices.IndexFunc(names, func(n string) bool { return plainName(n) == plainName(wanted) })
		if i < 0 {
			i = slices.IndexFunc(names, func(n string) bool {
				return strings.Contains(plainName(n), plainName(wanted)) && plainName(n) != "csrfname"
			})
		}
		if i >= 0 {
			return names[i], slices.Delete(slices.Clone(names), i, i+1)
		}
	}
	return "", names
}

func plainName(name string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "", "[", "", "]", "").Replace(strings.ToLower(lastStep(name)))
}

func isPassword(name string) bool {
	name = plainName(name)
	return strings.Contains(name, "password") || strings.Contains(name, "passwd") || strings.Contains(name, "passphrase") || name == "pass" || name == "pwd" || name == "secret" || name == "pin"
}

// passwordField chooses the field for the password, and what is left: OAuth's login
// takes a secret of the client's too.
func passwordField(names []string) (password string, rest []string) {
	if len(names) == 0 {
		return "", nil
	}
	at := max(0, slices.IndexFunc(names, isPassword))
	if i := slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(plainName(n), "pass") }); i >= 0 {
		at = i
	}
	return names[at], slices.Delete(slices.Clone(names), at, at+1)
}

// loginRank orders addresses by how much they sound like where sessions begin; 0 is
// where they do not: sign-up takes passwords, too.
func loginRank(path string) int {
	path = strings.ToLower(path)
	for rank, words := range [][]string{{"register", "signup", "sign-up", "sign_up", "reset", "forgot", "change", "users"},
		{"session", "auth"}, {"token"}, {"login", "log-in", "log_in", "signin", "sign-in", "sign_in", "logon"}} {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(path, w) }) && (rank > 0 || !strings.Contains(path, "login")) {
			return rank
		}
	}
	return 1
}

// origin is the scheme and host of a URL, "" if it is none of the web.
func origin(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return ""
	}
	scheme := map[string]string{"http": "http", "https": "https", "ws": "http", "wss": "https"}[u.Scheme]
	if scheme == "" || !isHost(u.Host) {
		return ""
	}
	return scheme + "://" + strings.ToLower(u.Host)
}

// isHost keeps out what no browser would ask a name server for.
func isHost(host string) bool {
	return strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789.-:[]_") == ""
}

// pathOf is a URL's path as it stands in the file, "" if part of it could be a secret.
func pathOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	path := cmp.Or(u.EscapedPath(), "/")
	if slices.ContainsFunc(strings.Split(u.Path, "/"), mayBeSecret) {
		return ""
	}
	return path
}

// mayBeSecret says whether a part of a path is no word of the application's own.
func mayBeSecret(part string) bool {
	digits := len(part) - len(strings.Trim(part, "0123456789"))
	for _, r := range part {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	return len(part) > 40 || len(part) >= 8 && digits >= 3 || strings.ContainsAny(part, "=@%")
}
