package prove

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/identity"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/internal/state"
)

// tryExistence asks as another for the owner's object and for two that are not
// there, each twice, and compares the refusals.
func (b *Bench) tryExistence(ctx context.Context, f finding.Finding, owner *identity.Session, c caller) (finding.Finding, error) {
	f.Proof.Oracle = "http"
	o, err := b.objectOf(ctx, &f, owner, []caller{c})
	if err != nil {
		return f, err
	}
	if slices.ContainsFunc(o.refs, func(r observe.Reference) bool { return looksRandom(r.Value) && len(r.Value) >= 16 }) {
		return f, notTestable("the identifier cannot be guessed, so that who knows it knows that the object exists")
	}
	if shown, err := o.ask(ctx, &f, c); err != nil || len(shown) > 0 {
		if err == nil {
			err = notTestable("the object itself is shown, which is worse")
		}
		return f, err
	}
	there := o.refs[len(o.refs)-1].Value
	oneAddress, one := o.missing(0)
	otherAddress, other := o.missing(1)
	alike := identifiers{there, one, other}
	foreign, err := o.refusals(ctx, c, o.action.URL, alike)
	if err != nil {
		return f, err
	}
	missing, err := o.refusals(ctx, c, oneAddress, alike)
	if err != nil {
		return f, err
	}
	another, err := o.refusals(ctx, c, otherAddress, alike)
	if err != nil {
		return f, err
	}
	differs := foreign[0] == foreign[1] && missing[0] == missing[1] && missing == another && foreign[0] != missing[0]
	told := fmt.Sprintf("foreign: %s; missing: %s", foreign[0].status(), missing[0].status())
	f.Proof.Attempts = append(f.Proof.Attempts, finding.Attempt{Variant: "foreign against missing", Accepted: differs, By: "replay", Why: told})
	if !differs {
		return verdict(f, finding.Refuted, fmt.Sprintf("asked for %s, the object of %q and two that do not exist are refused alike", c.text, owner.Name())), nil
	}
	f.Proof.Changes = []finding.Change{{Where: o.source + ", " + c.name, Before: "missing: " + missing[0].status(), After: "of " + owner.Name() + ": " + foreign[0].status()}}
	return verdict(f, finding.Proven, fmt.Sprintf("asked for %s, the object of %q is refused in another way than one that does not exist (%s), each time", c.text, owner.Name(), told)), nil
}

// A refusal is an answer without what differs from one object to the next.
type refusal string

func (r refusal) status() string {
	status, text, _ := strings.Cut(string(r), "\x00")
	if len(text) > 80 {
		text = strings.ToValidUTF8(text[:80], "") + " …"
	}
	return strings.TrimSpace(status + " " + text)
}

// refusals asks twice.
func (o *object) refusals(ctx context.Context, c caller, address string, alike identifiers) (pair [2]refusal, err error) {
	for i := range pair {
		g, err := o.bench.glance(ctx, c.who, address, o.source)
		if err != nil {
			return pair, err
		}
		var said []string
		for _, value := range g.facts {
			said = append(said, alike.outOf(value))
		}
		slices.Sort(said)
		if g.location != "" {
			said = append(said, "to "+alike.outOf(g.location))
		}
		pair[i] = refusal(fmt.Sprintf("%d\x00%s", g.status, strings.Join(said, " | ")))
	}
	return pair, nil
}

// identifiers are those that were asked for. All are taken out of every answer, and only
// where they stand alone: a short one is also found in addresses, dates and names that
// have nothing to do with the object.
type identifiers []string

func (ids identifiers) outOf(text string) string {
	for _, id := range ids {
		text = replaceAlone(text, id, "0")
	}
	return state.Shape(text)
}

// replaceAlone replaces old where no letter or digit touches it, but for those of a
// percent escape before it.
func replaceAlone(text, old, with string) string {
	if old == "" {
		return text
	}
	var out strings.Builder
	for from := 0; ; {
		i := strings.Index(text[from:], old)
		if i < 0 {
			return out.String() + text[from:]
		}
		start, end := from+i, from+i+len(old)
		escaped := start >= 3 && text[start-3] == '%'
		if start > 0 && isWordByte(text[start-1]) && !escaped || end < len(text) && isWordByte(text[end]) {
			out.WriteString(text[from : start+1])
			from = start + 1
			continue
		}
		out.WriteString(text[from:start] + with)
		from = end
	}
}

func isWordByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
