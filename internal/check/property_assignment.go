package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

var propertyAssignment = &Check{
	ID:    string(finding.PropertyAssignment),
	Doc:   "fields that answers show and actions do not offer",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		seen := p.Site.Sightings()
		held := holdingsOf(p.Site)
		for _, a := range changes(p.Site) {
			victim := victimOf(p.Site, a)
			if seen.Privileged(victim) || destructive(a) {
				continue // who may set it anyway shows nothing by setting it
			}
			extra := held.extras(a, victim)
			if len(extra) == 0 {
				continue
			}
			f := intrusion(finding.PropertyAssignment, a, victim, victim, "")
			f.Why = fmt.Sprintf("The application stores %s and does not offer to change it here.", namesOf(extra))
			f.Plan.Action.Fields = slices.DeleteFunc(slices.Clone(a.Fields), func(field finding.Field) bool {
				return slices.ContainsFunc(extra, func(e finding.Field) bool { return e.Name == field.Name })
			})
			f.Plan.Extra = extra
			p.Report(f)
		}
	},
}

// mostExtra bounds how many fields are tried with one action.
const mostExtra = 8

var destroying = []string{"delete", "remove", "destroy", "logout", "trash", "erase", "purge", "cancel"}

func destructive(a finding.Action) bool {
	return a.Method == "DELETE" || hasAnyWord(a.Route, destroying)
}

// extras are the fields that may be taken over although a does not offer them: the
// application shows them of the object that a changes or of its user, they decide
// about something, and no form lets the user choose them.
func (h *holdings) extras(a finding.Action, victim string) []finding.Field {
	fields := slices.Clone(h.by[victim].things[thing(a.Route)])
	if aboutUser(a.Route) {
		for _, field := range h.by[victim].user {
			fields = addField(fields, field)
		}
	}
	slices.SortStableFunc(fields, func(a, b finding.Field) int { return gravity(a.Name) - gravity(b.Name) })
	return fields[:min(len(fields), mostExtra)]
}

// gravity puts what decides about rights first.
func gravity(name string) int {
	if rightsNames[strings.ToLower(name)] {
		return 0
	}
	return 1
}

var rightsNames = wordSet("role roles admin is_admin isadmin staff is_staff isstaff superuser is_superuser issuperuser permissions permission scope scopes")

// deciding are the names of properties that users may not choose: what they are,
// what they own, what they pay.
var deciding = wordSet(`role roles admin is_admin isadmin staff is_staff isstaff superuser is_superuser issuperuser permissions permission
	scope scopes privilege privileges access_level user_level level clearance balance credit credits credit_limit
	creditlimit points plan tier subscription membership_level verified is_verified isverified email_verified emailverified approved is_approved
	isapproved vip is_vip premium is_premium ispremium trusted is_trusted discount discount_percent price total_price unit_price fee rate quota
	paid is_paid ispaid tenant tenant_id tenantid org_id organization_id organisation_id owner owner_id ownerid user_id userid customer_id
	created_by author_id consent marketing_consent gdpr_consent kyc kyc_verified limit daily_limit overdraft overdraft_limit`)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

func decides(name string) bool { return deciding[strings.ToLower(name)] }

// offeredTo are the names of fields that a form or a script of the site offers to
// ordinary users: what somebody may choose here is no secret of there.
func offeredTo(site *observe.Site) map[string]bool {
	seen := site.Sightings()
	names := map[string]bool{}
	for i, a := range site.Actions {
		if a.Source == "openapi" || i >= len(site.Actors) {
			continue
		}
		if slices.ContainsFunc(site.Actors[i], func(name string) bool { return name != "" && !seen.Privileged(name) }) {
			for _, f := range a.Fields {
				if f.Type != "hidden" {
					names[f.Name] = true
				}
			}
		}
	}
	return names
}

// thing is the kind of object that a route is about: the collection, its parts and
// what is done with them have the same. It is "" where the route names none.
func thing(route string) string {
	var kept []string
	for _, part := range strings.Split(strings.Trim(route, "/"), "/") {
		if strings.HasPrefix(part, "{") || hasAnyWord(part, changeWords) && len(kept) > 0 {
			break
		}
		if part != "api" && !isVersion(part) {
			kept = append(kept, part)
		}
	}
	if len(kept) == 0 {
		return ""
	}
	return kept[0]
}

func isVersion(part string) bool {
	return len(part) >= 2 && part[0] == 'v' && strings.Trim(part[1:], "0123456789.") == ""
}

var userWords = []string{"me", "profile", "account", "settings", "user", "users", "preferences", "member", "myself", "self", "customer"}

func aboutUser(route string) bool { return hasAnyWord(route, userWords) }

func opposite(value string) string {
	for _, pair := range [][2]string{{"true", "false"}, {"yes", "no"}, {"on", "off"}} {
		switch strings.ToLower(value) {
		case pair[0]:
			return pair[1]
		case pair[1]:
			return pair[0]
		}
	}
	return ""
}

func namesOf(fields []finding.Field) string {
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}
