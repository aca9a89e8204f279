package check

import (
	"net/http"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

var transportOutdated = &Check{
	ID:  string(finding.TransportOutdated),
	Doc: "hosts that agree to old versions of TLS, or to weak suites",
	Run: func(p *Pass) {
		reportTransports(p, finding.TransportOutdated, "Programs that offer nothing better get a connection that can be attacked, instead of none.",
			func(t observe.Transport) []string { return t.Outdated })
	},
}

var transportCertificate = &Check{
	ID:  string(finding.TransportCertificate),
	Doc: "hosts with a certificate that browsers warn of",
	Run: func(p *Pass) {
		reportTransports(p, finding.TransportCertificate, "Browsers warn of the certificate, and who has learned to go on regardless goes on for an impostor as well.",
			func(t observe.Transport) []string { return t.Faults })
	},
}

var transportExpiry = &Check{
	ID:  string(finding.TransportExpiry),
	Doc: "hosts with a certificate that ends within two weeks",
	Run: func(p *Pass) {
		reportTransports(p, finding.TransportExpiry, "Unless the certificate is renewed in time, browsers refuse the site.",
			func(t observe.Transport) []string {
				if t.Expires == "" {
					return nil
				}
				return []string{"the certificate ends on " + t.Expires}
			})
	},
}

// reportTransports makes one finding of what of says about the site's hosts.
func reportTransports(p *Pass, w finding.Weakness, why string, of func(observe.Transport) []string) {
	var sights []sight
	for _, t := range p.Site.Transports {
		x := &observe.Exchange{Method: http.MethodGet, URL: t.Origin + "/", Route: "/"}
		for _, text := range of(t) {
			sights = append(sights, sight{x, t.Origin + ": " + text})
		}
	}
	reportSights(p, w, sights, func(string) string { return why })
}
