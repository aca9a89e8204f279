package check

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

var bolaRead = &Check{
	ID:    string(finding.BOLARead),
	Doc:   "objects that only their owner is shown",
	Needs: NeedsTwoUsers,
	Run: func(p *Pass) {
		eachOwned(p.Site, func(r reading, owner, intruder string) {
			p.Report(intrusion(finding.BOLARead, r.action(), owner, intruder, belongs(r.refs, owner, intruder)))
		})
		eachConfided(p.Site, func(f finding.Finding) { p.Report(f) })
		seen := p.Site.Sightings()
		for _, a := range changes(p.Site) {
			refs := observe.References(a.Route, a.URL, a.Fields)
			owner, owned := seen.Owner(refs)
			if intruder := intruderFor(seen, owner); owned && intruder != "" && onlyAsks(a) {
				p.Report(intrusion(finding.BOLARead, a, owner, intruder, belongs(refs, owner, intruder)))
			}
		}
		reportNamed(p)
	},
}

var askingWords = []string{"show", "get", "read", "view", "fetch", "load", "details", "print", "lookup"}

// onlyAsks says whether a POST reads, by the last word of its route.
func onlyAsks(a finding.Action) bool {
	last := a.Route[strings.LastIndexByte(a.Route, '/')+1:]
	return a.Method == http.MethodPost && (hasAnyWord(last, askingWords) || hasAnyWord(last, searchWords))
}

// eachOwned gives one object of each kind that belongs to one identity, and who
// might ask for it instead.
func eachOwned(site *observe.Site, found func(r reading, owner, intruder string)) {
	seen := site.Sightings()
	done := map[string]bool{}
	for _, r := range readings(site) {
		if len(r.refs) == 0 || done[r.kind()] {
			continue
		}
		owner, owned := seen.Owner(r.refs)
		if !owned || owner != r.Identity {
			continue
		}
		if intruder := intruderFor(seen, owner); intruder != "" && !crowded(seen, owner, intruder, r.Route) {
			done[r.kind()] = true
			found(r, owner, intruder)
		}
	}
}

// manySeen is how many addresses of one route an identity is led to at most: then
// there may be more that it could have come to.
const manySeen = 12

// crowded says whether that intruder was not shown an object says nothing of whose
// it is: both are shown objects of the route, and there were more than were looked at.
func crowded(seen *observe.Sightings, owner, intruder, route string) bool {
	many, shared := 0, false
	for _, x := range seen.ShownAt(intruder, route) {
		many++
		shared = shared || seen.Led(owner, x.URL)
	}
	return shared && many >= manySeen
}

var (
	ownerName = regexp.MustCompile(`(?i)^(owner|user|author|creator|customer)([_-]?(name|id))?$|^created_?by$|^username$`)
	confided  = regexp.MustCompile(`(?i)^(secret|private|confidential)s?([_-]?(notes?|contents?|text|messages?|data|key|value|info|details?))?$`)
)

// eachConfided gives, once for each kind, objects that say themselves whose they are
// and hold a member that is not for others by its name. Whoever is led to them: a list
// of what everybody has does not make the secrets in it everybody's.
func eachConfided(site *observe.Site, found func(finding.Finding)) {
	seen := site.Sightings()
	done := map[string]bool{}
	for _, r := range readings(site) {
		owner, secrets := confidedIn(site, r)
		intruder := intruderFor(seen, owner)
		if owner == "" || intruder == "" || len(secrets) == 0 || len(r.refs) == 0 || done[r.kind()] {
			continue
		}
		done[r.kind()] = true
		f := intrusion(finding.BOLARead, r.action(), owner, intruder,
			fmt.Sprintf("The object says that it is %q's, and holds %s, which by the name is for nobody else.", owner, namesOf(secrets)))
		f.Plan.Extra = secrets
		found(f)
	}
}

// confidedIn is the identity that an answer names as the owner of the one object that
// it shows, and the object's members that are for nobody else.
func confidedIn(site *observe.Site, r reading) (owner string, secrets []finding.Field) {
	for _, p := range properties(r.Exchange) {
		switch {
		case strings.Contains(p.where, "[]"):
			return "", nil
		case ownerName.MatchString(p.name) && owner == "":
			for _, who := range site.Identities {
				if who != "" && slices.Contains(site.Accounts[who], p.value) {
					owner = who
				}
			}
		case p.kind == "string" && p.value != "" && (confided.MatchString(p.name) || suspicious(p)):
			secrets = append(secrets, finding.Field{Name: p.name, Type: p.kind})
		}
	}
	return owner, secrets
}
