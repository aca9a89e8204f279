package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-dev/mantlet/internal/finding"
	"github.com/mantlet-dev/mantlet/policy"
)

// outcome is a finding as it comes back from the prover.
func outcome(w finding.Weakness, endpoint string, s finding.State, change ...func(*finding.Finding)) finding.Finding {
	method, route, _ := strings.Cut(endpoint, " ")
	f := finding.Finding{Weakness: w, State: s, Why: "so it was seen.", Plan: &finding.Plan{Kind: finding.PlanForge, Action: finding.Action{Method: method, Route: route}},
		Endpoint: finding.Endpoint{Method: method, Route: route, URL: "https://bank.test" + route}}
	if s != finding.Suspected {
		f.Proof = &finding.Proof{Attempts: []finding.Attempt{{Variant: string(w), Accepted: s == finding.Proven}}}
	}
	for _, c := range change {
		c(&f)
	}
	return rated(f)
}

func onlyIfProven(f *finding.Finding) { f.Plan.OnlyIfProven = true }

func provenFrom(from ...finding.From) func(*finding.Finding) {
	return func(f *finding.Finding) {
		for _, position := range positions {
			state := finding.Refuted
			if slices.Contains(from, position.From) {
				state = finding.Proven
			}
			f.Vector = append(f.Vector, finding.Cell{Position: position, State: state, By: "browser"})
		}
	}
}

func cookieWith(r policy.Reason) func(*finding.Finding) {
	return func(f *finding.Finding) {
		f.Evidence = append(f.Evidence, finding.Evidence{Kind: "cookie", Text: "sid=x", Reason: string(r)})
	}
}

func TestSettle(t *testing.T) {
	const email = "POST /email"
	for _, row := range []struct {
		name  string
		given []finding.Finding
		want  []string
	}{
		{"nothing", nil, nil},
		{"a passive scan keeps what was seen and drops what was only to be tried", []finding.Finding{
			outcome(finding.CSRF, email, finding.Suspected),
			outcome(finding.CSRFOriginCheck, email, finding.Suspected, onlyIfProven),
			outcome(finding.CSRFJSON, "POST /api", finding.Suspected, onlyIfProven),
		}, []string{"csrf POST /email suspected low"}},
		{"where no login is asked for, there is none to ride", []finding.Finding{
			outcome(finding.CSRF, email, finding.NotTestable),
			outcome(finding.CSRF, "POST /other", finding.Suspected),
			outcome(finding.AuthMissing, email, finding.Proven),
		}, []string{"csrf POST /other suspected low", "auth-missing POST /email proven high"}},
		{"what was refuted stays as tested protection", []finding.Finding{
			outcome(finding.CSRF, email, finding.Refuted, onlyIfProven),
			outcome(finding.CSRFTokenUnbound, email, finding.Refuted, onlyIfProven),
		}, []string{"csrf POST /email refuted info", "csrf-token-unbound POST /email refuted info"}},
		{"what could not be tried is dropped if nothing supports it, and else stays suspected", []finding.Finding{
			outcome(finding.CSRF, email, finding.NotTestable),
			outcome(finding.CSRFOriginCheck, email, finding.NotTestable, onlyIfProven),
			outcome(finding.Clickjacking, "GET /email", finding.NotTestable),
		}, []string{"clickjacking GET /email not-testable info", "csrf POST /email suspected low"}},
		{"a variant that was served is a reason to suspect", []finding.Finding{
			outcome(finding.CSRFJSON, "POST /api", finding.Suspected, onlyIfProven, func(f *finding.Finding) {
				f.Proof = &finding.Proof{Attempts: []finding.Attempt{{Variant: "text", Accepted: true, By: "replay"}}}
			}),
		}, []string{"csrf-json POST /api suspected low"}},
		{"proven csrf says it all, and other endpoints keep theirs", []finding.Finding{
			outcome(finding.CSRF, email, finding.Proven, provenFrom(finding.CrossSite)),
			outcome(finding.CSRFOriginCheck, email, finding.Proven, onlyIfProven),
			outcome(finding.CSRFTokenUnbound, email, finding.Proven, onlyIfProven),
			outcome(finding.CSRFTokenBeforeLogin, email, finding.Refuted, onlyIfProven),
			outcome(finding.CSRFMethodOverride, email, finding.Proven, onlyIfProven),
			outcome(finding.CSRFTokenUnbound, "POST /name", finding.Proven, onlyIfProven),
		}, []string{
			"csrf POST /email proven high (tried csrf, csrf-origin-check, csrf-token-unbound, csrf-token-before-login)",
			"csrf-method-override POST /email proven high", "csrf-token-unbound POST /name proven medium",
		}},
		{"a token for everybody is the cause, not that it is unbound", []finding.Finding{
			outcome(finding.CSRFTokenUnbound, "POST /name", finding.Proven, onlyIfProven),
			outcome(finding.CSRFTokenConstant, "POST /name", finding.Proven),
		}, []string{"csrf-token-constant POST /name proven medium"}},
		{"csrf only from neighbours, because a cookie stays behind", []finding.Finding{
			outcome(finding.CSRF, email, finding.Proven, provenFrom(finding.Sibling, finding.OtherPort), cookieWith(policy.CookieLaxUnsafeMethod)),
			outcome(finding.CSRFOriginCheck, email, finding.Proven, onlyIfProven),
		}, []string{"csrf-samesite-only POST /email proven medium (tried csrf, csrf-origin-check)"}},
		{"csrf only from neighbours, though the cookie travels", []finding.Finding{
			outcome(finding.CSRF, email, finding.Proven, provenFrom(finding.OtherPort), cookieWith(policy.CookieSentCrossSite)),
		}, []string{"csrf POST /email proven medium"}},
		{"of candidates the best outcome wins", []finding.Finding{
			outcome(finding.Clickjacking, "GET /all", finding.Refuted),
			outcome(finding.Clickjacking, "GET /all", finding.Proven, provenFrom(finding.CrossSite)),
			outcome(finding.Clickjacking, "GET /all", finding.Suspected),
		}, []string{"clickjacking GET /all proven medium"}},
		{"a click proves the policy of its page, and not that of others", []finding.Finding{
			outcome(finding.FramingAbsent, "GET /", finding.Suspected, func(f *finding.Finding) { f.Routes = []finding.Endpoint{{Method: "GET", Route: "/all"}} }),
			outcome(finding.FramingWeak, "GET /weak", finding.Suspected),
			outcome(finding.Clickjacking, "GET /all", finding.Proven, provenFrom(finding.CrossSite)),
		}, []string{"clickjacking GET /all proven medium", "framing-absent GET / proven low", "framing-weak GET /weak suspected low"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := fmt.Sprintf("%+v", row.given)
			settled := Settle(row.given)
			if diff := cmp.Diff(row.want, lines(settled)); diff != "" {
				t.Errorf("want (-) and got (+) differ:\n%s", diff)
			}
			if after := fmt.Sprintf("%+v", row.given); after != before {
				t.Error("the argument was changed")
			}
			if diff := cmp.Diff(lines(settled), lines(Settle(settled))); diff != "" {
				t.Errorf("settling again changes it:\n%s", diff)
			}
			for _, f := range settled {
				if f.ID != finding.MakeID(f.Weakness, f.Endpoint) || f.Title == "" {
					t.Errorf("%s is called %q (%q)", f.Weakness, f.ID, f.Title)
				}
			}
		})
	}
}

func lines(findings []finding.Finding) []string {
	var list []string
	for _, f := range findings {
		line := fmt.Sprintf("%s %s %s %s", f.Weakness, f.Endpoint, f.State, f.Severity)
		var tried []string
		if f.Proof != nil {
			for _, a := range f.Proof.Attempts {
				tried = append(tried, a.Variant)
			}
		}
		if len(tried) > 1 {
			line += " (tried " + strings.Join(tried, ", ") + ")"
		}
		list = append(list, line)
	}
	return list
}

// The order of discovery must not show in what a scan says.
func TestSettleDoesNotDependOnOrder(t *testing.T) {
	given := []finding.Finding{
		outcome(finding.CSRF, "POST /b", finding.Proven, provenFrom(finding.CrossSite)),
		outcome(finding.Clickjacking, "GET /a", finding.Proven, provenFrom(finding.CrossSite)),
		outcome(finding.FramingAbsent, "GET /a", finding.Suspected),
		outcome(finding.CSRFTokenUnbound, "POST /b", finding.Refuted, onlyIfProven),
	}
	want := lines(Settle(given))
	slices.Reverse(given)
	if diff := cmp.Diff(want, lines(Settle(given))); diff != "" {
		t.Errorf("reversed input gives something else:\n%s", diff)
	}
}

func TestOneForgedTokenIsOneFinding(t *testing.T) {
	opened := func(route, variant string, shown int) finding.Finding {
		return finding.Finding{ID: route, Weakness: finding.AuthJWT, State: finding.Proven, Identity: "alice", Endpoint: finding.Endpoint{Method: "GET", Route: route},
			Proof: &finding.Proof{Attempts: []finding.Attempt{{Variant: variant, Accepted: true}}, Changes: make([]finding.Change, shown)}}
	}
	settled := Settle([]finding.Finding{opened("/coupons", "signature altered", 1), opened("/me", "signature altered", 3),
		opened("/address", "expired", 2), opened("/orders", "signature altered", 2)})
	var got []string
	for _, f := range settled {
		text := f.Endpoint.Route
		for _, r := range f.Routes {
			text += " " + r.Route
		}
		got = append(got, text)
	}
	slices.Sort(got)
	if want := []string{"/address", "/me /coupons /orders"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if again := Settle(settled); len(again) != len(settled) {
		t.Errorf("settled twice: %d findings, then %d", len(settled), len(again))
	}
}
