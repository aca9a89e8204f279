package check

import (
	"bytes"
	"encoding/json"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

var headerType = &Check{
	ID:  string(finding.HeaderType),
	Doc: "JSON with texts in it that a browser would show as a page",
	Run: func(p *Pass) {
		var sights []sight
		for _, x := range p.Site.Exchanges {
			if answered(x) && !x.Cut && mayRunScripts(x) && holdsText(x.Body) {
				text := "the answer is JSON, and its Content-Type is text/html"
				if x.Type == "" {
					text = "the answer is JSON, and it has no Content-Type"
				}
				sights = append(sights, sight{x, text})
			}
		}
		reportSights(p, finding.HeaderType, sights, func(routes string) string {
			return "On " + routes + " a browser that is led there reads data as a page: markup in its texts becomes part of it."
		})
	},
}

// mayRunScripts says whether a browser would show the answer as a page in which
// scripts run.
func mayRunScripts(x *observe.Exchange) bool {
	switch x.Type {
	case "text/html", "application/xhtml+xml":
	case "":
		if x.Header.Get("X-Content-Type-Options") != "" {
			return false
		}
	default:
		return false
	}
	stopped := directives(x)
	return !stopped["sandbox"] && !stopped["script-src"] && !stopped["default-src"] && x.Header.Get("Content-Disposition") == ""
}

// holdsText says whether body is a JSON object or list with a text in it.
func holdsText(body []byte) bool {
	body = bytes.TrimSpace(body)
	if len(body) == 0 || body[0] != '{' && body[0] != '[' {
		return false
	}
	var doc any
	return json.Unmarshal(body, &doc) == nil && anyText(doc, 0)
}

func anyText(doc any, depth int) bool {
	if depth > deepest {
		return false
	}
	switch doc := doc.(type) {
	case string:
		return doc != ""
	case []any:
		for _, v := range doc {
			if anyText(v, depth+1) {
				return true
			}
		}
	case map[string]any:
		for _, v := range doc {
			if anyText(v, depth+1) {
				return true
			}
		}
	}
	return false
}
