package check

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// Settle makes the findings of a scan of the suspicions that Run reported, after
// those with a plan were put to the test, or not, in a passive scan. It leaves
// the argument as it is, and Settle(Settle(x)) equals Settle(x).
//
// Of candidates with one ID the best outcome stays. What was OnlyIfProven and was
// not put to the test, or could not be, is dropped unless one of its variants was
// served; what was refuted stays, as protection that was tested. A forgery that only neighbours of the site got
// through, because of the cookie's SameSite, becomes csrf-samesite-only. Where
// either is proven, gaps in defences that are not there are merged into its proof.
// Site-wide framing findings are proven by an attack on one of their pages.
func Settle(findings []finding.Finding) []finding.Finding {
	var kept []finding.Finding
	for _, f := range findings {
		f, keep := settleOne(f)
		if keep {
			kept = append(kept, f)
		}
	}
	kept = oneForTokens(bestOfEach(kept))
	for i := range kept {
		kept[i] = alsoAsLink(kept[i])
	}
	kept = subsume(kept)
	linkFraming(kept)
	for i := range kept {
		kept[i] = rated(kept[i])
	}
	order(kept)
	return kept
}

// settleOne decides what one suspicion has become by its own outcome.
func settleOne(f finding.Finding) (finding.Finding, bool) {
	if f.Plan != nil && f.Plan.OnlyIfProven && f.State != finding.Proven && f.State != finding.Refuted && !acceptedOnce(f) {
		return f, false
	}
	if f.State == finding.NotTestable && isCSRF(f.Weakness) && (onlyRead(f) || needsNoSession(f)) {
		return f, false
	}
	if f.State == finding.NotTestable && isCSRF(f.Weakness) && !onlyDescribed(f) {
		// What was seen still stands; that it could not be tried says nothing against it.
		f.State = finding.Suspected
		f.Why = "It could not be put to the test: " + f.Why
	}
	if f.Weakness == finding.CSRF && onlyNeighbours(f) {
		f.Weakness = finding.CSRFSameSiteOnly
		f.Why = strings.TrimSpace("The forged request is served, and only SameSite of the session's cookie keeps other sites from sending it; " +
			"hosts of the same site and other ports of the host do. " + f.Why)
	}
	return rated(f), true
}

// onlyRead says whether the action was put together from the text of a script: what the
// script adds at run time, a token too, was not seen, so that its absence is no finding.
func onlyRead(f finding.Finding) bool {
	return f.Plan != nil && f.Plan.Action.Source == "script"
}

// needsNoSession says whether the request was seen to work with a session that is none:
// then there is none to ride.
func needsNoSession(f finding.Finding) bool {
	return f.Proof != nil && slices.ContainsFunc(f.Proof.Controls, func(c finding.Control) bool { return c.Name == "broken-session" && !c.Passed })
}

// onlyDescribed says whether the action is known from a description of the API
// alone: then no form was seen to lack a token, and there is nothing to suspect.
func onlyDescribed(f finding.Finding) bool {
	return f.Plan != nil && f.Plan.Action.Source == "openapi" && f.Plan.Action.Page == ""
}

// acceptedOnce says whether a variant was served when it was tried. That is a
// reason to suspect, even where the browser could not show it.
func acceptedOnce(f finding.Finding) bool {
	return f.State == finding.Suspected && f.Proof != nil &&
		slices.ContainsFunc(f.Proof.Attempts, func(a finding.Attempt) bool { return a.Accepted })
}

func isCSRF(w finding.Weakness) bool {
	return w == finding.CSRF || strings.HasPrefix(string(w), "csrf-")
}

// onlyNeighbours says whether the forgery was shown to work, from the site's own
// neighbours alone, and a cookie of the session is one that stays behind when
// another site asks.
func onlyNeighbours(f finding.Finding) bool {
	if f.State != finding.Proven || len(f.Vector) == 0 {
		return false
	}
	if slices.ContainsFunc(f.Vector, func(c finding.Cell) bool { return c.From == finding.CrossSite && c.State == finding.Proven }) {
		return false
	}
	staysBehind := []policy.Reason{policy.CookieLaxUnsafeMethod, policy.CookieStrictCrossSite, policy.CookieLaxNotNavigation, policy.CookieDefaultLaxAged}
	return slices.ContainsFunc(f.Evidence, func(e finding.Evidence) bool {
		return e.Kind == "cookie" && slices.Contains(staysBehind, policy.Reason(e.Reason))
	})
}

// bestOfEach keeps, of findings with one ID, the one that was shown furthest.
func bestOfEach(findings []finding.Finding) []finding.Finding {
	var kept []finding.Finding
	index := map[string]int{}
	for _, f := range findings {
		i, known := index[f.ID]
		switch {
		case !known:
			index[f.ID] = len(kept)
			kept = append(kept, f)
		case reach(f.State) > reach(kept[i].State):
			kept[i] = f
		}
	}
	return kept
}

func reach(s finding.State) int {
	return slices.Index([]finding.State{finding.Refuted, finding.NotTestable, finding.Suspected, finding.Proven}, s)
}

// gaps are weaknesses of defences. Where there is no defence, they say nothing.
var gaps = []finding.Weakness{finding.CSRFOriginCheck, finding.CSRFTokenUnbound, finding.CSRFTokenBeforeLogin, finding.CSRFTokenConstant, finding.CSRFSameSiteOnly}

// subsume merges the gaps at an endpoint into the csrf, or csrf-samesite-only, that
// is proven there, an unbound token into a constant one, which is a token for every
// session, and a form that also answers GET into the link that does the same. Where
// no login is asked for, a suspicion of forgery says nothing.
func subsume(findings []finding.Finding) []finding.Finding {
	main := map[string]int{}
	constant, link, open := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, f := range findings {
		if f.State != finding.Proven {
			continue
		}
		place := f.Endpoint.String()
		switch _, known := main[place]; {
		case f.Weakness == finding.CSRF, f.Weakness == finding.CSRFSameSiteOnly && !known:
			main[place] = i
		case f.Weakness == finding.CSRFTokenConstant:
			constant[place] = true
		case f.Weakness == finding.CSRFGet:
			link[f.Endpoint.Route] = true
		case f.Weakness == finding.AuthMissing:
			open[place] = true
		}
	}
	gone := make([]bool, len(findings))
	for i, f := range findings {
		place := f.Endpoint.String()
		switch at, proven := main[place]; {
		case proven && at != i && slices.Contains(gaps, f.Weakness):
			findings[at] = withAttempts(findings[at], f)
			gone[i] = true
		case isCSRF(f.Weakness) && f.State != finding.Proven && open[place]:
			gone[i] = true // who needs no session has none to ride
		case f.Weakness == finding.CSRFTokenUnbound && constant[place]:
			gone[i] = true
		case f.Weakness == finding.CSRFMethodOverride && link[f.Endpoint.Route] && provenAs(f, http.MethodGet):
			gone[i] = true
		}
	}
	kept := make([]finding.Finding, 0, len(findings))
	for i, f := range findings {
		if !gone[i] {
			kept = append(kept, f)
		}
	}
	return kept
}

// provenAs says whether the variant that was proven went out under method.
func provenAs(f finding.Finding, method string) bool {
	if f.State != finding.Proven || f.Proof == nil || f.Plan == nil {
		return false
	}
	return slices.ContainsFunc(f.Proof.Attempts, func(a finding.Attempt) bool {
		return a.Accepted && a.By == "browser" && slices.ContainsFunc(f.Plan.Variants, func(v finding.Variant) bool {
			return v.Name == a.Variant && v.Method == method
		})
	})
}

// alsoAsLink names, beside the form whose method was changed, the GET request that
// was proven in its place.
func alsoAsLink(f finding.Finding) finding.Finding {
	if f.Weakness != finding.CSRFMethodOverride || !provenAs(f, http.MethodGet) {
		return f
	}
	link := f.Endpoint
	link.Method = http.MethodGet
	if !slices.Contains(f.Routes, link) {
		f.Routes = append(slices.Clone(f.Routes), link)
	}
	return f
}

// withAttempts adds what was tried for gap to the proof of f.
func withAttempts(f, gap finding.Finding) finding.Finding {
	if f.Proof == nil || gap.Proof == nil {
		return f
	}
	proof := *f.Proof
	proof.Attempts = slices.Concat(proof.Attempts, gap.Proof.Attempts)
	f.Proof = &proof
	return f
}

// linkFraming marks a site-wide framing finding as proven by a click that was
// proven on one of its pages. The finding keeps its low severity: the attack is
// rated where it was made.
func linkFraming(findings []finding.Finding) {
	attacks := map[string]int{} // the first that was proven at each place
	for i, f := range findings {
		if _, known := attacks[f.Endpoint.String()]; f.Weakness == finding.Clickjacking && f.State == finding.Proven && !known {
			attacks[f.Endpoint.String()] = i
		}
	}
	for i, f := range findings {
		if !strings.HasPrefix(string(f.Weakness), "framing-") || f.State == finding.Proven || f.Weakness == finding.FramingXFOOnly {
			continue
		}
		if at := firstAmong(attacks, f); at >= 0 {
			findings[i].State = finding.Proven
			findings[i].Why = fmt.Sprintf("%s Shown by the attack on %s (%s).", f.Why, findings[at].Endpoint, findings[at].ID)
		}
	}
}

// firstAmong is the first of the attacks that were made at one of f's places, -1 if none was.
func firstAmong(attacks map[string]int, f finding.Finding) int {
	first := -1
	for _, e := range append([]finding.Endpoint{f.Endpoint}, f.Routes...) {
		if at, made := attacks[e.String()]; made && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// order is that of the catalogue, and of places within a weakness.
func order(findings []finding.Finding) {
	catalogue := finding.AllWeaknesses()
	slices.SortStableFunc(findings, func(a, b finding.Finding) int {
		if d := slices.Index(catalogue, a.Weakness) - slices.Index(catalogue, b.Weakness); d != 0 {
			return d
		}
		return byPlace(a, b)
	})
}
