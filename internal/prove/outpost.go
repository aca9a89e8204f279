package prove

import (
	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// An outpost is a place from which the attacker's page asks: an origin that the
// target is shown, in a variant of a plan.
type outpost struct {
	from      finding.From
	origin    policy.Origin // Opaque for a sandboxed page
	where     string        // whole origin under which the page is published
	sandboxed bool
	// unreal is set where no page of an attacker can stand; the target is asked all
	// the same, to see what it compares.
	unreal bool
	silent bool // no Origin is shown
}

// outposts are the places a variant stands for, the farthest first. A variant that
// shows the attacker's own origin is tried from everywhere.
func (b *Bench) outposts(target policy.Origin, v finding.Variant) []outpost {
	use := v.Origin
	order, origins := b.froms(target)
	var posts []outpost
	for _, from := range order {
		switch {
		case use == finding.OriginForeign, use == finding.OriginSibling && from == finding.Sibling, use == finding.OriginPort && from == finding.OtherPort:
			o := b.originAt(origins[from])
			posts = append(posts, outpost{from: from, origin: o, where: o.String()})
		}
	}
	far := b.originAt(origins[finding.CrossSite])
	switch use {
	case finding.OriginNull:
		return []outpost{{from: finding.CrossSite, origin: policy.Opaque, where: far.String(), sandboxed: true}}
	case finding.OriginMissing:
		return []outpost{{from: finding.CrossSite, origin: far, unreal: true, silent: true}}
	case finding.OriginSuffix, finding.OriginEnding, finding.OriginPlain:
		o, ok := finding.Impostor(target, use)
		if v.Host != "" {
			o, ok = finding.Ending(v.Host)
		}
		if ok {
			// The target's own host at the target's own port is the target.
			taken := o.Host() == target.Host() && o.Port() == target.Port()
			posts = append(posts, outpost{from: finding.CrossSite, origin: o, where: o.String(), unreal: taken || b.Evil == nil})
		}
	case finding.OriginDowngraded:
		if o, ok := finding.Downgraded(v.Host); ok {
			posts = append(posts, outpost{from: finding.CrossSite, origin: o, where: o.String(), unreal: b.Evil == nil})
		}
	case finding.OriginPort:
		if len(posts) == 0 {
			if o, ok := finding.Impostor(target, use); ok {
				posts = append(posts, outpost{from: finding.OtherPort, origin: o, unreal: true})
			}
		}
	}
	return posts
}

// impostors are the variants whose origins are published whole, so that their hosts
// have to lead to the attacker with their own ports.
var impostors = []finding.OriginUse{finding.OriginSuffix, finding.OriginEnding, finding.OriginPlain}
