package observe

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// An account is what an application calls one of its users by: the name that was
// logged in with, and the identifiers that the application gives next to it in
// answers about whoever asks. An account is its user's own even where everybody may
// look at it, which is why only changes are held against it.

// accountNames are fields and places in paths that name a user by themselves.
var accountNames = regexp.MustCompile(`(?i)^(user|account|member|customer|profile|owner)([_-]?(name|id|uuid|login|key))?$|^(login|uid|username)$`)

// accountPlaces are the parts of a path behind which a user is named.
var accountPlaces = wordsOf("user users account accounts member members customer customers profile profiles people person")

// namesAccount says whether a reference is to a user's account.
func (r Reference) namesAccount() bool {
	if accountNames.MatchString(r.Name) {
		return true
	}
	parts := segments(r.Path)
	return len(parts) > 1 && accountPlaces[strings.ToLower(parts[len(parts)-2])]
}

// readAccounts learns what the application calls each identity.
func (c *collector) readAccounts() {
	c.site.Accounts = map[string][]string{}
	for _, s := range c.sessions {
		if names := s.Accounts(); len(names) > 0 {
			c.site.Accounts[s.Name()] = names
		}
	}
	for _, v := range c.views {
		who := v.exchange.Identity
		if len(c.site.Accounts[who]) == 0 || v.exchange.Status != http.StatusOK || !isJSON(v.exchange.Type) || len(v.body) > largestList {
			continue
		}
		var doc any
		if json.Unmarshal(v.body, &doc) != nil {
			continue
		}
		for _, id := range selfIn(doc, c.site.Accounts[who], 0) {
			if !slices.Contains(c.site.Accounts[who], id) {
				c.site.Accounts[who] = append(c.site.Accounts[who], id)
			}
		}
	}
	c.forgetShared()
}

// selfIn are the identifiers in an answer about one user, who is known by one of
// names. In a list others stand as well; what stands there is left alone.
func selfIn(doc any, names []string, depth int) []string {
	object, ok := doc.(map[string]any)
	if !ok || depth > 2 {
		return nil
	}
	var ids []string
	self := false
	for _, key := range sortedKeys(object) {
		switch member := object[key].(type) {
		case string, float64:
			text := asText(member)
			self = self || slices.Contains(names, text) && (accountNames.MatchString(key) || strings.EqualFold(key, "email") || strings.EqualFold(key, "name"))
			if strings.EqualFold(key, "id") || strings.EqualFold(key, "uuid") || strings.EqualFold(key, "pk") || accountNames.MatchString(key) {
				ids = append(ids, text)
			}
		}
	}
	if self {
		return ids
	}
	for _, key := range sortedKeys(object) {
		if found := selfIn(object[key], names, depth+1); len(found) > 0 {
			return found
		}
	}
	return nil
}

// forgetShared drops what two identities are called by: a role, a tenant.
func (c *collector) forgetShared() {
	count := map[string]int{}
	for _, names := range c.site.Accounts {
		for _, name := range names {
			count[name]++
		}
	}
	for who, names := range c.site.Accounts {
		c.site.Accounts[who] = slices.DeleteFunc(names, func(name string) bool { return name == "" || count[name] > 1 })
	}
}

// Account is the identity whose account a request names, if it names one: in its
// path, or in a field that is called like a user's name.
func (s *Site) Account(refs []Reference) (owner string, ok bool) {
	for _, r := range refs {
		if !r.namesAccount() {
			continue
		}
		for _, who := range s.Identities {
			if who != "" && slices.Contains(s.Accounts[who], r.Value) {
				return who, true
			}
		}
	}
	return "", false
}

// OwnAccount says whether a request that sets something of an account sets it of who's:
// it names who's, or none at all, so that the session tells whose is meant. A field for
// a user's name that holds another one makes an account, or means somebody else's.
func (s *Site) OwnAccount(a finding.Action, who string) bool {
	refs := References(a.Route, a.URL, a.Fields)
	if named, ok := s.Account(refs); len(refs) > 0 && (!ok || named != who) {
		return false
	}
	return !slices.ContainsFunc(a.Fields, func(f finding.Field) bool {
		return accountNames.MatchString(f.Name) && !slices.Contains(s.Accounts[who], f.Value)
	})
}

// aimAtAccount gives an action that sets something of a user's, and that is only
// known from a document, the account of the first identity that has one: with the
// account of somebody whom the scan is not, its effect could not be seen.
func (s *Site) aimAtAccount(a finding.Action) finding.Action {
	if a.Method != http.MethodPut && a.Method != http.MethodPatch || a.Login {
		return a
	}
	for _, who := range s.Identities {
		if names := s.Accounts[who]; who != "" && len(names) > 0 {
			return aimed(a, names)
		}
	}
	return a
}

// aimed puts the fitting one of names where the action names a user.
func aimed(a finding.Action, names []string) finding.Action {
	a.Fields = slices.Clone(a.Fields)
	for _, r := range References(a.Route, a.URL, nil) {
		name := fitting(r.Name, r.Value, names)
		if r.In != "path" || !r.namesAccount() || name == "" {
			continue
		}
		a.URL = strings.Replace(a.URL, r.Path, r.Path[:strings.LastIndexByte(r.Path, '/')+1]+url.PathEscape(name), 1)
		for i := range a.Fields {
			if a.Fields[i].In == "path" && a.Fields[i].Name == r.Name {
				a.Fields[i].Value = name
			}
		}
	}
	for i, f := range a.Fields {
		r := Reference{In: f.In, Name: f.Name, Value: f.Value}
		_, inBody := finding.InBody(f.In)
		if slices.Contains(names, f.Value) {
			continue // shown at the same address: one's own name, which may be set there
		}
		if name := fitting(f.Name, f.Value, names); inBody && r.namesAccount() && name != "" {
			a.Fields[i].Value, a.Fields[i].Type = name, "hidden" // says who is meant, and is not what is set
		}
	}
	return a
}

// fitting is the one of names that is of the kind that a field takes: a number
// where it holds one or is called an id, else a word, an address of mail where one is
// asked for; "" if there is none.
func fitting(field, value string, names []string) string {
	if slices.Contains(names, value) {
		return value
	}
	number := value != "" && allDigits(value) || value == "" && strings.HasSuffix(strings.ToLower(field), "id")
	mail := strings.Contains(strings.ToLower(field), "mail")
	fits := ""
	for _, name := range names {
		if allDigits(name) != number {
			continue
		}
		if strings.Contains(name, "@") == mail {
			return name
		}
		fits = cmp.Or(fits, name)
	}
	return fits
}
