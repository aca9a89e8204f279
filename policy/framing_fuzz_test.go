package policy

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// sampleChains are ancestor chains that between them meet every rule.
func sampleChains(t *testing.T) [][]Origin {
	t.Helper()
	written := []string{self, attacker, "http://victim.test", "https://sub.victim.test", "https://victim.test:8443", "null", "file://"}
	origins := embedders(t, written...)
	var chains [][]Origin
	for _, a := range origins {
		chains = append(chains, []Origin{a})
		for _, b := range origins {
			chains = append(chains, []Origin{a, b})
		}
	}
	return chains
}

// FuzzParseFraming holds any header lines against what must always be true: no
// panic, a top-level page is never blocked, a further enforced policy never opens
// what was closed, and a list printed and read again decides the same.
func FuzzParseFraming(f *testing.F) {
	for _, seed := range []string{
		csp + "'self' https://*.partner.example:8443/x", xfo + "DENY\x1e" + csp + "*", csp + "\xe9; frame-ancestors 'none'",
		xfo + "SAMEORIGIN,\r\n DENY", "X-Other: a\n\n" + xfo + "DENY", xfo + `"a\", b`, csp + "[::1] a:b:c //x *. :", "\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, block string) {
		lines := strings.Split(block, "\x1e")
		framing := ParseFraming(lines)
		target := embedders(t, self)[0]
		if !framing.Allows(target).Allowed {
			t.Error("a top-level page is blocked")
		}
		stricter := ParseFraming(append(slices.Clone(lines), csp+"'self' https:"))
		for _, chain := range sampleChains(t) {
			before := framing.Allows(target, chain...)
			if before.Reason.Explain() == "" {
				t.Errorf("reason %q is not explained", before.Reason)
			}
			if len(framing.Enforced()) > 0 && !before.Allowed && stricter.Allows(target, chain...).Allowed {
				t.Errorf("another policy opened the page to %v", chain)
			}
		}
		for _, list := range slices.Concat(framing.Enforced(), framing.ReportOnly()) {
			checkRoundTrip(t, list, target)
		}
		framing.Effects()
		framing.Audience(target)
	})
}

func checkRoundTrip(t *testing.T, list SourceList, target Origin) {
	t.Helper()
	again := ParseSourceList(list.String())
	if again.String() != list.String() || again.IsNone() != list.IsNone() {
		t.Errorf("%q read again is %q", list, again)
	}
	for _, chain := range sampleChains(t) {
		if got, want := again.matches(target, chain[0], false), list.matches(target, chain[0], false); got != want {
			t.Errorf("%q matches %v: %v, read again %v", list, chain[0], want, got)
		}
	}
}

// randomList draws a frame-ancestors value from tokens that interact.
func randomList(r *rand.Rand) string {
	tokens := []string{"'self'", "'none'", "*", "https:", "http:", "victim.test", "*.victim.test", attacker, "http://victim.test:80",
		"*:8443", "file:", "a_b", "https://victim.test/x", "none"}
	list := make([]string, r.IntN(4))
	for i := range list {
		list[i] = tokens[r.IntN(len(tokens))]
	}
	return strings.Join(list, " ")
}

func TestMoreRulesAndMoreAncestorsOnlyEverClose(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	target := embedders(t, self)[0]
	chains := sampleChains(t)
	for range 20000 {
		lines := []string{xfo + []string{"DENY", "SAMEORIGIN", "x", "ALLOWALL"}[r.IntN(4)], csp + randomList(r)}
		more := append(slices.Clone(lines), csp+randomList(r))
		chain := chains[r.IntN(len(chains))]
		longer := append(slices.Clone(chain), chains[r.IntN(len(chains))]...)
		opened := func(why string, from []string, a []Origin, to []string, b []Origin) {
			if !ParseFraming(from).Allows(target, a...).Allowed && ParseFraming(to).Allows(target, b...).Allowed {
				t.Fatalf("%s opened the page\n%q %v\n%q %v", why, from, a, to, b)
			}
		}
		opened("another enforced policy", lines, chain, more, chain)
		opened("another ancestor", lines, chain, lines, longer)
		opened("another X-Frame-Options", lines[:1], chain, []string{lines[0], xfo + "DENY"}, chain)
		reversed := slices.Clone(longer)
		slices.Reverse(reversed)
		opened("the order of ancestors", lines, longer, lines, reversed)
	}
}
