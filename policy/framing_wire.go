package policy

import "strings"

// A headerField is one header as the browser understood it, without the blanks
// around name and value.
type headerField struct{ name, value string }

// is compares names without regard to case; names are ASCII tokens.
func (f headerField) is(name string) bool { return strings.EqualFold(f.name, name) }

// readWire divides header lines into fields as Chromium does for HTTP/1.1, which
// is laxer than RFC 9112: a lone CR or LF ends a line, a line that starts with a
// blank continues the value before it, and lines that are no header are skipped.
// It is not ok when a NUL byte is among them: then Chromium takes nothing at all.
func readWire(lines []string) (fields []headerField, ok bool) {
	// Framed by line ends as on the wire, so that a stray one at the start or the
	// end of a line works together with its neighbours.
	block := "\r\n" + strings.Join(lines, "\r\n") + "\r\n"
	block = block[:endOfHeaders(block)]
	if strings.ContainsRune(block, 0) {
		return nil, false
	}
	for _, line := range unfold(block) {
		if field, ok := parseField(line); ok {
			fields = append(fields, field)
		}
	}
	return fields, true
}

// endOfHeaders finds where the body starts: after LF LF or LF CR LF, wherever in
// a line they stand.
func endOfHeaders(block string) int {
	for i := range len(block) {
		if block[i] != '\n' {
			continue
		}
		rest := block[i+1:]
		if strings.HasPrefix(rest, "\n") || strings.HasPrefix(rest, "\r\n") {
			return i + 1
		}
	}
	return len(block)
}

// unfold splits at every CR and LF and joins continuation lines to the field
// they continue, if there is one.
func unfold(block string) []string {
	var lines []string
	continuable := false
	for _, line := range strings.FieldsFunc(block, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if continuable && isBlank(line[0]) {
			lines[len(lines)-1] += " " + trimBlanks(line)
			continue
		}
		lines = append(lines, line)
		continuable = strings.IndexByte(line, ':') > 0 && !isBlank(line[0])
	}
	return lines
}

func parseField(line string) (headerField, bool) {
	name, value, found := strings.Cut(line, ":")
	if !found || name == "" || isBlank(name[0]) {
		return headerField{}, false
	}
	name = trimBlanks(name) // "X-Frame-Options : DENY" works
	for i := range len(name) {
		if !isTokenByte(name[i]) {
			return headerField{}, false
		}
	}
	return headerField{name, trimBlanks(value)}, true
}

// splitList splits a value at commas outside double quotes and keeps empty
// elements: Chromium does so with every header that may be repeated.
func splitList(value string) []string {
	var list []string
	quoted, escaped, start := false, false, 0
	for i := range len(value) {
		switch c := value[i]; {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			list = append(list, trimBlanks(value[start:i]))
			start = i + 1
		}
	}
	return append(list, trimBlanks(value[start:]))
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func trimBlanks(s string) string { return strings.Trim(s, " \t") }

// isTokenByte is RFC 9110's tchar.
func isTokenByte(c byte) bool {
	return c > ' ' && c < 0x7f && !strings.ContainsRune(`()<>@,;:\"/[]?={}`, rune(c))
}
