package report

import "strings"

// The catalogue's texts are Markdown of a small kind: paragraphs, fenced code,
// lists, headings, and in them `code` and **strong** words. They are taken apart
// into blocks here, so that the terminal and the page each show them their way and
// html/template does the escaping.

type block struct {
	Kind  blockKind
	Spans []span // of a paragraph, heading or list item
	Code  string // of fenced code
}

type blockKind string

const (
	paragraph blockKind = "p"
	heading   blockKind = "h"
	item      blockKind = "li"
	code      blockKind = "code"
)

// A span is a run of text in one look.
type span struct {
	Text         string
	Code, Strong bool
}

func (b block) plain() string {
	var s strings.Builder
	for _, sp := range b.Spans {
		s.WriteString(sp.Text)
	}
	return s.String()
}

// markdown takes text apart. A fence that does not end runs to the end of text.
func markdown(text string) []block {
	var blocks []block
	var lines []string // of the paragraph or list item being read
	kind := paragraph
	flush := func() {
		if len(lines) > 0 {
			blocks = append(blocks, block{Kind: kind, Spans: spans(strings.Join(lines, " "))})
		}
		lines, kind = nil, paragraph
	}
	fence := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch trimmed := strings.TrimSpace(line); {
		case strings.HasPrefix(trimmed, "```"):
			flush()
			if fence = !fence; fence {
				blocks = append(blocks, block{Kind: code})
			}
		case fence:
			last := &blocks[len(blocks)-1]
			last.Code += line + "\n"
		case trimmed == "":
			flush()
		case strings.HasPrefix(line, "#"):
			flush()
			lines, kind = []string{strings.TrimLeft(line, "# ")}, heading
			flush()
		case strings.HasPrefix(trimmed, "- ") || strings.HasPrefix(trimmed, "* "):
			flush()
			lines, kind = []string{trimmed[2:]}, item
		default:
			lines = append(lines, trimmed)
		}
	}
	flush()
	return blocks
}

// spans splits at backquotes, and outside of code at double asterisks. What is
// opened and not closed stands as it was written.
func spans(text string) []span {
	var all []span
	for text != "" {
		start := strings.IndexAny(text, "`*")
		if start < 0 {
			break
		}
		mark := "`"
		if text[start] == '*' {
			mark = "**"
		}
		inner, rest, closed := strings.Cut(strings.TrimPrefix(text[start:], mark), mark)
		if !strings.HasPrefix(text[start:], mark) || !closed || inner == "" {
			all = append(all, span{Text: text[:start+1]})
			text = text[start+1:]
			continue
		}
		if start > 0 {
			all = append(all, span{Text: text[:start]})
		}
		all = append(all, span{Text: inner, Code: mark == "`", Strong: mark == "**"})
		text = rest
	}
	if text != "" {
		all = append(all, span{Text: text})
	}
	return all
}
