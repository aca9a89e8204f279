package check

import (
	"html"
	"net/http"
	"regexp"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var debugTrace = &Check{
	ID:  string(finding.DebugTrace),
	Doc: "errors that are answered with stack traces or debug pages",
	Run: func(p *Pass) {
		var sights []sight
		for _, x := range everywhere(p.Site) {
			if x.Status < http.StatusBadRequest || !showsText(x) {
				continue // who writes about errors on a page of its own gives nothing away
			}
			text := string(x.Body[:min(len(x.Body), mostSearched)])
			if what := traceIn(text); what != "" && !opensConsole(text) { // which is worse, and said
				sights = append(sights, sight{x, what})
			}
		}
		reportSights(p, finding.DebugTrace, sights, func(routes string) string {
			return "Errors on " + routes + " are answered with what belongs into the program's log."
		})
	},
}

// A trace is how a language or a framework tells where a program failed.
type trace struct {
	what  string
	mark  string
	shows *regexp.Regexp
}

// traces are listed by how much they tell.
var traces = []trace{
	{"Django's debug page, with settings and routes", "DEBUG = True", regexp.MustCompile(`because you have <code>DEBUG = True</code>`)},
	{"the page of Werkzeug's debugger", "Werkzeug", regexp.MustCompile(`Werkzeug Debugger|werkzeug/debug|__debugger__`)},
	{"Starlette's debug page", "Starlette Debugger", regexp.MustCompile(`<title>Starlette Debugger</title>`)},
	{"a trace of a Python program", "Traceback (most recent call last)", regexp.MustCompile(`Traceback \(most recent call last\):\s*(?:\\n|\n)?\s*File \\?"[^"\n]{1,300}\\?", line \d+`)},
	{"a trace of a Go program", "goroutine ", regexp.MustCompile(`goroutine \d+ \[[a-z ,0-9]+\]:\s[\s\S]*?\.go:\d+`)},
	{"a trace of a Java program", ".java:", regexp.MustCompile(`(?:\bat [\w.$]+\([\w$]+\.java:\d+\)[\s\S]{0,200}?){2}`)},
	{"a trace of a JavaScript program", "    at ", regexp.MustCompile(`(?: {4}at [^\n]{0,200}\(?(?:/|file:|node:)[^\n:]{1,200}:\d+:\d+\)?[\s\S]{0,8}?){2}`)},
	{"a trace of a PHP program", "Stack trace:", regexp.MustCompile(`Stack trace:\s*#0 [^\n]{1,300}\.php\(\d+\)`)},
}

// traceIn names the trace that a text holds, "" if it holds none.
func traceIn(text string) string {
	plain := text
	if strings.Contains(text, "&quot;") || strings.Contains(text, "&#") || strings.Contains(text, "<br") {
		plain = strings.NewReplacer("<br>", "\n", "<br/>", "\n", "<br />", "\n", "&nbsp;", " ").Replace(text)
		plain = html.UnescapeString(plain)
	}
	for _, t := range traces {
		if strings.Contains(plain, t.mark) && t.shows.MatchString(plain) {
			return t.what
		}
	}
	return ""
}
