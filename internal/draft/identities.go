package draft

import (
	"cmp"
	"fmt"
	"strings"
)

// madeUp are the identities of a draft that saw none: two, because what belongs to one
// shows only when the other asks for it.
var madeUp = []Person{{Name: "alice"}, {Name: "bob"}}

// people are whom the file names.
func (d Draft) people() []Person {
	if len(d.People) > 0 {
		return d.People
	}
	return madeUp
}

func (d Draft) identities(p *page) {
	who := "two test accounts, the second is the attacker's own"
	if len(d.People) > 0 {
		who = "those who logged in while you were recorded"
	}
	p.comment("As whom to look: " + who + ". Secrets are names of environment variables, never values: set " +
		strings.Join(d.variables(), " and ") + " before you scan.")
	switch {
	case d.Login != nil:
		d.loginNotes(p)
	case d.Bearer || d.Key != "":
		p.comment("No login was found, but a credential in a header is asked for.")
	case d.cookieOnly():
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
	for _, person := range d.people() {
		p.line("  - name: %s", scalar(person.Name))
		d.wayIn(p, person)
	}
	if len(d.People) == 1 {
		d.suggestSecond(p)
	}
}

// cookieOnly says whether a session was seen and no way to it.
func (d Draft) cookieOnly() bool { return d.Cookie && (len(d.HAR) > 0 || d.Window) }

// suggestSecond shows in comments how a second account would stand in the file.
func (d Draft) suggestSecond(p *page) {
	p.comment("With a second account the scan also tries what one user can reach of another's: log in as both while you record, or add one here.")
	other := &page{}
	second := Person{Name: "bob"}
	if d.People[0].Name == "bob" {
		second.Name = "alice"
	}
	other.line("  - name: %s", second.Name)
	d.wayIn(other, second)
	for line := range strings.Lines(other.String()) {
		p.line("# %s", strings.TrimSuffix(line, "\n"))
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
	for _, person := range d.people() {
		names = append(names, strings.ToUpper(person.Name)+"_"+kind)
	}
	return names
}

// Variables are the environment variables to set before a scan, none if the draft has
// no identities.
func (d Draft) Variables() []string {
	if d.Login == nil && !d.Bearer && d.Key == "" && !d.cookieOnly() {
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

func (d Draft) wayIn(p *page, who Person) {
	variable := strings.ToUpper(who.Name)
	switch {
	case d.Login != nil:
		d.Login.write(p, who, variable+"_PASSWORD")
	case d.Bearer:
		p.line("    bearer: %s_TOKEN", variable)
	case d.Key != "":
		p.line("    headers: {%s: %s_KEY}", key(d.Key), variable)
	default:
		p.line("    cookie: %s_COOKIE", variable)
	}
}

func (l Login) write(p *page, who Person, variable string) {
	kind := "json"
	if l.Form {
		kind = "form"
	}
	p.line("    login:")
	p.line("      %s:", kind)
	p.line("        url: %s", scalar(l.URL))
	var fields []string
	if l.User != "" {
		name := cmp.Or(who.User, who.Name)
		if who.User == "" && strings.Contains(plainName(l.User), "mail") {
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
