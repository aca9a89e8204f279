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

// A rewriter turns chunks of a page into chunks with fields inserted. Feeding it a
// page in one piece or byte by byte gives the same bytes.
type rewriter struct {
	field []byte // what is inserted into each form
	self  string // the page's origin, as browsers serialise it
	count int    // fields inserted

	state   state
	held    []byte // what cannot be judged before more has come
	tag     tagScan
	long    bool   // the tag is beyond maxTag and no longer held
	comment dashes // how far an end of comment has come
	raw     string // lower-case name of the element of inRaw and inScript
	script  scriptState

	inForm  bool // after <form: a second one before </form> is none to a browser
	hasBase bool
	foreign bool // the first base element leads elsewhere
}

// feed appends to dst what chunk becomes.
func (w *rewriter) feed(dst, chunk []byte) []byte {
	data := chunk
	if len(w.held) > 0 {
		w.held = append(w.held, chunk...)
		data = w.held
	}
	for len(data) > 0 {
		n, ok := w.step(&dst, data)
		data = data[n:]
		if !ok {
			break
		}
	}
	w.held = append(w.held[:0], data...)
	return dst
}

// end appends what is still held when the page is over.
func (w *rewriter) end(dst []byte) []byte {
	dst = append(dst, w.held...)
	w.held = w.held[:0]
	return dst
}

// step consumes a prefix of data, writing it to dst; it is not ok if more is needed.
func (w *rewriter) step(dst *[]byte, data []byte) (n int, ok bool) {
	switch w.state {
	case inText:
		return w.text(dst, data)
	case inTag:
		return w.inTag(dst, data)
	case inBogus:
		return w.pass(dst, data, bytes.IndexByte(data, '>')+1)
	case inComment:
		return w.pass(dst, data, w.comment.end(data))
	case inRaw:
		return w.rawText(dst, data)
	case inScript:
		return w.scriptText(dst, data)
	}
	*dst = append(*dst, data...) // plaintext
	return len(data), true
}

// pass writes data up to end and is back in text there; end 0 means not yet.
func (w *rewriter) pass(dst *[]byte, data []byte, end int) (int, bool) {
	if end == 0 {
		*dst = append(*dst, data...)
		return len(data), true
	}
	*dst = append(*dst, data[:end]...)
	w.state = inText
	return end, true
}

// text runs up to the next markup and finds out what it is.
func (w *rewriter) text(dst *[]byte, data []byte) (int, bool) {
	start := bytes.IndexByte(data, '<')
	if start < 0 {
		*dst = append(*dst, data...)
		return len(data), true
	}
	*dst = append(*dst, data[:start]...)
	markup := data[start:]
	next, length, known := opened(markup)
	if !known {
		return start, false
	}
	if next == inTag {
		w.tag = tagScan{at: length}
		w.state, w.long = inTag, false
		return start, true // the tag is written when it is whole
	}
	*dst = append(*dst, markup[:length]...)
	w.state, w.comment = next, dashes{beginning: true}
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
func (w *rewriter) inTag(dst *[]byte, data []byte) (int, bool) {
	if !w.tag.scan(data) {
		if len(data) < maxTag {
			return 0, false
		}
		*dst = append(*dst, data...)
		w.tag.at, w.long = 0, true
		return len(data), true
	}
	whole := data[:w.tag.at]
	*dst = append(*dst, whole...)
	w.state = inText
	if !w.long {
		*dst = w.finish(*dst, whole)
	}
	return len(whole), true
}

// finish draws the consequences of a whole tag.
func (w *rewriter) finish(dst, tag []byte) []byte {
	name := tagName(tag)
	if tag[1] == '/' {
		if name == "form" {
			w.inForm = false
		}
		return dst
	}
	switch name {
	case "form":
		nested := w.inForm
		w.inForm = true
		if !nested && w.takes(tag) {
			w.count++
			return append(dst, w.field...)
		}
	case "base":
		if href, ok := attribute(tag, "href"); ok && !w.hasBase {
			w.hasBase, w.foreign = true, !staysHome(href, w.self, false)
		}
	case "script":
		w.state, w.raw, w.script = inScript, name, scriptState{}
	case "iframe", "noembed", "noframes", "noscript", "style", "textarea", "title", "xmp":
		w.state, w.raw = inRaw, name
	case "plaintext":
		w.state = inPlaintext
	}
	return dst
}

// rawText looks for the element's own end tag, which text then reads.
func (w *rewriter) rawText(dst *[]byte, data []byte) (int, bool) {
	for at := 0; ; at++ {
		i := bytes.IndexByte(data[at:], '<')
		if i < 0 {
			*dst = append(*dst, data...)
			return len(data), true
		}
		at += i
		is, known := startsTag(data[at:], "</", w.raw)
		if is || !known {
			*dst = append(*dst, data[:at]...)
			if is {
				w.state = inText
			}
			return at, is
		}
	}
}
