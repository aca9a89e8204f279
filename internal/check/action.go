package check

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// actionsOf are the site's actions that keep says something about, one per
// endpoint: a form is preferred to what a document says of the same endpoint.
// Logging out is never among them.
func actionsOf(site *observe.Site, keep func(finding.Action) bool) []finding.Action {
	return onePerEndpoint(site.Actions, keep)
}

func onePerEndpoint(actions []finding.Action, keep func(finding.Action) bool) []finding.Action {
	index := map[string]int{}
	var list []finding.Action
	for _, a := range actions {
		if isLogout(a) || !keep(a) {
			continue
		}
		i, known := index[a.Endpoint().String()]
		switch {
		case !known:
			index[a.Endpoint().String()] = len(list)
			list = append(list, a)
		case list[i].Page == "" && a.Page != "", list[i].Page != "" && a.Page != "" && !hasToken(list[i]) && hasToken(a):
			// One form of an endpoint with a token says that the endpoint has tokens,
			// whatever another form leaves out.
			list[i] = a
		}
	}
	return list
}

// isForm says whether a foreign form can send the action as the site sends it.
func isForm(a finding.Action) bool {
	return a.Method == "POST" && !a.Login && !isJSON(a)
}

func isJSON(a finding.Action) bool {
	return a.Encoding == finding.EncodingJSON || strings.HasSuffix(a.Encoding, "+json")
}

// hasToken says whether something in the action behaves like an anti-forgery
// token, whatever it is called.
func hasToken(a finding.Action) bool { return a.HeaderToken != "" || tokenField(a) != "" }

func tokenField(a finding.Action) string {
	for _, f := range a.Fields {
		if f.Token {
			return f.Name
		}
	}
	return ""
}

var logoutWords = []string{"logout", "signout", "logoff"}

func isLogout(a finding.Action) bool {
	joined := strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(a.Route))
	return slices.ContainsFunc(logoutWords, func(w string) bool { return strings.Contains(joined, w) })
}

var (
	searchWords = []string{"search", "find", "filter", "query", "lookup", "suggest", "autocomplete", "preview", "export", "download"}
	searchNames = []string{"q", "s", "query", "search", "term", "keyword", "keywords", "filter", "page", "sort", "order",
		"limit", "offset", "per_page", "cursor", "lang", "locale", "from", "to", "date", "category", "tag", "next", "redirect"}
)

// isSearch says whether an action only asks: by the words of its route, or
// because all it sends are terms, filters and pages.
func isSearch(a finding.Action) bool {
	if hasAnyWord(a.Route, searchWords) {
		return true
	}
	asked := 0
	for _, f := range a.Fields {
		if f.Token || f.In == "path" || f.In == "header" {
			continue
		}
		if f.Type != "search" && !slices.Contains(searchNames, strings.ToLower(f.Name)) {
			return false
		}
		asked++
	}
	return asked > 0
}

// changeWords are verbs that make a GET look like a change. "set" is one in the
// way it is used here; "settings" is not.
var changeWords = []string{"delete", "remove", "destroy", "cancel", "add", "create", "new", "set", "update", "edit", "change", "save",
	"toggle", "switch", "enable", "disable", "activate", "deactivate", "approve", "reject", "accept", "confirm", "grant", "revoke",
	"promote", "demote", "ban", "block", "unblock", "subscribe", "unsubscribe", "follow", "unfollow", "like", "vote", "buy", "order",
	"transfer", "pay", "send", "reset", "clear", "purge", "archive", "restore", "publish", "unpublish", "move", "rename"}

func looksLikeChange(a finding.Action) bool {
	if hasAnyWord(a.Route, changeWords) {
		return true
	}
	return slices.ContainsFunc(a.Fields, func(f finding.Field) bool {
		return f.In != "path" && (hasAnyWord(f.Name, changeWords) || f.Name == "action" && hasAnyWord(f.Value, changeWords))
	})
}

func hasAnyWord(text string, words []string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), func(w string) bool { return slices.Contains(words, w) })
}

// victimOf is the identity as whom an action is forged: the first that was shown
// it, or else the first that is logged in.
func victimOf(site *observe.Site, a finding.Action) string {
	if name := site.Sightings().FirstActor(a); name != "" {
		return name
	}
	for _, name := range site.Identities {
		if name != "" {
			return name
		}
	}
	return ""
}

func withoutFragment(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	u.Fragment = ""
	return u.String()
}
