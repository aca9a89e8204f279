package check

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// classify gives the one framing weakness a document is counted under, so that
// one cause is reported once, with the cause in words; "" for none.
func classify(d document, rules policy.Rules) (finding.Weakness, string) {
	intruders := d.intruders(rules)
	contradictions := contradictionsOf(d.framing, d.origin)
	switch {
	case len(contradictions) > 0:
		return finding.FramingContradictory, strings.Join(contradictions, "; ")
	case len(intruders) == 0 && d.framing.XFOInForce():
		return finding.FramingXFOOnly, "X-Frame-Options: " + strings.Join(d.framing.XFO().Values, ", ")
	case len(intruders) == 0:
		return "", ""
	}
	if cause := weaknessOf(d, intruders); cause != "" {
		return finding.FramingWeak, cause
	}
	switch {
	case wouldHold(d):
		return finding.FramingReportOnly, "frame-ancestors " + d.framing.ReportOnly()[0].String() + " is only reported"
	case d.page != nil && len(d.page.MetaPolicies) > 0:
		return finding.FramingMeta, strings.Join(d.page.MetaPolicies, "; ")
	}
	return finding.FramingAbsent, "neither frame-ancestors nor X-Frame-Options"
}

// weaknessOf says in words why a policy that is there does not keep intruders
// out, "" if there is none.
func weaknessOf(d document, intruders []stranger) string {
	f := d.framing
	if lists := f.Enforced(); len(lists) > 0 {
		var written []string
		for _, list := range lists {
			written = append(written, "frame-ancestors "+list.String())
		}
		return fmt.Sprintf("%s lets %s through", strings.Join(written, " and "), intruders[0].origin)
	}
	switch xfo := f.XFO(); xfo.State {
	case policy.XFOInvalid:
		return fmt.Sprintf("browsers do not know X-Frame-Options %q and ignore it", strings.Join(xfo.Values, ", "))
	case policy.XFOAllowAll:
		return "X-Frame-Options ALLOWALL lets everybody in"
	}
	for _, ignored := range f.Ignored() {
		return fmt.Sprintf("%q is ignored by browsers (%s)", ignored.Text, strings.ReplaceAll(string(ignored.Why), "-", " "))
	}
	return ""
}

// contradictionsOf are the places where the headers say what cannot have been
// meant, in words.
func contradictionsOf(f policy.Framing, target policy.Origin) []string {
	var list []string
	lists, xfo := f.Enforced(), f.XFO()
	others := []policy.Audience{policy.AudienceListed, policy.AudienceHTTPS, policy.AudienceEveryone}
	if len(lists) > 0 && restricts(xfo.State) && slices.Contains(others, f.Audience(target)) {
		list = append(list, fmt.Sprintf("X-Frame-Options says %s, but frame-ancestors %s is laxer and the one that counts",
			strings.Join(xfo.Values, ", "), lists[0]))
	}
	if len(lists) == 0 && xfo.State == policy.XFOConflicting {
		list = append(list, fmt.Sprintf("X-Frame-Options says both %s, which browsers take for DENY", strings.Join(xfo.Values, " and ")))
	}
	for _, l := range lists {
		list = append(list, oddities(l.Sources())...)
	}
	for _, ignored := range f.Ignored() {
		if ignored.Why == policy.IgnoredDuplicate {
			list = append(list, fmt.Sprintf("%q stands after another frame-ancestors in the same policy and is ignored", ignored.Text))
		}
	}
	return list
}

func restricts(x policy.XFOState) bool {
	return x == policy.XFODeny || x == policy.XFOSameOrigin || x == policy.XFOConflicting
}

func oddities(sources []policy.Source) []string {
	var list []string
	for _, s := range sources {
		switch word := strings.ToLower(s.Text); {
		case s.Kind == policy.SourceNone && len(sources) > 1:
			list = append(list, "'none' stands beside other sources and is ignored")
		case s.Kind == policy.SourceHost && (word == "none" || word == "self"):
			list = append(list, fmt.Sprintf("the source %s lacks its quotes ('%s') and is taken for a host of that name", word, word))
		}
	}
	return list
}

// wouldHold says whether the report-only policy would keep strangers out if it
// were enforced.
func wouldHold(d document) bool {
	if len(d.framing.ReportOnly()) == 0 {
		return false
	}
	enforced := http.Header{}
	for name, values := range d.Header {
		if strings.EqualFold(name, policy.HeaderCSPReportOnly) {
			name = policy.HeaderCSP
		}
		enforced[name] = append(enforced[name], values...)
	}
	return !policy.FramingOf(enforced).Allows(d.origin, unrelated(d.origin)).Allowed
}

func who(a policy.Audience) string {
	switch a {
	case policy.AudienceNobody:
		return "nobody"
	case policy.AudienceSameOrigin:
		return "only the site itself"
	case policy.AudienceListed:
		return "the origins it lists"
	case policy.AudienceHTTPS:
		return "any https page"
	}
	return "anybody"
}
