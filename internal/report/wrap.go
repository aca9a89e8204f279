package report

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// wrap breaks text into lines of at most width cells, between words where it can
// and inside a word that is longer than a line, as addresses are.
func wrap(text string, width int) []string {
	var lines []string
	line, used := "", 0
	flush := func() {
		lines = append(lines, line)
		line, used = "", 0
	}
	for _, word := range strings.Fields(text) {
		size := lipgloss.Width(word)
		if used > 0 && used+1+size > width {
			flush()
		}
		for size > width {
			head, tail := cut(word, width)
			lines = append(lines, head)
			word, size = tail, lipgloss.Width(tail)
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+size
	}
	if used > 0 {
		flush()
	}
	return lines
}

// cut takes as many leading characters of s as fit into width, at least one.
func cut(s string, width int) (head, tail string) {
	end := 0
	for i, r := range s {
		next := i + len(string(r))
		if end > 0 && lipgloss.Width(s[:next]) > width {
			break
		}
		end = next
	}
	return s[:end], s[end:]
}

// shorten fits s into width with an ellipsis.
func shorten(s string, width int) string {
	if lipgloss.Width(s) <= width {
		return s
	}
	head, _ := cut(s, max(width-1, 1))
	return head + "…"
}

// pad fills s up to width with spaces.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-lipgloss.Width(s)))
}
