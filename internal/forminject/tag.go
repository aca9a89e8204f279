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

type attrState uint8

const (
	tagNamed attrState = iota
	beforeName
	inName
	afterName
	beforeValue
	inUnquoted
	inDouble // this and what follows is left in another way than by after
	inSingle
	tagOver
)

// scan goes on from at. It is done when data[:at] is the whole tag.
func (s *tagScan) scan(data []byte) (done bool) {
	for s.at < len(data) {
		switch s.state {
		case inDouble:
			s.skip(data, '"')
		case inSingle:
			s.skip(data, '\'')
		case tagOver:
			return true
		default:
			at, state := s.at, s.state
			for ; at < len(data) && state < inDouble; at++ {
				state = after[state][data[at]]
			}
			s.at, s.state = at, state
		}
	}
	return s.state == tagOver
}

// skip goes beyond the end of a quoted value.
func (s *tagScan) skip(data []byte, quote byte) {
	i := bytes.IndexByte(data[s.at:], quote)
	if i < 0 {
		s.at = len(data)
		return
	}
	s.at += i + 1
	s.state = beforeName
}

// after is the state after a byte, looked up: most bytes of a page's markup come here.
var after = func() (table [inDouble][256]attrState) {
	for s := range inDouble {
		for c := range 256 {
			table[s][c] = s.next(byte(c))
		}
	}
	return table
}()

// next is the state after c, outside quotes.
func (s attrState) next(c byte) attrState {
	space := isSpace(c)
	if c == '>' {
		return tagOver
	}
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

// meaningful are the elements that mean something here, by their first letter.
var meaningful = func() (by [256][]string) {
	for _, name := range []string{"form", "base", "script", "style", "title", "textarea", "noscript", "iframe", "noembed", "noframes", "xmp", "plaintext"} {
		by[name[0]] = append(by[name[0]], name)
	}
	return by
}()

// tagName is the lower-case name of a whole tag, if it is one of meaningful.
func tagName(tag []byte) string {
	name := tag[1:]
	if name[0] == '/' {
		name = name[1:]
	}
	for _, candidate := range meaningful[name[0]|0x20] {
		end := len(candidate)
		if end < len(name) && isName(name[:end], candidate) && (isSpace(name[end]) || name[end] == '/' || name[end] == '>') {
			return candidate
		}
	}
	return ""
}

// attribute is the value of the first attribute of that name, its character
// references read. It is a part of tag where there are none, and nothing is copied.
func attribute(tag []byte, wanted string) (value []byte, ok bool) {
	tag = tag[:len(tag)-1]
	at := 1
	for at < len(tag) && !isSpace(tag[at]) && tag[at] != '/' {
		at++
	}
	for {
		for at < len(tag) && (isSpace(tag[at]) || tag[at] == '/') {
			at++
		}
		if at == len(tag) {
			return nil, false
		}
		start := at
		for at++; at < len(tag) && !isSpace(tag[at]) && tag[at] != '/' && tag[at] != '='; {
			at++
		}
		name := tag[start:at]
		value, at = attributeValue(tag, at)
		if isName(name, wanted) {
			return readValue(value), true
		}
	}
}

// attributeValue is the value of the attribute whose name ends at at, none if no
// equals sign follows, and where it ends.
func attributeValue(tag []byte, at int) (value []byte, end int) {
	if at = skipSpace(tag, at); at == len(tag) || tag[at] != '=' {
		return nil, at
	}
	if at = skipSpace(tag, at+1); at == len(tag) {
		return nil, at
	}
	if quote := tag[at]; quote == '"' || quote == '\'' {
		value, _, _ = bytes.Cut(tag[at+1:], []byte{quote})
		return value, min(at+len(value)+2, len(tag))
	}
	for end = at; end < len(tag) && !isSpace(tag[end]); {
		end++
	}
	return tag[at:end], end
}

func skipSpace(tag []byte, at int) int {
	for at < len(tag) && isSpace(tag[at]) {
		at++
	}
	return at
}

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

// takes says whether a form is sent by POST to the page's own origin.
func (s *scanner) takes(tag []byte) bool {
	if method, _ := attribute(tag, "method"); !isName(method, "post") {
		return false
	}
	action, _ := attribute(tag, "action")
	return staysHome(action, s.self, s.foreign)
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
