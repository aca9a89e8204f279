package prove

import (
	"context"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Many switches are two actions: what was followed is unfollowed. The second is only
// offered once the first was done, so it is looked for on the pages at hand, when it is
// needed.

// opposites are words for what takes back what the other does.
var opposites = [][2]string{{"follow", "unfollow"}, {"subscribe", "unsubscribe"}, {"like", "unlike"}, {"star", "unstar"}, {"pin", "unpin"},
	{"archive", "unarchive"}, {"block", "unblock"}, {"mute", "unmute"}, {"lock", "unlock"}, {"share", "unshare"}, {"publish", "unpublish"},
	{"bookmark", "unbookmark"}, {"watch", "unwatch"}, {"hide", "unhide"}, {"hide", "show"}, {"favorite", "unfavorite"}, {"favourite", "unfavourite"},
	{"trackable", "untrack"}, {"track", "untrack"}, {"join", "leave"}, {"enable", "disable"}, {"activate", "deactivate"}, {"open", "close"}, {"highlight", "trivialize"}, {"read", "unread"}}

// oppositesOf are the paths that would take back what path does, one for each word in
// it that has an opposite.
func oppositesOf(path string) []string {
	var paths []string
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		for _, pair := range opposites {
			for from, to := range map[string]string{pair[0]: pair[1], pair[1]: pair[0]} {
				if segment == from {
					other := slices.Clone(segments)
					other[i] = to
					paths = append(paths, strings.Join(other, "/"))
				}
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// takeBack does the opposite of the action where a page offers it, and says whether it
// was sent.
func (s *subject) takeBack(ctx context.Context) (bool, error) {
	paths := oppositesOf(pathOf(s.action.URL))
	if len(paths) == 0 {
		return false, nil
	}
	for _, address := range s.bench.readable(s.victim, s.action, nil)[:1] {
		page, _, err := s.bench.fetch(ctx, s.victim, address)
		if err != nil {
			return false, err
		}
		for _, form := range page.forms() {
			if form.method != "POST" || !slices.Contains(paths, form.url.Path) || s.bench.Grant.Allows(form.url.String()) != nil {
				continue
			}
			return true, s.submitAsItStands(ctx, form, address)
		}
	}
	return false, nil
}

func (s *subject) submitAsItStands(ctx context.Context, form *form, address string) error {
	a := finding.Action{Method: form.method, URL: form.url.String(), Route: form.url.Path, Encoding: form.enctype, Page: address, Source: "form"}
	for _, in := range form.inputs {
		a.Fields = append(a.Fields, finding.Field{Name: in.name, Type: in.kind, Value: in.value})
	}
	other, err := s.bench.bareSubject(a, s.victim)
	if err != nil {
		return err
	}
	if err := other.open(ctx); err != nil {
		return err
	}
	return other.resend(ctx, other.asItStands(""))
}

// takeAllBack undoes what the action did by its opposite.
func (s *subject) takeAllBack(ctx context.Context) (string, error) {
	if done, err := s.takeBack(ctx); !done || err != nil {
		return "", err
	}
	return "the opposite was done, which the page offers", nil
}

// anew takes the action back before it is forged, so that its effect can be seen.
func (s *subject) anew(ctx context.Context) error {
	if done, err := s.takeBack(ctx); !done || err != nil {
		return err
	}
	now, err := s.oracle.Read(ctx)
	if err == nil {
		s.hasRead(now)
	}
	return err
}
