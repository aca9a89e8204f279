package check

import (
	"regexp"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var debugConsole = &Check{
	ID:  string(finding.DebugConsole),
	Doc: "answers that bring a console in which the server runs code",
	Run: func(p *Pass) {
		var sights []sight
		for _, x := range everywhere(p.Site) {
			if showsText(x) && opensConsole(string(x.Body)) {
				sights = append(sights, sight{x, "a page of Werkzeug's debugger that takes code (EVALEX = true)"})
			}
		}
		reportSights(p, finding.DebugConsole, sights, func(string) string {
			return "The server offers to run code that is typed into a page, behind a PIN at most. No PIN was tried and nothing was typed."
		})
	},
}

var evaluates = regexp.MustCompile(`\bEVALEX = true\b`)

// opensConsole says whether a page is one of the debugger's own: it carries the
// script's settings, which a page about the debugger would have to quote.
func opensConsole(text string) bool {
	return strings.Contains(text, "__debugger__") && evaluates.MatchString(text) && strings.Contains(text, "SECRET = ")
}
