package markup

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var (
	wordBreak = regexp.MustCompile(`[^a-z0-9]+`)
	humps     = regexp.MustCompile(`([a-z0-9])([A-Z])`)
)

// changing are words with which applications name what changes their state.
var changing = wordSet(`accept activate add acknowledge approve archive assign ban block buy cancel change choose clear close
	confirm deactivate decline decrement delete demote deny destroy disable discard dislike dismiss downvote drop
	duplicate empty enable erase exec execute expire favorite favourite flush follow freeze generate grant hide increment
	invite join kick leave like lock mark merge mute pay pin promote publish purge reactivate rebuild refund reject release
	remove rename renew reopen resend reset resolve restart restore resume retry revert revoke rotate run save send set
	share start stop submit subscribe suspend switch terminate toggle trash trigger unban unblock unfollow unlike unlock
	unmute unpin unpublish unsubscribe update upvote verify void vote withdraw`)

// definite are those of them that hardly ever name a page to read.
var definite = wordSet(`activate approve ban cancel deactivate delete destroy disable dislike dismiss downvote drop
	enable erase execute flush freeze grant increment decrement kick purge remove reset restart revert revoke rotate
	terminate toggle trash unban unblock unfollow unlike unlock unmute unpin unpublish unsubscribe upvote vote`)

// preferences are what a link with a value is likely to set.
var preferences = wordSet(`theme language lang locale currency preference preferences setting settings mode consent cookies
	newsletter notifications value state enabled`)

// looking are parameters that only choose what is shown.
var looking = wordSet(`tab page p sort order by q query search filter view section next from to year month day week offset
	limit cursor id highlight error message msg status return redirect back`)

var leaving = wordSet(`logout logoff signout signoff`)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// IsLogout says whether following a link would end the visitor's session, by its
// address or its label.
func IsLogout(rawURL, label string) bool {
	u, err := url.Parse(rawURL)
	if err != nil {
		return false
	}
	for _, s := range []string{u.Path, u.RawQuery, label} {
		all := words(s)
		for i, w := range all {
			if leaving[w] || i > 0 && (w == "out" || w == "off") && (all[i-1] == "log" || all[i-1] == "sign") {
				return true
			}
		}
	}
	return false
}

// SuggestsChange says whether following a link with a query could change the
// target's state: a path that ends in a word such as toggle, a query that carries
// one, or a preference that is given a value. It is asked before a link is
// followed, so it errs on the side of yes. A link without a query never does: see
// NamesChange.
func SuggestsChange(rawURL, label string) bool {
	u, err := url.Parse(rawURL)
	if err != nil {
		return true
	}
	query := u.Query()
	if len(query) == 0 {
		return false
	}
	end := lastSegments(u.Path)
	if anyWord(changing, end) || anyWord(definite, label) {
		return true
	}
	for key, values := range query {
		switch {
		case anyWord(changing, key), anyWord(preferences, key), anyWord(preferences, end) && !anyWord(looking, key):
			return true
		case isCommandKey(key):
			// A value is somebody's text; only one that is a command counts.
			if slices.ContainsFunc(values, func(v string) bool { return anyWord(changing, v) }) {
				return true
			}
		}
	}
	return false
}

// NamesChange says whether a path without a query ends in a word such as delete:
// it leads to a page that asks for confirmation, or does what it says at once.
func NamesChange(rawURL string) bool {
	u, err := url.Parse(rawURL)
	return err != nil || anyWord(definite, lastSegments(u.Path)) || RemakesStore(rawURL)
}

// remakes are paths that make the whole store of an application anew, as those have
// that are taught and tested with: createdb, reset-data, db/seed.
var remakes = regexp.MustCompile(`\b(?:re)?(?:create|init|initiali[sz]e|drop|reset|wipe|seed|populate|clear|setup|migrate) ?(?:db|database|databases|schema|tables|fixtures)\b|` +
	`\b(?:reset|wipe|seed|populate) ?(?:all )?(?:data|app|application|demo|everything|all)\b|\b(?:db|database|schema) (?:create|init|drop|reset|wipe|seed|populate|clear|setup|migrate)\b`)

// RemakesStore says whether a path is named like what makes the whole store of an
// application anew: with it goes what everybody has, the test's own users included.
func RemakesStore(rawURL string) bool {
	u, err := url.Parse(rawURL)
	return err != nil || remakes.MatchString(strings.Join(words(lastSegments(u.Path)), " "))
}

func isCommandKey(key string) bool {
	for _, w := range words(key) {
		switch w {
		case "action", "act", "do", "op", "operation", "cmd", "command", "task", "method", "mode":
			return true
		}
	}
	return false
}

// lastSegments is the end of a path: what is done stands last, or before the id of
// what it is done to.
func lastSegments(p string) string {
	parts := strings.Split(strings.Trim(p, "/"), "/")
	return strings.Join(parts[max(len(parts)-2, 0):], "/")
}

func anyWord(set map[string]bool, s string) bool {
	for _, w := range words(s) {
		if set[w] {
			return true
		}
	}
	return false
}

func words(s string) []string {
	if decoded, err := url.QueryUnescape(s); err == nil {
		s = decoded
	}
	return strings.Fields(wordBreak.ReplaceAllString(strings.ToLower(humps.ReplaceAllString(s, "$1 $2")), " "))
}

// onThings are words for what is done to one thing of many. Words such as save and
// toggle are not among them: what stands before those is as often a function.
var onThings = wordSet(`delete remove destroy erase trash archive unarchive restore edit view show details approve reject publish
	unpublish vote upvote downvote like unlike ban unban`)

// ActsOnThing says whether a path segment is one word for what is done to one thing
// of many: delete, edit, approve.
func ActsOnThing(segment string) bool {
	w := words(segment)
	return len(w) == 1 && onThings[w[0]]
}

// ChangeKey is the same for links that do the same to different things: the name of
// the thing is left out of the path.
func ChangeKey(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return rawURL
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	for i := len(parts) - 1; i >= 0; i-- {
		if anyWord(definite, parts[i]) {
			if i+1 < len(parts) {
				parts[i+1] = "{}"
			} else if i > 0 {
				parts[i-1] = "{}"
			}
			break
		}
	}
	return u.Host + "/" + strings.Join(parts, "/")
}
