package forminject

import (
	"bytes"
	"html"
	"strings"
)

// tagScan looks for the end of a tag: the first angle outside a quoted value (HTML,
// sections 13.2.5.8 and 13.2.5.32 to 39). It can stop and go on at any byte.
type tagScan struct {
	at    int // bytes looked at
	state attrState
}

type attrState int

const (
	tagNamed attrState = iota
	beforeName
	inName
	afterName
	beforeValue
	inDouble
	inSingle
	inUnquoted
)

// scan goes on from at. It is done when data[:at] is the whole tag.
func (s *tagScan) scan(data []byte) (done bool) {
	for s.at < len(data) {
		if quote := s.state.quote(); quote != 0 {
			i := bytes.IndexByte(data[s.at:], quote)
			if i < 0 {
				s.at = len(data)
				return false
			}
			s.at += i + 1
			s.state = beforeName
			continue
		}
		c := data[s.at]
		s.at++
		if c == '>' {
			return true
		}
		s.state = s.state.next(c)
	}
	return false
}

// next is the state after c, which is no angle, outside quotes.
func (s attrState) next(c byte) attrState {
	space := isSpace(c)
	switch s {
	case tagNamed:
		if space || c == '/' {
			return beforeName
		}
	case beforeName:
		if !space && c != '/' {
			return inName // even an equals sign
		}
	case inName, afterName:
		switch {
		case c == '=':
			return beforeValue
		case c == '/':
			return beforeName
		case space:
			return afterName
		}
		return inName
	case beforeValue:
		switch {
		case c == '"':
			return inDouble
		case c == '\'':
			return inSingle
		case !space:
			return inUnquoted
		}
	case inUnquoted:
		if space {
			return beforeName
		}
	}
	return s
}

// names are the elements that mean something here.
var names = []string{"form", "base", "script", "style", "title", "textarea", "noscript", "iframe", "noembed", "noframes", "xmp", "plaintext"}

// tagName is the lower-case name of a whole tag, if it is one of names.
func tagName(tag []byte) string {
	name := tag[1:]
	if name[0] == '/' {
		name = name[1:]
	}
	end := 0
	for c := name[0]; !isSpace(c) && c != '/' && c != '>'; c = name[end] {
		end++
	}
	if end < len("xmp") || end > len("plaintext") {
		return ""
	}
	for _, known := range names {
		if end == len(known) && isName(name[:end], known) {
			return known
		}
	}
	return ""
}

// attribute is the value of the first attribute of that name, its character
// references read. It is a part of tag where there are none, and nothing is copied.
func attribute(tag []byte, wanted string) (value []byte, ok bool) {
	var s attrState
	var name, val span
	for i := 1; i < len(tag)-1; i++ {
		c, before := tag[i], s
		if quote := s.quote(); quote != 0 && c != quote {
			val.reach(i)
			continue
		} else if quote != 0 {
			s = beforeName
		} else {
			s = s.next(c)
		}
		if s == inName && before != inName || s == beforeName && before != beforeName { // the last one is over
			if isName(name.of(tag), wanted) {
				return readValue(val.of(tag)), true
			}
			name, val = span{}, span{}
		}
		switch s {
		case inName:
			name.reach(i)
		case inUnquoted:
			val.reach(i)
		}
	}
	if isName(name.of(tag), wanted) {
		return readValue(val.of(tag)), true
	}
	return nil, false
}

// A span is where in a tag something stands.
type span struct{ start, end int }

// reach takes in the byte at i, which is the first or follows the last one.
func (s *span) reach(i int) {
	if s.end == 0 {
		s.start = i
	}
	s.end = i + 1
}

func (s span) of(tag []byte) []byte { return tag[s.start:s.end] }

// isName compares without regard to case. wanted is in lower case.
func isName(name []byte, wanted string) bool {
	if len(name) != len(wanted) {
		return false
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != wanted[i] {
			return false
		}
	}
	return true
}

// readValue reads character references, and a NUL as the tokenizer does.
func readValue(val []byte) []byte {
	if bytes.IndexByte(val, '&') < 0 && bytes.IndexByte(val, 0) < 0 {
		return val
	}
	return []byte(html.UnescapeString(strings.ReplaceAll(string(val), "\x00", "\ufffd")))
}

// quote is what ends the value, 0 outside quotes.
func (s attrState) quote() byte {
	switch s {
	case inDouble:
		return '"'
	case inSingle:
		return '\''
	}
	return 0
}

// takes says whether a form is sent by POST to the page's own origin.
func (w *rewriter) takes(tag []byte) bool {
	if method, _ := attribute(tag, "method"); !isName(method, "post") {
		return false
	}
	action, _ := attribute(tag, "action")
	return staysHome(action, w.self, w.foreign)
}

// staysHome says whether a URL in a page leads to the page's own origin. Where
// browsers and a simple reading could differ (backslashes, line breaks, another
// scheme) it says no.
func staysHome(ref []byte, self string, foreignBase bool) bool {
	ref = bytes.Trim(ref, " ")
	for _, c := range ref {
		if c <= ' ' || c == '\\' || c == 0x7f {
			return false
		}
	}
	if n := len(self); n > 0 && len(ref) >= n && string(ref[:n]) == self {
		return len(ref) == n || ref[n] == '/' || ref[n] == '?' || ref[n] == '#'
	}
	switch {
	case len(ref) == 0:
		return true // the page itself, whatever its base
	case foreignBase, len(ref) > 1 && ref[0] == '/' && ref[1] == '/':
		return false
	}
	if i := bytes.IndexAny(ref, "/?#"); i >= 0 {
		ref = ref[:i]
	}
	return bytes.IndexByte(ref, ':') < 0 // else what precedes it is a scheme
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r' }

// startsTag says whether data starts with prefix, name in any case and the end of a
// name. It is not known before enough has come.
func startsTag(data []byte, prefix, name string) (is, known bool) {
	for i := range len(prefix) + len(name) {
		if i >= len(data) {
			return false, false
		}
		want := byte(0)
		if c := data[i]; i < len(prefix) {
			want = prefix[i]
			if c != want {
				return false, true
			}
		} else if want = name[i-len(prefix)]; c|0x20 != want {
			return false, true
		}
	}
	if len(data) == len(prefix)+len(name) {
		return false, false
	}
	c := data[len(prefix)+len(name)]
	return isSpace(c) || c == '/' || c == '>', true
}
