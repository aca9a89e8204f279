package report

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A palette paints words with the sixteen colours every terminal has, so that the
// user's own theme decides how they look. Colour never carries meaning alone: what
// it says is written too.
type palette struct{ color bool }

func inks(color bool) palette { return palette{color} }

func (p palette) paint(style lipgloss.Style, s string) string {
	if !p.color || s == "" {
		return s
	}
	return style.Render(s)
}

func (p palette) bold(s string) string  { return p.paint(lipgloss.NewStyle().Bold(true), s) }
func (p palette) faint(s string) string { return p.paint(lipgloss.NewStyle().Faint(true), s) }
func (p palette) good(s string) string {
	return p.paint(lipgloss.NewStyle().Foreground(lipgloss.Green), s)
}
func (p palette) bad(s string) string {
	return p.paint(lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Red), s)
}

// badges are the states as a reader sees them, all of one width.
var badges = map[finding.State]string{
	finding.Proven:      "PROVEN   ",
	finding.Suspected:   "SUSPECTED",
	finding.NotTestable: "UNTESTED ",
	finding.Refuted:     "PROTECTED",
}

func (p palette) state(s finding.State) string {
	text, known := badges[s]
	if !known {
		text = clean(string(s))
	}
	if s == finding.Proven {
		// White on red is the one loud thing on the page.
		return p.paint(lipgloss.NewStyle().Bold(true).Foreground(lipgloss.BrightWhite).Background(lipgloss.Red), text)
	}
	return p.word(s, text)
}

// word paints text in the colour of a state.
func (p palette) word(s finding.State, text string) string {
	switch s {
	case finding.Proven:
		return p.bad(text)
	case finding.Suspected:
		return p.paint(lipgloss.NewStyle().Foreground(lipgloss.Yellow), text)
	case finding.Refuted:
		return p.good(text)
	}
	return p.faint(text)
}

// severity is how bad f is, with its score; all of one width.
func (p palette) severity(f finding.Finding) string {
	text := strings.ToUpper(clean(string(f.Severity)))
	if f.CVSS.Score > 0 {
		text = fmt.Sprintf("%s %.1f", text, f.CVSS.Score)
	}
	text = pad(text, len("CRITICAL 9.9"))
	switch f.Severity {
	case finding.Critical, finding.High:
		return p.bad(text)
	case finding.Medium:
		return p.paint(lipgloss.NewStyle().Foreground(lipgloss.Yellow), text)
	}
	return text
}
