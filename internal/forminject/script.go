package forminject

import "bytes"

// dashes recognises the end of a comment (HTML, sections 13.2.5.43 to 52): "-->",
// "--!>", and right at its beginning ">" and "->".
type dashes struct {
	beginning bool
	bang      bool // after "--!"
	n         int
}

// end is how many bytes of data belong to the comment, 0 if it goes on.
func (d *dashes) end(data []byte) int {
	for i, c := range data {
		if c == '>' && (d.bang || d.n >= 2 || d.beginning) {
			return i + 1
		}
		switch {
		case c == '-' && d.bang:
			*d = dashes{n: 1}
		case c == '-':
			d.n++
		case c == '!' && d.n >= 2 && !d.bang:
			*d = dashes{bang: true}
		default:
			*d = dashes{}
		}
	}
	return 0
}

// scriptState is where in a script's text we are (HTML, sections 13.2.5.15 to 31):
// inside <!-- --> a <script> hides the </script> that follows it.
type scriptState struct {
	escaped, double bool
	n               int // dashes seen in a row, inside <!--
}

// scriptText runs to the end tag that ends the script, which text then reads.
func (s *scanner) scriptText(data []byte) (int, bool) {
	for at := 0; at < len(data); {
		at += s.script.plain(data[at:])
		if at == len(data) {
			break
		}
		length, ends, known := s.script.angle(data[at:])
		if ends || !known {
			if ends {
				s.state = inText
			}
			return at, ends
		}
		at += length
	}
	return len(data), true
}

// plain reads up to the next opening angle.
func (s *scriptState) plain(data []byte) (length int) {
	end := bytes.IndexByte(data, '<')
	if end < 0 {
		end = len(data)
	}
	for i := 0; i < end && s.escaped; i++ {
		switch c := data[i]; {
		case c == '-':
			s.n++
		case c == '>' && s.n >= 2:
			*s = scriptState{}
		default:
			s.n = 0
		}
	}
	return end
}

// angle reads what an opening angle in a script begins.
func (s *scriptState) angle(data []byte) (length int, ends, known bool) {
	closes, known := startsTag(data, "</", "script")
	if !known {
		return 0, false, false
	}
	switch {
	case closes && !s.double:
		return 0, true, true
	case closes:
		s.double, s.n = false, 0
		return len("</script"), false, true
	case s.escaped && !s.double:
		opens, known := startsTag(data, "<", "script")
		if !known {
			return 0, false, false
		}
		if s.n = 0; opens {
			s.double = true
			return len("<script"), false, true
		}
		return 1, false, true
	case s.escaped:
		s.n = 0
		return 1, false, true
	}
	const open = "<!--"
	for i := range len(open) {
		if i >= len(data) {
			return 0, false, false
		}
		if data[i] != open[i] {
			return 1, false, true
		}
	}
	*s = scriptState{escaped: true, n: 2}
	return len(open), false, true
}
