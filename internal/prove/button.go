package prove

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A button is a control that submits a form, and what it says.
type button struct {
	name, value, label string
	// row is the text of the row or item that it stands in, "" for none: there may be
	// one in each.
	row string
}

func readButton(n *html.Node) (button, bool) {
	kind := attribute(n, "type")
	switch {
	case n.DataAtom == atom.Button && (kind == "" || kind == "submit"):
		return button{attribute(n, "name"), attribute(n, "value"), textOf(n) + " " + attribute(n, "title") + " " + attribute(n, "aria-label"), rowAround(n)}, true
	case n.DataAtom == atom.Input && kind == "submit":
		return button{attribute(n, "name"), attribute(n, "value"), attribute(n, "value"), rowAround(n)}, true
	}
	return button{}, false
}

// pressed is the button that an action read from a form presses, as the form has it
// now: the one with the action's value, else the first of its name, but never that of
// another row, which is about something else: where near is not empty, it is the one in
// the row that has it. An action whose
// form was sent with a button without a name presses none that sends anything.
func pressed(a finding.Action, live *form, near string) (button, bool) {
	i := slices.IndexFunc(a.Fields, func(f finding.Field) bool { return f.Type == "submit" })
	if i < 0 {
		i := slices.IndexFunc(live.buttons, func(b button) bool { return b.name == "" })
		if i < 0 {
			return button{}, false
		}
		return live.buttons[i], true
	}
	field := a.Fields[i]
	named := slices.DeleteFunc(slices.Clone(live.buttons), func(b button) bool { return b.name != field.Name })
	if near != "" && slices.ContainsFunc(named, func(b button) bool { return b.row != "" }) {
		at := slices.IndexFunc(named, func(b button) bool { return strings.Contains(strings.ToLower(b.row), strings.ToLower(near)) })
		if at < 0 {
			return button{}, false
		}
		return named[at], true
	}
	if at := slices.IndexFunc(named, func(b button) bool { return b.value == field.Value }); at >= 0 {
		return named[at], true
	}
	if len(named) == 0 || field.Value != "" && named[0].row != "" {
		return button{}, false
	}
	return named[0], true
}

// withoutOtherButtons leaves out the buttons that the action does not press: what they
// send would ask for something else.
func withoutOtherButtons(inputs []input, a finding.Action, live *form, near string) []input {
	if a.Source != "form" {
		return inputs
	}
	press, _ := pressed(a, live, near)
	left := false
	return slices.DeleteFunc(inputs, func(in input) bool {
		if in.kind != "submit" {
			return false
		}
		if left || in.name != press.name || in.value != press.value {
			return true
		}
		left = true
		return false
	})
}

// labelledDestructive says whether the button that the action presses says that it
// takes something away.
func (s *subject) labelledDestructive() bool {
	if s.live == nil || s.action.Source != "form" {
		return false
	}
	b, ok := pressed(s.action, s.live, s.near)
	return ok && destructive.MatchString(spaced(b.label))
}

// submitName tells actions of one form apart, which differ in the button alone.
func submitName(a finding.Action) string {
	for _, f := range a.Fields {
		if f.Type == "submit" {
			return f.Name
		}
	}
	return ""
}

// rowAround is the text of the row or item that a control stands in, "" for none.
func rowAround(n *html.Node) string {
	if row := rowOf(n); row != n {
		return textOf(row)
	}
	return ""
}

// pressesInRows says whether the action presses a button of which rows have one each:
// then the button says what is meant, and the form around it does not.
func (s *subject) pressesInRows() bool {
	name := submitName(s.action)
	return name != "" && s.live != nil && slices.ContainsFunc(s.live.buttons, func(b button) bool { return b.name == name && b.row != "" })
}
