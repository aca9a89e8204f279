package check

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// An exposure is something in a text that should not be there: where it begins, and
// what it is in words, which never hold the thing itself.
type exposure struct {
	at   int
	what string
}

// mostSearched is how much of one answer is searched.
const mostSearched = 4 << 20

// reportExposures searches the answers that show text with look, and reports what it
// finds beside sights. What documents the interface is left out: it is full of examples.
func reportExposures(p *Pass, w finding.Weakness, why string, look func(text string) []exposure, sights ...sight) {
	for _, x := range everywhere(p.Site) {
		_, file := exposedFiles[x.Route] // which has a finding of its own
		if x.Purpose == "openapi" || x.Purpose == "robots" || len(x.Body) == 0 || !showsText(x) || file {
			continue
		}
		text := string(x.Body[:min(len(x.Body), mostSearched)])
		for _, e := range look(text) {
			sights = append(sights, sight{x, fmt.Sprintf("%s, in line %d of the answer", e.what, 1+strings.Count(text[:e.at], "\n"))})
		}
	}
	reportSights(p, w, sights, func(routes string) string { return fmt.Sprintf(why, routes) })
}

// showsText says whether an answer is text and not a picture or a file.
func showsText(x *observe.Exchange) bool {
	for _, part := range []string{"text/", "json", "xml", "javascript", "yaml"} {
		if strings.Contains(x.Type, part) {
			return x.Type != "text/css" && x.Type != "image/svg+xml"
		}
	}
	return x.Type == "" && bytes.IndexByte(x.Body[:min(len(x.Body), 512)], 0) < 0
}
