package check

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// shortestHSTS is half a year, in seconds. The standard asks for a whole one; what is
// shorter than half of that is a trial.
const shortestHSTS = 15552000

var transportHSTS = &Check{
	ID:  string(finding.TransportHSTS),
	Doc: "hosts on https that no answer of which tells browsers for long to insist on it",
	Run: func(p *Pass) {
		best, first := map[string]int{}, map[string]sight{}
		var hosts []string
		for _, x := range p.Site.Exchanges {
			o, ok := remote(x)
			if !ok || o.Scheme() != "https" || o.IsAddress() {
				continue
			}
			if _, known := first[o.Host()]; !known {
				hosts, first[o.Host()] = append(hosts, o.Host()), sight{Exchange: x}
			}
			best[o.Host()] = max(best[o.Host()], maxAge(x.Header.Get("Strict-Transport-Security")))
		}
		var sights []sight
		for _, host := range hosts {
			s := first[host]
			switch age := best[host]; {
			case age == 0:
				s.text = host + " sends no Strict-Transport-Security that browsers keep"
			case age < shortestHSTS:
				s.text = fmt.Sprintf("%s sends Strict-Transport-Security for %d days at most", host, age/86400)
			default:
				continue
			}
			sights = append(sights, s)
		}
		reportSights(p, finding.TransportHSTS, sights, func(string) string {
			return "A browser that is new to the host, or has not been there for long, asks over http first, and whoever is on the way may answer."
		})
	},
}

// maxAge reads how long a browser keeps the header, in seconds; 0 if it does not.
func maxAge(header string) int {
	for _, directive := range strings.Split(header, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "max-age") {
			continue
		}
		n, err := strconv.Atoi(strings.Trim(strings.TrimSpace(value), `"`))
		if err != nil || n < 0 {
			return 0
		}
		return n
	}
	return 0
}
