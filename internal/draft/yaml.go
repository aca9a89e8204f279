package draft

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// A page writes lines of YAML.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// comment wraps a sentence into lines of a comment.
func (p *page) comment(text string) {
	line := "#"
	for w := range strings.FieldsSeq(oneLine(text)) {
		if len(line)+1+len(w) > 90 && line != "#" {
			p.line("%s", line)
			line = "#"
		}
		line += " " + w
	}
	p.line("%s", line)
}

// YAML is the file: what is known, with comments on what is guessed and what is left
// to do.
func (d Draft) YAML() []byte {
	p := &page{}
	p.comment("Drafted by mantlet init from " + d.From + ". Look it over: logins and what is left out are guesses. `mantlet init` prints every key there is.")
	p.line("")
	d.targets(p)
	d.documents(p)
	d.scope(p)
	d.identities(p)
	d.sockets(p)
	return []byte(p.String())
}

func (d Draft) targets(p *page) {
	if d.Assumed {
		p.comment("The document names no server: write here where the application runs.")
	}
	p.line("targets:")
	p.line("  - %s", scalar(d.Target))
	p.line("")
	p.comment("passive only looks; active also tries attacks that change state. Default: active on this machine, passive elsewhere until `mantlet verify` has shown that the target is yours.")
	p.line("# mode: active")
	p.line("")
}

func (d Draft) documents(p *page) {
	for _, n := range d.Notes {
		p.comment(n)
	}
	for _, list := range []struct {
		key   string
		names []string
	}{{"openapi", d.OpenAPI}, {"har", d.HAR}, {"seeds", d.Seeds}} {
		if len(list.names) == 0 {
			continue
		}
		switch {
		case list.key == "har" && d.Window:
			p.comment("What was sent, without passwords, cookies and tokens; what you typed into other fields is in it.")
		case list.key == "har":
			p.comment("Recordings hold the cookies and passwords of whoever was recorded: keep the file to yourself.")
		case list.key == "seeds":
			p.comment("Pages that you opened. What you sent is not kept: with --save-har FILE it is, and is tested even where no page leads to it.")
		}
		p.line("%s:", list.key)
		for _, name := range list.names {
			p.line("  - %s", scalar(name))
		}
	}
	p.line("")
}

func (d Draft) scope(p *page) {
	if len(d.Others) > 0 {
		p.comment("Further origins were named. They are out of scope until they stand here; take in only what is yours.")
	}
	if len(d.Exclude) == 0 && len(d.Others) == 0 {
		return
	}
	if len(d.Exclude) == 0 {
		p.line("# scope:")
	} else {
		p.line("scope:")
	}
	if len(d.Others) > 0 {
		p.line("#   origins:")
		for _, o := range d.Others {
			p.line("#     - %s", scalar(o))
		}
	}
	if len(d.Exclude) > 0 {
		p.line("  exclude: # never requested: they end sessions")
		for _, e := range d.Exclude {
			p.line("    - %s", scalar(e))
		}
	}
	p.line("")
}

func (d Draft) sockets(p *page) {
	if len(d.Sockets) == 0 {
		return
	}
	p.line("")
	p.comment("WebSockets. {marker} is where a value goes that can be found again; every text and number that was sent is left out.")
	p.line("sockets:")
	for _, s := range d.Sockets {
		p.line("  - url: %s", scalar(s.URL))
		if len(s.Messages) > 0 {
			p.line("    messages:")
		}
		for _, m := range s.Messages {
			p.line("      - %s", scalar(m))
		}
	}
}

var (
	plain    = regexp.MustCompile(`^(?:https?://)?[A-Za-z0-9/_.-]*[A-Za-z/_][A-Za-z0-9/_.:-]*[A-Za-z0-9/_]$`)
	plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)
	// meant are plain words that YAML takes for something else than text.
	meant = regexp.MustCompile(`(?i)^(?:true|false|null|yes|no|on|off|y|n|\.?inf|\.?nan|[-+.]?[0-9].*)$`)
)

// scalar writes a text so that it is read as that text.
func scalar(s string) string {
	if plain.MatchString(s) && !meant.MatchString(s) && !strings.Contains(s, ": ") {
		return s
	}
	return quoted(s)
}

func key(s string) string {
	if plainKey.MatchString(s) && !meant.MatchString(s) {
		return s
	}
	return quoted(s)
}

// quoted uses single quotes where nothing needs an escape.
func quoted(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	text, _ := json.Marshal(s) // a string always has a JSON form, which is YAML too
	return string(text)
}

// oneLine is a text of the target's for a comment.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	if len(s) > 400 {
		s = strings.ToValidUTF8(s[:400], "") + " …"
	}
	return s
}
