package prove

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A value is one field of a request, filled in.
type value struct {
	name, in, kind string // in and kind as in finding.Field
	text           string
	token          bool
}

// A style says which fields of an action a filling may change: trying fewer at a
// time gets past validation that would refuse one of them.
type style int

const (
	styleFree   style = iota // every field that takes free text
	styleTyped               // text shaped like what stands there now or what the name asks for
	styleSingle              // one text field only, the rest as they are
	styleAny                 // also text that looks like a reference to something
	styleChoice              // no text at all: numbers, options and switches
)

var styles = []style{styleFree, styleTyped, styleSingle, styleAny, styleChoice}

// A filling is an action's fields with values, and the marker they carry.
type filling struct {
	values []value
	marker marker
	// choice is set when only options or switches, or nothing at all, was changed.
	choice bool
}

var (
	referencing = regexp.MustCompile(`(?i)(^|[_\-. ])(to|recipient|payee|account|iban|owner|user|username|role|type|kind|category|status|currency|country|lang|language|locale|timezone|group|parent|version)([_\-. ]|$)|_?id$|Id$`)
	namesObject = regexp.MustCompile(`(^|[._])(id|uuid|ID)$|I[dD]$`)
	phoneLike   = regexp.MustCompile(`(?i)phone|mobile|\btel`)
	numberLike  = regexp.MustCompile(`(?i)amount|price|quantity|count|limit|age$|total|sum$|number`)
	emailLike   = regexp.MustCompile(`(?i)e-?mail`)
	urlLike     = regexp.MustCompile(`(?i)(^|_)(url|website|homepage|link|webhook)`)
	dateLike    = regexp.MustCompile(`(?i)(^|_)(date|birthday|dob|due)`)
	allDigits   = regexp.MustCompile(`^\d+([.,]\d+)?$`)
)

// fill gives the action's fields values: what stands in the page now, with a
// fresh marker in the fields that style may change, and no amount that was used.
// Switches in inputs are turned where that is the change.
func fill(inputs []input, tokens map[string]bool, places map[string]string, s style, used map[string]bool) filling {
	f := filling{marker: marker{text: newText()}, choice: true}
	avoid := currentNumbers(inputs)
	maps.Copy(avoid, used)
	f.marker.amount = newAmount(firstNumber(inputs), avoid)
	textDone := false
	for i := range inputs {
		in := inputs[i]
		v := value{name: in.name, in: places[in.name], kind: in.kind, text: in.value, token: tokens[in.name]}
		if v.token || in.kind == "hidden" || in.kind == "submit" || v.in == "variables" && in.value != "" && namesObject.MatchString(in.name) {
			f.values = append(f.values, v)
			continue
		}
		if in.kind == "file" && !in.required && s != styleAny && s != styleSingle && othersTakeText(inputs) {
			f.values = append(f.values, value{name: in.name, kind: "omitted"})
			continue // where something else can carry the marker
		}
		if text, changed := f.text(in, s, textDone); changed {
			v.text, textDone, f.choice = text, true, false
		} else if isNumeric(in) && (s != styleSingle || in.value == "") {
			v.text, f.choice = f.marker.amount, false
		} else if v.text == "" && in.required && !isSwitch(in) && len(in.options) == 0 {
			v.text = f.marker.text
		}
		f.values = append(f.values, v)
	}
	if f.choice {
		f.chooseOther(inputs)
	}
	f.values = f.present(inputs)
	f.dropUnused()
	return f
}

// mailHost belongs to nobody (RFC 2606), and validators take it, which refuse
// the names that are reserved for tests.
const mailHost = "@example.com"

// text is the marker as in may take it; changed is false if in is left alone.
func (f *filling) text(in input, s style, done bool) (text string, changed bool) {
	if s == styleChoice || s == styleSingle && done || !takesText(in) {
		return "", false
	}
	if in.value != "" && s != styleAny && referencing.MatchString(in.name) {
		return "", false
	}
	if s == styleTyped || in.kind != "text" && in.kind != "string" && in.kind != "textarea" && in.kind != "search" {
		if shaped, ok := f.shaped(in); ok {
			return shaped, shaped != ""
		}
	}
	if allDigits.MatchString(in.value) && s != styleFree {
		return "", false
	}
	return f.marker.text, true
}

// shaped is the marker in the shape that the field's type, or failing that its
// name, asks for. An empty text with true means: none that we can give.
func (f *filling) shaped(in input) (text string, ok bool) {
	switch {
	case in.kind == "email", emailLike.MatchString(in.name) || strings.Contains(in.value, "@"):
		return f.marker.text + mailHost, true
	case in.kind == "url", urlLike.MatchString(in.name):
		return "https://" + f.marker.text + ".example.test/", true
	case in.kind == "tel", phoneLike.MatchString(in.name):
		f.marker.text = "555-" + newDigits(7)
		return f.marker.text, true
	case in.kind == "date", dateLike.MatchString(in.name):
		f.marker.text = "20" + newDigits(2) + "-0" + newDigits(1) + "-1" + newDigits(1)
		return f.marker.text, true
	case in.kind == "color":
		f.marker.text = "#" + newText()[3:9]
		return f.marker.text, true
	}
	return "", false
}

func othersTakeText(inputs []input) bool {
	return slices.ContainsFunc(inputs, func(in input) bool { return in.kind != "file" && takesText(in) })
}

func takesText(in input) bool {
	switch in.kind {
	case "text":
		return true // options of a text are values that links were seen to carry, not the only ones
	case "string", "email", "url", "tel", "search", "textarea", "date", "color", "file":
		return len(in.options) == 0
	}
	return false
}

func isNumeric(in input) bool {
	switch in.kind {
	case "number", "integer", "range":
		return true
	case "text", "string":
		return allDigits.MatchString(in.value) || in.value == "" && numberLike.MatchString(in.name)
	}
	return false
}

func isSwitch(in input) bool {
	return in.kind == "checkbox" || in.kind == "radio" || in.kind == "boolean"
}

func firstNumber(inputs []input) input {
	for _, in := range inputs {
		if isNumeric(in) {
			return in
		}
	}
	return input{}
}

func currentNumbers(inputs []input) map[string]bool {
	current := map[string]bool{}
	for _, in := range inputs {
		current[in.value] = true
	}
	return current
}

// chooseOther turns the first switch over or picks another option than the one
// that stands.
func (f *filling) chooseOther(inputs []input) {
	for i, in := range inputs {
		switch {
		case len(in.options) > 1 && !f.values[i].token:
			at := slices.Index(in.options, in.value)
			f.values[i].text = in.options[(at+1)%len(in.options)]
			if f.values[i].text == "" {
				f.values[i].text = in.options[(at+2)%len(in.options)]
			}
			return
		case in.kind == "checkbox":
			inputs[i].checked = !in.checked
			return
		case in.kind == "boolean":
			f.values[i].text = map[bool]string{true: "false", false: "true"}[in.value == "true"]
			return
		case in.kind == "radio":
			turnRadio(inputs, in.name)
			return
		}
	}
}

// turnRadio moves the choice among the buttons of one name to the next.
func turnRadio(inputs []input, name string) {
	var group []int
	at := -1
	for i, in := range inputs {
		if in.kind == "radio" && in.name == name {
			if in.checked {
				at = len(group)
				inputs[i].checked = false
			}
			group = append(group, i)
		}
	}
	inputs[group[(at+1)%len(group)]].checked = true
}

// present leaves out what a browser would not send: boxes that are not ticked,
// and all submit buttons but the first.
func (f *filling) present(inputs []input) []value {
	var sent []value
	submitted := false
	for i, v := range f.values {
		switch in := inputs[i]; {
		case v.kind == "omitted":
			continue
		case (in.kind == "checkbox" || in.kind == "radio") && !in.checked:
			continue
		case in.kind == "submit":
			if submitted {
				continue
			}
			submitted = true
		}
		sent = append(sent, v)
	}
	return sent
}

// dropUnused forgets the markers that no value carries.
func (f *filling) dropUnused() {
	carries := func(m string) bool {
		return slices.ContainsFunc(f.values, func(v value) bool { return m != "" && strings.Contains(v.text, m) })
	}
	if !carries(f.marker.text) {
		f.marker.text = ""
	}
	if !carries(f.marker.amount) {
		f.marker.amount = ""
	}
}

// looksRandom says whether nobody could guess a hidden value: long, and either of
// letters mixed with digits or longer than words are.
func looksRandom(value string) bool {
	if len(value) < 10 || strings.ContainsAny(value, " \n") {
		return false
	}
	letters := strings.IndexFunc(value, unicode.IsLetter) >= 0
	digits := strings.IndexFunc(value, unicode.IsDigit) >= 0
	return letters && digits || len(value) >= 24
}

// inputsOf joins what the plan knows of an action with what its form shows now.
// The page wins: values in a plan may be old, and tokens are digests there.
// Near is text in the row of the button that is meant, where rows have one each.
func inputsOf(a finding.Action, live *form, near string) (inputs []input, tokens map[string]bool, places map[string]string) {
	tokens, places = map[string]bool{}, map[string]string{}
	if live != nil {
		inputs = withoutOtherButtons(slices.Clone(live.inputs), a, live, near)
		for _, in := range live.inputs {
			// Whether or not the crawl called it a token: an attacker must not be
			// credited with knowing what only the victim is shown.
			if in.kind == "hidden" && (tokenLike.MatchString(in.name) || looksRandom(in.value)) {
				tokens[in.name] = true
			}
		}
	}
	for _, field := range a.Fields {
		if field.Token {
			tokens[field.Name] = true
		}
		places[field.Name] = field.In
		if field.In == "path" || field.In == "header" {
			continue
		}
		if field.In == "query" && live != nil && live.url.Query().Has(field.Name) {
			if field.Token {
				continue // it stands in the address, fresh
			}
			field.Value = live.url.Query().Get(field.Name)
		}
		known := live.input(field.Name)
		if known == nil {
			inputs = append(inputs, input{name: field.Name, kind: field.Type, value: field.Value,
				options: slices.Clone(field.Options), required: field.Required})
		} else if len(known.options) == 0 && len(field.Options) > 0 && known.kind != "radio" && known.kind != "checkbox" {
			for i := range inputs {
				if inputs[i].name == field.Name {
					inputs[i].options = slices.Clone(field.Options)
				}
			}
		}
	}
	return inputs, tokens, places
}
