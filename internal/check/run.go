package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
	"github.com/mantlet-dev/mantlet/policy"
)

// Run looks for every weakness in site and reports what it suspects, in an order
// that depends on the site alone. It returns the checks that could not look.
// The site is not changed.
func Run(site *observe.Site, rules policy.Rules, report func(finding.Finding)) []finding.Skip {
	return run(All(), site, rules, report)
}

func run(checks []*Check, site *observe.Site, rules policy.Rules, report func(finding.Finding)) []finding.Skip {
	blind := map[string][]string{}
	for _, c := range checks {
		if lack := lacking(c.Needs, site); lack != "" {
			blind[lack] = append(blind[lack], c.ID)
			continue
		}
		var found []finding.Finding
		c.Run(&Pass{Site: site, Rules: rules, Report: func(f finding.Finding) { found = append(found, f) }})
		slices.SortStableFunc(found, byPlace)
		for _, f := range found {
			report(complete(f, site))
		}
	}
	var skips []finding.Skip
	for _, why := range []string{noIdentity, oneIdentity, noAdministrator} {
		if ids := blind[why]; len(ids) > 0 {
			skips = append(skips, finding.Skip{What: strings.Join(ids, ", "), Why: why})
		}
	}
	return skips
}

// What a check may lack.
const (
	noIdentity  = "an identity that is logged in is needed, and the site was only seen as a visitor"
	oneIdentity = "a second identity is needed to try what belongs to the first: configure two ordinary users who share nothing"

	noAdministrator = "an administrator's identity beside an ordinary one is needed: no identity was shown an administrator's area that another was not"
)

// lacking says what a check needs and the site does not offer, "" if nothing.
func lacking(n Need, site *observe.Site) string {
	switch {
	case n >= NeedsIdentity && !slices.ContainsFunc(site.Identities, func(name string) bool { return name != "" }):
		return noIdentity
	case n == NeedsTwoUsers && len(site.Sightings().Ordinary()) < 2:
		return oneIdentity
	case n == NeedsAdministrator && (len(site.Sightings().Ordinary()) == 0 || !slices.ContainsFunc(site.Identities, site.Sightings().Privileged)):
		return noAdministrator
	}
	return ""
}

// complete fills in what does not depend on the check that found it.
func complete(f finding.Finding, site *observe.Site) finding.Finding {
	f.State = cmp.Or(f.State, finding.Suspected)
	f.Framework = site.Framework.Name
	return rated(f)
}

// rated gives f the name and the severity that follow from the rest of it.
func rated(f finding.Finding) finding.Finding {
	f.ID = finding.MakeID(f.Weakness, f.Endpoint)
	if d, ok := finding.Describe(f.Weakness); ok {
		f.Title = d.Title
	}
	f.Severity, f.CVSS = finding.Rate(f)
	return f
}

// byPlace orders findings by route, then method; findings at one place keep the
// order in which they were found, most promising first.
func byPlace(a, b finding.Finding) int {
	return cmp.Or(cmp.Compare(a.Endpoint.Route, b.Endpoint.Route), cmp.Compare(a.Endpoint.Method, b.Endpoint.Method))
}
