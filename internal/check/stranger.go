package check

import (
	"strconv"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// A stranger is an origin that an attacker may hold, and how it stands to the target.
type stranger struct {
	from   finding.From
	origin policy.Origin
}

// strangersOf are the origins asked about for a target: an unrelated site, a host
// of the same site and another port of the same host, as far as the target can
// have them. An address has no sub-domains.
func strangersOf(target policy.Origin) []stranger {
	list := []stranger{{finding.CrossSite, unrelated(target)}}
	if o, err := policy.OriginOfURL(target.Scheme() + "://attacker." + target.RegistrableDomain()); err == nil && !target.IsAddress() && o.SameSite(target) {
		list = append(list, stranger{finding.Sibling, o})
	}
	port := target.Port() + 1
	if port == 0 {
		port = 1024
	}
	if o, err := policy.OriginOfURL(target.Scheme() + "://" + target.Host() + ":" + strconv.Itoa(int(port))); err == nil {
		list = append(list, stranger{finding.OtherPort, o})
	}
	return list
}

// unrelated is a site that has nothing to do with target. It has a certificate,
// as every attacker has, unless the browser would not show target below https.
func unrelated(target policy.Origin) policy.Origin {
	host := "attacker.example"
	if target.RegistrableDomain() == host {
		host = "attacker.test"
	}
	o := mustOrigin("https://" + host)
	if policy.MixedContent(target, o) {
		o = mustOrigin("http://" + host)
	}
	return o
}

func mustOrigin(s string) policy.Origin {
	o, err := policy.OriginOfURL(s)
	if err != nil {
		panic(err) // only called with constants
	}
	return o
}

// registrants are origins under the public suffixes that a policy's wildcards
// name: for https://*.github.io anybody can have one.
func registrants(f policy.Framing, target policy.Origin) []stranger {
	return named(f, target, func(s policy.Source, o policy.Origin) bool {
		return s.Wildcard && o.RegistrableDomain() == o.Host()
	})
}

// partners are one origin for each foreign source that a policy names.
func partners(f policy.Framing, target policy.Origin) []stranger {
	return named(f, target, func(policy.Source, policy.Origin) bool { return true })
}

func named(f policy.Framing, target policy.Origin, keep func(policy.Source, policy.Origin) bool) []stranger {
	var list []stranger
	for _, s := range f.Listed(target) {
		if o, ok := memberOf(s); ok && !o.SameSite(target) && keep(s, o) {
			list = append(list, stranger{finding.CrossSite, o})
		}
	}
	return list
}

// memberOf is one origin that the host source s admits.
func memberOf(s policy.Source) (policy.Origin, bool) {
	if s.Kind != policy.SourceHost || s.Host == "" {
		return policy.Origin{}, false
	}
	scheme, host := s.Scheme, s.Host
	if scheme == "" || scheme == "http" {
		// A source without a scheme takes the target's and its upgrade; http is
		// matched by https as well.
		scheme = "https"
	}
	if s.Wildcard {
		host = "attacker." + host
	}
	if s.Port > 0 {
		host += ":" + strconv.Itoa(s.Port)
	}
	o, err := policy.OriginOfURL(scheme + "://" + host)
	return o, err == nil
}

// positions are the situations a verdict is given for. Neighbours of the target
// are the same site to the browser, so neither the age of a cookie nor the
// setting for third-party cookies makes a difference from there.
var positions = []finding.Position{
	{From: finding.CrossSite, Cookie: finding.Fresh, ThirdParty: finding.ThirdPartyAllowed},
	{From: finding.CrossSite, Cookie: finding.Aged, ThirdParty: finding.ThirdPartyAllowed},
	{From: finding.CrossSite, Cookie: finding.Fresh, ThirdParty: finding.ThirdPartyBlocked},
	{From: finding.CrossSite, Cookie: finding.Aged, ThirdParty: finding.ThirdPartyBlocked},
	{From: finding.Sibling, Cookie: finding.Aged, ThirdParty: finding.ThirdPartyAllowed},
	{From: finding.OtherPort, Cookie: finding.Aged, ThirdParty: finding.ThirdPartyAllowed},
}

// vectorOf asks judge for every position the target can have an attacker in.
func vectorOf(target policy.Origin, judge func(policy.Origin, finding.Position) (finding.State, string)) []finding.Cell {
	strangers := strangersOf(target)
	var cells []finding.Cell
	for _, position := range positions {
		for _, s := range strangers {
			if s.from != position.From {
				continue
			}
			state, why := judge(s.origin, position)
			cells = append(cells, finding.Cell{Position: position, State: state, By: "model", Why: why})
		}
	}
	return cells
}

// mergeVectors opens a position that is open in one of the vectors.
func mergeVectors(a, b []finding.Cell) []finding.Cell {
	if a == nil {
		return b
	}
	merged := append([]finding.Cell(nil), a...)
	for _, cell := range b {
		for i := range merged {
			if merged[i].Position == cell.Position && merged[i].State == finding.Refuted && cell.State != finding.Refuted {
				merged[i] = cell
			}
		}
	}
	return merged
}

func isOpen(cells []finding.Cell, from ...finding.From) bool {
	for _, cell := range cells {
		if cell.State == finding.Refuted {
			continue
		}
		for _, f := range from {
			if cell.From == f {
				return true
			}
		}
	}
	return false
}

func anyOpen(cells []finding.Cell) bool {
	return isOpen(cells, finding.CrossSite, finding.Sibling, finding.OtherPort)
}
