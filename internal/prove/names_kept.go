package prove

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// keepNames leaves alone what holds the name or the address that the victim logs in
// with, and what the object's own address is made of, where something else takes the
// marker as well: with another name there, nobody could log in any more to set it back,
// or find the object.
func (s *subject) keepNames() {
	names := s.victim.Accounts()
	parts := addressParts(s.action)
	keeps := func(in input) bool {
		return takesText(in) && in.value != "" && (slices.Contains(names, in.value) || slices.Contains(parts, slug(in.value)))
	}
	if !slices.ContainsFunc(s.inputs, func(in input) bool { return takesText(in) && in.kind != "file" && !keeps(in) && !s.tokens[in.name] }) {
		return
	}
	for i := range s.inputs {
		if keeps(s.inputs[i]) {
			s.inputs[i].kind = "hidden"
		}
	}
}

// addressParts are the parts of an action's path in the place of placeholders, as slugs.
func addressParts(a finding.Action) []string {
	u, err := url.Parse(a.URL)
	if err != nil {
		return nil
	}
	template, path := strings.Split(a.Route, "/"), strings.Split(u.Path, "/")
	var parts []string
	for i, t := range template {
		if strings.HasPrefix(t, "{") && len(template) == len(path) {
			parts = append(parts, slug(path[i]))
		}
	}
	return parts
}

// slug is a text as applications write it into addresses.
func slug(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "-")
}

// withoutOptional leaves out what a request that sets a password need not set: of a
// documented one it is not known what stands there.
func withoutOptional(values []value, a finding.Action) []value {
	if a.Source != "openapi" {
		return values
	}
	needed := map[string]bool{}
	for _, f := range a.Fields {
		_, inBody := finding.InBody(f.In)
		needed[f.Name] = !inBody || f.Required || f.Token || f.Type == "password" || f.Type == "hidden"
	}
	return slices.DeleteFunc(values, func(v value) bool {
		keep, known := needed[v.name]
		return known && !keep
	})
}

// withoutOptionalPassword leaves out the password that a documented update may change
// beside other things: without it, what else it changes can be put to the test.
func withoutOptionalPassword(a finding.Action) finding.Action {
	if a.Source != "openapi" || a.Login || strings.EqualFold(a.Method, "POST") {
		return a
	}
	optional := func(f finding.Field) bool { return f.Type == "password" && !f.Required }
	others := slices.ContainsFunc(a.Fields, func(f finding.Field) bool { _, ok := finding.InBody(f.In); return ok && f.Type != "password" })
	if others {
		a.Fields = slices.DeleteFunc(slices.Clone(a.Fields), optional)
	}
	return a
}
