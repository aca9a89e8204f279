package markup

import (
	"net/url"
	"regexp"
	"strings"
)

var (
	wordBreak = regexp.MustCompile(`[^a-z0-9]+`)
	humps     = regexp.MustCompile(`([a-z0-9])([A-Z])`)
)

// changing are words with which applications name what changes their state.
var changing = wordSet(`accept activate add ack acknowledge approve archive assign ban block buy cancel change clear close
	confirm copy create deactivate decline decrement delete demote deny destroy disable discard dislike dismiss do downvote
	drop duplicate edit empty enable erase exec execute expire favorite favourite flag flush follow freeze generate grant
	hide import increment install invite join kick leave like lock mark merge move mute order pay pin post promote publish
	purge reactivate read rebuild refund register reject release remove rename renew reopen reorder reply resend reset
	resolve restart restore resume retry revert revoke rotate run save send set share start stop submit subscribe suspend
	switch sync terminate toggle transfer trash trigger unban unblock unfollow unlike unlock unmute unpin unpublish
	unsubscribe update upload upvote use verify void vote withdraw write`)

// definite are those of them that hardly ever name a page to read.
var definite = wordSet(`activate approve archive ban cancel deactivate delete destroy disable dislike dismiss downvote drop
	enable erase execute flush freeze grant increment decrement kick purge remove reset restart revert revoke rotate
	terminate toggle trash unban unblock unfollow unlike unlock unmute unpin unpublish unsubscribe upvote vote`)

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

// SuggestsChange says whether following a link could change the target's state: a
// path that ends in a word such as delete, a query that carries one, or a query
// that sets something whose path says set. It is asked before a link is followed,
// so it errs on the side of yes.
func SuggestsChange(rawURL, label string) bool {
	u, err := url.Parse(rawURL)
	if err != nil {
		return true
	}
	if anyWord(definite, lastSegments(u.Path)) {
		return true
	}
	if u.RawQuery == "" {
		return false
	}
	if anyWord(changing, lastSegments(u.Path)) || anyWord(changing, label) {
		return true
	}
	for key, values := range u.Query() {
		if anyWord(changing, key) {
			return true
		}
		for _, v := range values {
			// A value is somebody's text; only one that is a single word is a command.
			if w := words(v); len(w) == 1 && changing[w[0]] && isCommandKey(key) {
				return true
			}
		}
	}
	return false
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
