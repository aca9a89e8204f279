package prove

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/net/html/atom"

	"golang.org/x/net/html"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// removeCreated destroys what the action made, by the application's own action
// for that, and only what bears a marker of ours.
func (s *subject) removeCreated(ctx context.Context) (string, error) {
	removers := s.removers()
	if len(removers) == 0 {
		return "", nil
	}
	wide := s.oracleFor(s.action)
	now, err := wide.Read(ctx)
	if err != nil {
		return "", err
	}
	for _, mark := range slices.Clone(s.marks) {
		if !now.Has(mark) {
			continue
		}
		for _, remover := range removers {
			gone, err := s.remove(ctx, wide, remover, now, mark)
			if err != nil {
				return "", err
			}
			if gone {
				break
			}
		}
	}
	return "what was made was removed by the application's own means", nil
}

// removers are the destructive actions on what the action's collection holds.
func (s *subject) removers() []finding.Action {
	under, at := addsTo(s.action.Route), addsTo(pathOf(s.action.URL))
	if under == "" {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.bench.guide().removers[under]), func(a finding.Action) bool {
		return a.Bearer && s.victim.Ambient() || within(a) != at
	})
}

// remove aims one remover at the object that bears mark and says whether it is gone.
func (s *subject) remove(ctx context.Context, wide oracle, remover finding.Action, now state.Snapshot, mark string) (bool, error) {
	aimed, ok := s.bench.aimAt(ctx, s.victim, remover, s.bench.diff(s.before, now), mark)
	if !ok {
		return false, nil
	}
	other, err := s.bench.newSubject(aimed, s.victim)
	if err != nil {
		return false, nil // another remover may be in scope
	}
	other.near, other.listing = mark, s.action.Page
	if err := other.open(ctx); err != nil {
		return false, err
	}
	if !other.isAimed(mark) {
		return false, nil
	}
	if err := other.resend(ctx, other.asItStands("")); err != nil {
		return false, err
	}
	after, err := wide.Read(ctx)
	return err == nil && !after.Has(mark), err
}

// rowHas says whether one row or item of the page has both the text and, in an
// address or a hidden field, the fragment.
func (d document) rowHas(text, fragment string) bool {
	found := false
	each(d.root, func(n *html.Node) {
		if n.DataAtom != atom.Tr && n.DataAtom != atom.Li && n.DataAtom != atom.Article || !strings.Contains(textOf(n), text) {
			return
		}
		each(n, func(c *html.Node) {
			for _, name := range []string{"href", "action", "value", "formaction"} {
				if strings.Contains(attribute(c, name)+"/", fragment+"/") {
					found = true
				}
			}
		})
	})
	return found
}
