package markup

import (
	"encoding/json"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// deepestLiteral bounds how far literals are nested that are read.
const deepestLiteral = 6

// messageOf makes a message of an argument as a script spells it: a literal, an
// object passed through JSON.stringify, or anything else, which is a place for a
// marker. False if the argument says nothing.
func messageOf(argument string) (string, bool) {
	argument = strings.TrimSpace(argument)
	if argument == "" {
		return "", false
	}
	if inner, ok := strings.CutPrefix(argument, "JSON.stringify("); ok {
		value, _, ok := literal(strings.TrimSpace(inner), 0)
		return value, ok
	}
	value, rest, ok := literal(argument, 0)
	if !ok || strings.TrimSpace(rest) != "" {
		return finding.MarkerSlot, true
	}
	var s string
	if json.Unmarshal([]byte(value), &s) == nil {
		return s, s != ""
	}
	return value, true
}

// literal reads one value of a script as JSON, and gives what follows it. What is
// computed becomes a string that is a place for a marker.
func literal(s string, depth int) (value, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t\r\n")
	if s == "" || depth > deepestLiteral {
		return "", s, false
	}
	switch s[0] {
	case '{':
		return object(s[1:], depth)
	case '[':
		return array(s[1:], depth)
	case '"', '\'', '`':
		if text, rest, ok := quotedText(s); ok && ends(rest) {
			return asJSON(text), rest, true
		}
	}
	end := expressionEnd(s)
	word, rest := strings.TrimSpace(s[:end]), s[end:]
	if word == "" {
		return "", s, false
	}
	if json.Valid([]byte(word)) {
		return word, rest, true // a number, true, false, null
	}
	return asJSON(finding.MarkerSlot), rest, true
}

func ends(rest string) bool {
	rest = strings.TrimLeft(rest, " \t\r\n")
	return rest == "" || strings.ContainsRune(",}])", rune(rest[0]))
}

func asJSON(s string) string {
	b, _ := json.Marshal(s) // a string always encodes
	return string(b)
}

func object(s string, depth int) (value, rest string, ok bool) {
	var members []string
	for {
		s = strings.TrimLeft(s, " \t\r\n,")
		switch {
		case s == "":
			return "", s, false
		case s[0] == '}':
			return "{" + strings.Join(members, ",") + "}", s[1:], true
		case strings.HasPrefix(s, "..."):
			s = s[expressionEnd(s):]
			continue
		}
		name, after, ok := memberName(s)
		if !ok {
			return "", s, false
		}
		member := asJSON(finding.MarkerSlot) // a shorthand: the value is a variable
		if after = strings.TrimLeft(after, " \t\r\n"); strings.HasPrefix(after, ":") {
			if member, after, ok = literal(after[1:], depth+1); !ok {
				return "", s, false
			}
		}
		members = append(members, asJSON(name)+":"+member)
		s = after
	}
}

func memberName(s string) (name, rest string, ok bool) {
	if s[0] == '"' || s[0] == '\'' {
		return quotedText(s)
	}
	end := strings.IndexFunc(s, func(r rune) bool { return !isNameRune(r) })
	if end <= 0 {
		return "", s, false
	}
	return s[:end], s[end:], true
}

func isNameRune(r rune) bool {
	return r == '_' || r == '$' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func array(s string, depth int) (value, rest string, ok bool) {
	var items []string
	for {
		s = strings.TrimLeft(s, " \t\r\n,")
		if s == "" {
			return "", s, false
		}
		if s[0] == ']' {
			return "[" + strings.Join(items, ",") + "]", s[1:], true
		}
		item, after, ok := literal(s, depth+1)
		if !ok {
			return "", s, false
		}
		items, s = append(items, item), after
	}
}

// quotedText reads a string of a script; what a template fills in is a place for a
// marker.
func quotedText(s string) (text, rest string, ok bool) {
	quote := s[0]
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == quote:
			return b.String(), s[i+1:], true
		case c == '\\' && i+1 < len(s):
			i++
			if s[i] == 'n' {
				b.WriteByte('\n')
			} else {
				b.WriteByte(s[i])
			}
		case quote == '`' && strings.HasPrefix(s[i:], "${"):
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				return "", s, false
			}
			b.WriteString(finding.MarkerSlot)
			i += end
		default:
			b.WriteByte(c)
		}
	}
	return "", s, false
}

// expressionEnd is where an expression ends: at a comma or a closing bracket that
// is not its own.
func expressionEnd(s string) int {
	depth := 0
	return unquoted(s, func(c byte) bool {
		switch c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case ',':
			return depth == 0
		}
		return depth < 0
	})
}

// unquoted is the place of the first character of a script, not counting those
// within quotes, at which stop says so; the length of s if there is none.
func unquoted(s string, stop func(c byte) bool) int {
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case stop(c):
			return i
		}
	}
	return len(s)
}
