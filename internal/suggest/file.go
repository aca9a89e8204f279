package suggest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// textWidth is that of comments.
const textWidth = 96

// File is the suggestion as guard.yaml. Each rule says which findings it answers,
// and what the guard does unasked is there as a comment.
func (s Suggestion) File() ([]byte, error) {
	w := &writer{}
	w.comment("", "Written by `mantlet scan --suggest`. With these rules `mantlet guard --config` stops what the scan proved. "+
		"What nobody can know from outside is yours to say: which hosts this site has, who may frame it, which other origins of yours send it requests.")
	w.line("upstream: " + w.value(s.Upstream))
	s.unasked(w)
	s.policy(w)
	for _, a := range s.Answers {
		if a.Key == keyCORS {
			w.line("")
			w.comment("", a.Why)
			w.findings("", a.For)
			s.named(w)
			w.line("cors: {tighten: true, origins: " + w.value(s.Share) + "}")
		}
	}
	s.cookies(w)
	s.beyondThis(w)
	return []byte(w.text.String()), w.err
}

// named says where the list of readers comes from, and how to go on with it.
func (s Suggestion) named(w *writer) {
	if len(s.Share) == 0 {
		w.comment("", "Its answers name no partner by themselves. Name yours here: origins: [https://partner.example].")
		return
	}
	w.comment("", "Its answers name these by themselves. Remove whom you do not know, and add partners of yours that are missing.")
	if slices.Contains(s.Share, "*") {
		w.comment("", `"*" leaves it the answers that it shares with everybody, and that browsers fetch without cookies.`)
	}
}

func (s Suggestion) unasked(w *writer) {
	for _, a := range s.Answers {
		if a.Key != "" {
			continue
		}
		w.line("")
		w.comment("", a.Why+" The guard sees to that unasked, and no rule is needed for")
		w.findings("", a.For)
	}
}

func (s Suggestion) policy(w *writer) {
	w.line("")
	declared := s.Rules
	declared.Sensitive, declared.Embedders = nil, nil
	kept := w.value(declared)
	if kept == "{}" && len(s.Rules.Sensitive)+len(s.Rules.Embedders) == 0 {
		w.line("policy: {}")
		return
	}
	w.line("policy:")
	if kept != "{}" {
		w.comment("  ", "As you declared them for the scan.")
		for line := range strings.SplitSeq(kept, "\n") {
			w.line("  " + line)
		}
	}
	s.embedders(w)
	s.sensitive(w)
}

func (s Suggestion) embedders(w *writer) {
	if len(s.Rules.Embedders) == 0 {
		return
	}
	w.line("  embedders:")
	for _, path := range slices.Sorted(maps.Keys(s.Rules.Embedders)) {
		if s.Partners[path] != nil {
			w.comment("    ", "The page itself names them. Remove whom you do not know.")
		} else {
			w.comment("    ", "As you declared them for the scan.")
		}
		w.line("    " + w.value(path) + ": " + w.value(s.Rules.Embedders[path]))
	}
}

func (s Suggestion) sensitive(w *writer) {
	if len(s.Rules.Sensitive) == 0 {
		return
	}
	w.line("  sensitive:")
	for _, path := range s.Rules.Sensitive {
		if i := slices.IndexFunc(s.Answers, func(a Answer) bool { return a.Key == keySensitive && a.Value == path }); i >= 0 {
			w.comment("    ", s.Answers[i].Why)
			w.findings("    ", s.Answers[i].For)
		}
		w.line("    - " + w.value(path))
	}
}

func (s Suggestion) cookies(w *writer) {
	if len(s.Harden) == 0 {
		return
	}
	var names []string
	var all []finding.Finding
	for _, c := range s.Harden {
		names = append(names, c.Name)
		for _, f := range c.For {
			if !slices.ContainsFunc(all, func(g finding.Finding) bool { return g.ID == f.ID }) {
				all = append(all, f)
			}
		}
	}
	w.line("")
	w.comment("", "Seen, and no attack by itself: session cookies without HttpOnly or SameSite. The guard adds both to those "+
		"that it is told of. Switch it on if no script reads them and no other site needs them.")
	w.findings("", all)
	w.line("# cookies: {session: " + w.value(names) + "}")
}

func (s Suggestion) beyondThis(w *writer) {
	if len(s.Beyond) == 0 {
		return
	}
	w.line("")
	w.comment("", "What no rule here stops:")
	for _, l := range s.Beyond {
		w.comment("", Place(l.Finding)+": "+l.Why+".")
	}
}

// A writer collects the file, and the first value that could not be written.
type writer struct {
	text strings.Builder
	err  error
}

func (w *writer) line(s string) {
	w.text.WriteString(strings.TrimRight(s, " ") + "\n")
}

// comment wraps at words.
func (w *writer) comment(indent, s string) {
	line := indent + "#"
	for word := range strings.FieldsSeq(oneLine(s)) {
		if len(line)+1+len(word) > textWidth && line != indent+"#" {
			w.line(line)
			line = indent + "#"
		}
		line += " " + word
	}
	w.line(line)
}

// oneLine leaves nothing in a text that could end the line, or the comment, it
// stands in: routes and cookies have the names that a target gives them.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)), " ")
}

func (w *writer) findings(indent string, list []finding.Finding) {
	for _, f := range list {
		w.line(indent + "#   " + oneLine(Place(f)))
	}
}

// value is YAML for v, on one line for strings and lists of them.
func (w *writer) value(v any) string {
	var options []yaml.EncodeOption
	if _, isList := v.([]string); isList {
		options = append(options, yaml.Flow(true))
	}
	if text, isString := v.(string); isString {
		return quoted(text)
	}
	out, err := yaml.MarshalWithOptions(v, options...)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("write guard.yaml: %w", err)
	}
	return strings.TrimSpace(string(out))
}

// quoted leaves plain what everybody writes plain.
func quoted(s string) string {
	plain := strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-:?", r))
	}) < 0
	if plain && s != "" && s[0] != '?' && s[0] != '-' && s[0] != ':' && !strings.HasSuffix(s, ":") {
		return s
	}
	return "\"" + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(oneLine(s)) + "\""
}

// Place is a finding in one line: its id, where it stands, and how often.
func Place(f finding.Finding) string {
	text := f.ID + " " + f.Endpoint.String()
	if n := len(f.Routes); n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}
