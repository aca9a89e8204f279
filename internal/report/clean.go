package report

import (
	"strings"
	"unicode"
)

// clean makes text of the target fit for one line: control characters are dropped,
// so that nothing printed can move a terminal's cursor, set its title or hide what
// follows; line ends and tabs become spaces; characters that turn the direction of
// writing are dropped, because they can make a report read as its opposite.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r == '\r' {
			return ' '
		}
		return printable(r)
	}, s))
}

// printable gives r itself, or -1 if r is not for printing.
func printable(r rune) rune {
	if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
		return -1
	}
	return r
}
