package check

import (
	"net/http"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/internal/observe"
)

// atOnce is how many times a request is sent at the same moment.
const atOnce = 10

var raceCondition = &Check{
	ID:    string(finding.RaceCondition),
	Doc:   "actions that may be done once for each object",
	Needs: NeedsIdentity,
	Run: func(p *Pass) {
		for _, a := range changes(p.Site) {
			victim := victimOf(p.Site, a)
			if victim == "" || !happensOnce(a) || a.Method == http.MethodDelete || setsPassword(a) || len(observe.References(a.Route, a.URL, a.Fields)) == 0 {
				continue
			}
			p.Report(finding.Finding{Weakness: finding.RaceCondition, Endpoint: a.Endpoint(), Identity: victim,
				Why:  "By its name the request uses something up that it names, which may be done once.",
				Plan: &finding.Plan{Kind: finding.PlanRace, Victim: victim, Action: a, Parallel: atOnce, OnlyIfProven: true}})
		}
	},
}

// onceWords are what is done to something that is then used up.
var onceWords = wordSet("redeem use claim cash vote apply activate withdraw payout refund collect accept book reserve spend unlock " +
	"coupon voucher cheque promo bonus reward gift trial")

// happensOnce says whether the last part of a route that is no identifier speaks of
// something that may be done once.
func happensOnce(a finding.Action) bool {
	parts := strings.Split(strings.Trim(a.Route, "/"), "/")
	for i := len(parts) - 1; i >= 0; i-- {
		if strings.HasPrefix(parts[i], "{") {
			continue
		}
		for _, word := range strings.FieldsFunc(strings.ToLower(parts[i]), func(r rune) bool { return r == '-' || r == '_' }) {
			if onceWords[word] {
				return true
			}
		}
		return false
	}
	return false
}
