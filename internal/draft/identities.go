package draft

import (
	"fmt"
	"strings"
)

// people are the identities of a draft: two, because what belongs to one shows only
// when the other asks for it.
var people = []string{"alice", "bob"}

func (d Draft) identities(p *page) {
	p.comment("As whom to look: two test accounts, the second is the attacker's own. Secrets are names of environment variables, never values: set " +
		strings.Join(d.variables(), " and ") + " before you scan.")
	switch {
	case d.Login != nil:
		d.loginNotes(p)
	case d.Bearer || d.Key != "":
		p.comment("No login was found, but a credential in a header is asked for.")
	case d.Cookie && len(d.HAR) > 0:
		p.comment("No login was recorded. Each variable holds a whole Cookie header of somebody logged in; with a login under `login:` instead, the scan can renew sessions and find more.")
	default:
		p.comment("No login was found: say here how to log in. `mantlet init` shows the ways there are.")
		p.line("# identities:")
		p.line("#   - name: alice")
		p.line("#     cookie: ALICE_COOKIE")
		p.line("#   - name: bob")
		p.line("#     cookie: BOB_COOKIE")
		return
	}
	p.line("identities:")
	for _, name := range people {
		p.line("  - name: %s", name)
		d.wayIn(p, name)
	}
}

// variables are the environment variables that the file names.
func (d Draft) variables() []string {
	kind := "COOKIE"
	switch {
	case d.Login != nil:
		kind = "PASSWORD"
	case d.Bearer:
		kind = "TOKEN"
	case d.Key != "":
		kind = "KEY"
	}
	var names []string
	for _, name := range people {
		names = append(names, strings.ToUpper(name)+"_"+kind)
	}
	return names
}

// Variables are the environment variables to set before a scan, none if the draft has
// no identities.
func (d Draft) Variables() []string {
	if d.Login == nil && !d.Bearer && d.Key == "" && (!d.Cookie || len(d.HAR) == 0) {
		return nil
	}
	return d.variables()
}

func (d Draft) loginNotes(p *page) {
	if d.Logins > 1 {
		p.comment(fmt.Sprintf("This is the likeliest of %d requests that take a password.", d.Logins))
	}
	if d.Login.User == "" {
		p.comment("No field for the user's name was recognised: add it under fields.")
	}
	if len(d.Login.Further) > 0 {
		p.comment("The login also takes " + strings.Join(d.Login.Further, ", ") + ": add what it needs under fields.")
	}
}

func (d Draft) wayIn(p *page, name string) {
	variable := strings.ToUpper(name)
	switch {
	case d.Login != nil:
		d.Login.write(p, name, variable+"_PASSWORD")
	case d.Bearer:
		p.line("    bearer: %s_TOKEN", variable)
	case d.Key != "":
		p.line("    headers: {%s: %s_KEY}", key(d.Key), variable)
	default:
		p.line("    cookie: %s_COOKIE", variable)
	}
}

func (l Login) write(p *page, name, variable string) {
	kind := "json"
	if l.Form {
		kind = "form"
	}
	p.line("    login:")
	p.line("      %s:", kind)
	p.line("        url: %s", scalar(l.URL))
	var fields []string
	if l.User != "" {
		if strings.Contains(plainName(l.User), "mail") {
			name += "@example.com"
		}
		fields = append(fields, key(l.User)+": "+scalar(name))
	}
	for _, fixed := range sortedNames(l.Fixed) {
		fields = append(fields, key(fixed)+": "+scalar(l.Fixed[fixed]))
	}
	if len(fields) > 0 {
		p.line("        fields: {%s}", strings.Join(fields, ", "))
	}
	p.line("        secrets: {%s: %s}", key(l.Password), variable)
	if l.Token != "" && !l.Form {
		p.line("        token: %s", scalar(l.Token))
	}
	if l.TokenAs != "" {
		p.line("        token_as: %s", scalar(l.TokenAs))
	}
	if l.URLEncoded && !l.Form {
		p.line("        urlencoded: true")
	}
}
