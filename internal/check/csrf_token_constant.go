package check

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

var csrfTokenConstant = &Check{
	ID:    string(finding.CSRFTokenConstant),
	Doc:   "hidden fields that are called tokens and have the same value in every session",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		values, shared := hiddenValues(p.Site), sharedTokens(p.Site)
		for _, a := range actionsOf(p.Site, isForm) {
			name, why, onlyIfProven := constantToken(a, values, shared)
			if name == "" {
				continue
			}
			if f := forgedPOST(p, a); f.worthTrying() {
				p.Report(f.finding(finding.CSRFTokenConstant, why, onlyIfProven || !f.isAmbient(),
					finding.Variant{Name: "token as the attacker sees it", Token: finding.TokenOtherSession}))
			}
		}
	},
}

// constantToken names the action's field that is a token for everybody. A value
// that two sessions of one user share may still belong to that user, so it is
// only tried; one that different users were shown is a suspicion.
func constantToken(a finding.Action, values map[hiddenField][]string, shared map[finding.Endpoint]observe.Token) (name, why string, onlyIfProven bool) {
	for _, field := range a.Fields {
		if who := values[hiddenField{field.Name, withoutQuery(a.Page)}]; field.Type == "hidden" && namesToken(field.Name) && len(who) > 1 {
			return field.Name, fmt.Sprintf("The hidden field %q is called a token and has the same value for %s.", field.Name, strings.Join(who, " and ")), false
		}
	}
	if t, found := shared[a.Endpoint()]; found {
		return t.Field, fmt.Sprintf("The token in the field %q is the same in two sessions of %s.", t.Field, t.Identity), true
	}
	return "", "", false
}

// sharedTokens are the first of each endpoint's tokens that two sessions shared.
func sharedTokens(site *observe.Site) map[finding.Endpoint]observe.Token {
	shared := map[finding.Endpoint]observe.Token{}
	for _, t := range site.Tokens {
		if !t.Shared || t.Bound || t.Action >= len(site.Actions) {
			continue
		}
		at := site.Actions[t.Action].Endpoint()
		if _, known := shared[at]; !known {
			shared[at] = t
		}
	}
	return shared
}

type hiddenField struct{ name, page string }

// hiddenValues gives for the hidden fields of each page the identities that were
// shown one and the same value. Values are digests where observe took them for
// secrets, and equal digests are equal values.
func hiddenValues(site *observe.Site) map[hiddenField][]string {
	type shown struct {
		field hiddenField
		value string
	}
	by := map[shown][]string{}
	for _, page := range site.Pages {
		x := page.Exchange
		if x.Status >= 400 {
			continue
		}
		for name, value := range hiddenInputs(string(x.Body)) {
			key := shown{hiddenField{name, withoutQuery(x.URL)}, value}
			if who := nameOf(x.Identity); !slices.Contains(by[key], who) {
				by[key] = append(by[key], who)
			}
		}
	}
	shared := map[hiddenField][]string{}
	for key, who := range by {
		if len(who) > len(shared[key.field]) {
			slices.Sort(who)
			shared[key.field] = who
		}
	}
	return shared
}

func nameOf(identity string) string {
	if identity == "" {
		return "visitors"
	}
	return identity
}

func withoutQuery(raw string) string {
	raw, _, _ = strings.Cut(raw, "#")
	raw, _, _ = strings.Cut(raw, "?")
	return raw
}

var (
	inputPattern     = regexp.MustCompile(`(?is)<input\b[^>]*>`)
	attributePattern = regexp.MustCompile(`(?is)\b(type|name|value)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)`)
)

// hiddenInputs are the hidden fields of a page that have a value, by name. Reading
// them with patterns is enough here: whatever is missed is only not compared.
func hiddenInputs(body string) map[string]string {
	fields := map[string]string{}
	for _, tag := range inputPattern.FindAllString(body, -1) {
		attributes := map[string]string{}
		for _, m := range attributePattern.FindAllStringSubmatch(tag, -1) {
			attributes[strings.ToLower(m[1])] = html.UnescapeString(strings.Trim(m[2], `"'`))
		}
		if strings.EqualFold(attributes["type"], "hidden") && attributes["name"] != "" && attributes["value"] != "" {
			fields[attributes["name"]] = attributes["value"]
		}
	}
	return fields
}
