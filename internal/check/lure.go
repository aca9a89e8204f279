package check

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// A lure is one control of a page, or several in a row, that an attacker might
// make the user click.
type lure struct {
	action    finding.Action // what the last click does
	clicks    []finding.Click
	sensitive string
	typed     bool // the user would have to fill something in
}

// mostLures is how many controls of a page are tried.
const mostLures = 3

// lures are the most promising controls of a page: sensitive ones first, then
// those that one click works. What asks the user to type is only kept if it is
// sensitive and nothing else is there.
func lures(site *observe.Site, d document) []lure {
	var list []lure
	for _, c := range d.page.Controls {
		a, ok := actionOf(site, c)
		if !ok || isLogout(a) || a.Login || c.Selector == "" {
			continue
		}
		list = append(list, lureOf(site, d, c, a)...)
	}
	slices.SortStableFunc(list, func(a, b lure) int { return a.rank() - b.rank() })
	if len(list) > 0 && !list[0].typed {
		list = slices.DeleteFunc(list, func(l lure) bool { return l.typed })
	} else {
		list = slices.DeleteFunc(list, func(l lure) bool { return l.sensitive == "" })
		list = list[:min(len(list), 1)]
	}
	return list[:min(len(list), mostLures)]
}

func (l lure) rank() int {
	rank := 0
	if l.typed {
		rank += 8
	}
	if l.sensitive == "" {
		rank += 4
	}
	if !l.action.HighStakes() {
		rank += 2
	}
	return rank + len(l.clicks) - 1
}

func actionOf(site *observe.Site, c observe.Control) (finding.Action, bool) {
	if c.Action < 0 || c.Action >= len(site.Actions) {
		return finding.Action{}, false
	}
	return site.Actions[c.Action], true
}

func lureOf(site *observe.Site, d document, c observe.Control, a finding.Action) []lure {
	first := finding.Click{Page: d.URL, Selector: c.Selector, Label: c.Label}
	l := lure{action: a, clicks: []finding.Click{first}, sensitive: c.Sensitive, typed: wantsTyping(a)}
	if next, confirm, ok := confirmation(site, d, a); ok {
		l.action, l.clicks = confirm, append(l.clicks, next)
		l.typed = l.typed || wantsTyping(confirm)
		return []lure{l}
	}
	if a.Method == http.MethodGet && !looksLikeChange(a) {
		return nil // it only leads somewhere
	}
	return []lure{l}
}

// confirmation is the second click, where the first only leads to a page that
// asks again: a page that is known, or one that only an unsafe request gives and
// nobody has seen yet. The frame moves on to it by itself.
func confirmation(site *observe.Site, d document, a finding.Action) (finding.Click, finding.Action, bool) {
	for _, page := range site.Sightings().PagesAt(a.Route) {
		if a.Method != http.MethodGet || page.Exchange.Identity != d.Identity || page.Exchange.Route == d.Route {
			continue
		}
		for _, c := range page.Controls {
			if confirm, ok := actionOf(site, c); ok && confirm.Method != http.MethodGet && c.Selector != "" && !isLogout(confirm) {
				return finding.Click{Page: d.URL, Selector: c.Selector, Label: c.Label}, confirm, true
			}
		}
	}
	if a.Method == http.MethodPost && hasAnyWord(a.Route, stepWords) {
		return finding.Click{Page: d.URL, Label: "the control that confirms"}, confirmAction(site, a), true
	}
	return finding.Click{}, finding.Action{}, false
}

var stepWords = []string{"review", "preview", "prepare", "start", "begin", "step", "step1", "check", "next", "continue"}

// confirmAction is the action beside a whose words say that it is the last step,
// or a itself if none is known.
func confirmAction(site *observe.Site, a finding.Action) finding.Action {
	parent := a.Route[:strings.LastIndexByte(a.Route, '/')+1]
	for _, b := range site.Actions {
		rest, ok := strings.CutPrefix(b.Route, parent)
		if ok && b.Method == http.MethodPost && b.Route != a.Route && hasAnyWord(rest, []string{"confirm", "commit", "finish", "complete", "submit", "execute"}) {
			return b
		}
	}
	return a
}

// typedTypes are inputs that stay empty unless the user types or chooses.
var typedTypes = []string{"", "text", "email", "number", "integer", "password", "textarea", "tel", "url", "date", "datetime-local", "time", "month", "week", "file", "search"}

// wantsTyping says whether the form cannot be sent before the user filled in a
// field: one that is required and empty, or a password.
func wantsTyping(a finding.Action) bool {
	return slices.ContainsFunc(a.Fields, func(f finding.Field) bool {
		if f.Token || f.In == "path" || f.In == "header" {
			return false
		}
		empty := f.Value == "" && slices.Contains(typedTypes, f.Type)
		return empty && (f.Required || f.Type == "password")
	})
}
