package check

import (
	"net/http"
	"regexp"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

var debugEndpoint = &Check{
	ID:  string(finding.DebugEndpoint),
	Doc: "addresses for operators and developers that answer visitors",
	Run: func(p *Pass) {
		var sights []sight
		for _, x := range everywhere(p.Site) {
			tool, known := tools[x.Route]
			if known && x.Identity == "" && x.Status == http.StatusOK && tool.form.Match(x.Body) {
				sights = append(sights, sight{x, tool.what})
			}
		}
		reportSights(p, finding.DebugEndpoint, sights, func(routes string) string {
			return "Visitors are shown on " + routes + " what is meant for those who run the program."
		})
	},
}

// tools are told by what they answer, by address.
var tools = map[string]struct {
	what string
	form *regexp.Regexp
}{
	"/debug/pprof/":            {"the index of Go's profiles", regexp.MustCompile(`(?s)<title>/debug/pprof/</title>.*goroutine`)},
	"/debug/vars":              {"the variables of a Go program", regexp.MustCompile(`(?s)^\s*\{.*"(?:cmdline|memstats)":`)},
	"/__debug__/render_panel/": {"the panels of Django's debug toolbar", regexp.MustCompile(`(?s)^\s*\{.*"content":.*"scripts":|Data for this panel isn't available anymore`)},
	"/actuator":                {"the index of Spring's actuators", regexp.MustCompile(`(?s)^\s*\{\s*"_links"\s*:.*"href"\s*:\s*"[^"]*/actuator`)},
	"/metrics":                 {"metrics in the format of Prometheus", regexp.MustCompile(`(?m)^# TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (?:counter|gauge|histogram|summary|untyped)\s*$`)},
	"/server-status":           {"the state of an Apache server", regexp.MustCompile(`Apache Server Status for|^Total Accesses: \d+`)},
	"/phpinfo.php":             {"the settings of PHP", regexp.MustCompile(`(?s)<title>(?:PHP [\d.]+ - )?phpinfo\(\)</title>`)},
}
