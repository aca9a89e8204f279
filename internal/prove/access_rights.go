package prove

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// setsOwnRights says whether a plan's action is there to set what somebody may do, and
// whom it sets that of is who sends it.
func (b *Bench) setsOwnRights(f finding.Finding, user *identity.Session) bool {
	a := f.Plan.Action
	if !changesRights(a) {
		return false
	}
	owner, named := b.Site.Account(observe.References(a.Route, a.URL, a.Fields))
	return named && owner == user.Name()
}

// tryOwnRights has a user set their own rights by an action that is there for that. As
// a control the present ones are set, which changes nothing: a refusal of that tells
// that the action is not the user's. What was gained is given back.
func (b *Bench) tryOwnRights(ctx context.Context, f finding.Finding, user *identity.Session) (finding.Finding, error) {
	s, err := b.bareSubject(f.Plan.Action, user)
	if err != nil {
		return f, err
	}
	if err := s.keepAlive(ctx); err != nil {
		return f, err
	}
	pages := b.pages(user, b.readable(user, s.action, s.showing(f.Plan.Extra)))
	a := &assigning{subject: s, wide: oracle{append(slices.Clone(b.Readers), pages.readers...)}}
	f.Proof.Oracle = a.wide.Name()
	for _, extra := range f.Plan.Extra {
		same, err := a.with(ctx, &f, added{extra, extra.Value})
		if err != nil {
			return f, err
		}
		b.Ledger.changed(same.entry, nil) // it set what there was
		switch status := same.answer.status; {
		case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound:
			return verdict(f, finding.Refuted, fmt.Sprintf("the request, which would have set %s to what it is already, was answered %d to %q", extra.Name, status, user.Name())), nil
		case status >= 400:
			return f, notTestable("the request, which would have set %s to what it is already, was answered %d", extra.Name, status)
		}
		f.Proof.Controls = append(f.Proof.Controls, finding.Control{Name: "legitimate", Passed: true,
			Text: fmt.Sprintf("the same request with the present value of %s was answered %d and changed nothing", extra.Name, same.answer.status)})
		for _, value := range valuesOf(extra) {
			proven, err := a.one(ctx, &f, added{extra, value}, same)
			if err != nil {
				return f, err
			}
			if proven {
				a.settleRights(f.Proof.Changes, extra)
				return verdict(f, finding.Proven, fmt.Sprintf("%q set the own %s, which decides what users may do: re-read as %q", user.Name(), extra.Name, f.Proof.Marker)), nil
			}
		}
	}
	if why := failures(f.Proof.Attempts, addition{}); why != "" {
		return f, notTestable("%s", why)
	}
	return verdict(f, finding.Refuted, fmt.Sprintf("%s stayed as they were", extraNames(f.Plan.Extra))), nil
}

// settleRights says in the ledger how giving back what was gained went. What stood
// nowhere before has no value to be set back to.
func (a *assigning) settleRights(gained []finding.Change, extra finding.Field) {
	if gained[0].Before == "" {
		a.bench.Ledger.settle(a.pending, false, fmt.Sprintf("%s was shown nowhere before, so that there is nothing to set it back to: look at it by hand", extra.Name))
		return
	}
	a.bench.Ledger.settle(a.pending, true, fmt.Sprintf("%s was set back the same way", extra.Name))
}
