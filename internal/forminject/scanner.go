package forminject

import "bytes"

// maxTag is how much of an unfinished tag is held back. Longer tags pass as they
// are, without a field.
const maxTag = 64 << 10

// A state is where in a page the rewriter stands.
type state int

const (
	inText      state = iota
	inTag             // after "<x" or "</x", up to the closing angle
	inBogus           // <!doctype, <?, </1: up to the next angle
	inComment         // <!-- to --> or --!>
	inRaw             // text of an element in which no tag counts but its own end
	inScript          // as inRaw, with the escapes of scripts
	inPlaintext       // to the end
)

// A scanner finds the places in a page where fields go.
type scanner struct {
	self  string // the page's origin, as browsers serialise it
	count int    // places found

	state   state
	tag     tagScan
	long    bool   // the tag is beyond maxTag and passes without a field
	comment dashes // how far an end of comment has come
	raw     string // lower-case name of the element of inRaw and inScript
	script  scriptState

	inForm  bool // after <form: a second one before </form> is none to a browser
	hasBase bool
	foreign bool // the first base element leads elsewhere
}

// next goes on to the next place where a field goes, which is then right after
// data[:n]. Without one, data[:n] is done with; what follows it cannot be judged
// before more has come and is to be given again, with more.
func (s *scanner) next(data []byte) (n int, here bool) {
	for before := s.count; n < len(data); {
		length, ok := s.step(data[n:])
		n += length
		if s.count > before {
			return n, true
		}
		if !ok {
			break
		}
	}
	return n, false
}

// step consumes a prefix of data, writing it to dst; it is not ok if more is needed.
func (s *scanner) step(data []byte) (n int, ok bool) {
	switch s.state {
	case inText:
		return s.text(data)
	case inTag:
		return s.inTag(data)
	case inBogus:
		return s.pass(data, bytes.IndexByte(data, '>')+1)
	case inComment:
		return s.pass(data, s.comment.end(data))
	case inRaw:
		return s.rawText(data)
	case inScript:
		return s.scriptText(data)
	}
	return len(data), true // plaintext
}

// pass goes to end and is back in text there; end 0 means not yet.
func (s *scanner) pass(data []byte, end int) (int, bool) {
	if end == 0 {
		return len(data), true
	}
	s.state = inText
	return end, true
}

// text runs up to the next markup and finds out what it is.
func (s *scanner) text(data []byte) (int, bool) {
	start := bytes.IndexByte(data, '<')
	if start < 0 {
		return len(data), true
	}
	markup := data[start:]
	next, length, known := opened(markup)
	if !known {
		return start, false
	}
	if next == inTag {
		s.tag = tagScan{at: length}
		s.state, s.long = inTag, false
		return start, true // the tag is done with when it is whole
	}
	s.state, s.comment = next, dashes{beginning: true}
	return start + length, true
}

// opened says what markup, which starts with an angle, is the start of, and how
// long that start is. It is not known before enough of it has come.
func opened(markup []byte) (next state, length int, known bool) {
	if len(markup) < 2 {
		return 0, 0, false
	}
	switch c := markup[1]; {
	case isLetter(c):
		return inTag, 2, true
	case c == '?':
		return inBogus, 2, true
	case c == '/':
		return closed(markup)
	case c == '!':
		if bytes.HasPrefix(markup, []byte("<!--")) {
			return inComment, 4, true
		}
		if bytes.HasPrefix([]byte("<!--"), markup) {
			return 0, 0, false
		}
		return inBogus, 2, true
	}
	return inText, 1, true
}

func closed(markup []byte) (next state, length int, known bool) {
	switch {
	case len(markup) < 3:
		return 0, 0, false
	case isLetter(markup[2]):
		return inTag, 3, true
	case markup[2] == '>':
		return inText, 3, true
	}
	return inBogus, 2, true
}

// inTag looks for the end of the tag at the start of data, from where it left off.
func (s *scanner) inTag(data []byte) (int, bool) {
	if !s.tag.scan(data) {
		if len(data) < maxTag {
			return 0, false
		}
		s.tag.at, s.long = 0, true
		return len(data), true
	}
	whole := data[:s.tag.at]
	s.state = inText
	if !s.long {
		s.finish(whole)
	}
	return len(whole), true
}

// finish draws the consequences of a whole tag.
func (s *scanner) finish(tag []byte) {
	name := tagName(tag)
	if tag[1] == '/' {
		if name == "form" {
			s.inForm = false
		}
		return
	}
	switch name {
	case "form":
		nested := s.inForm
		s.inForm = true
		if !nested && s.takes(tag) {
			s.count++
		}
	case "base":
		if href, ok := attribute(tag, "href"); ok && !s.hasBase {
			s.hasBase, s.foreign = true, !staysHome(href, s.self, false)
		}
	case "script":
		s.state, s.raw, s.script = inScript, name, scriptState{}
	case "iframe", "noembed", "noframes", "noscript", "style", "textarea", "title", "xmp":
		s.state, s.raw = inRaw, name
	case "plaintext":
		s.state = inPlaintext
	}
}

// rawText looks for the element's own end tag, which text then reads.
func (s *scanner) rawText(data []byte) (int, bool) {
	for at := 0; ; at++ {
		i := bytes.IndexByte(data[at:], '<')
		if i < 0 {
			return len(data), true
		}
		at += i
		is, known := startsTag(data[at:], "</", s.raw)
		if is || !known {
			if is {
				s.state = inText
			}
			return at, is
		}
	}
}
