package guard

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-dev/mantlet/policy"
)

const (
	csp = policy.HeaderCSP
	xfo = policy.HeaderXFO
)

func origin(s string) policy.Origin {
	o, err := policy.ParseOrigin(s)
	if err != nil {
		panic(err)
	}
	return o
}

var (
	target = origin("https://app.example")
	pages  = []policy.Origin{target, origin("https://partner.example"), origin("https://evil.example"), origin("https://sub.app.example"),
		origin("https://app.example:8443"), origin("http://app.example"), origin("http://partner.example"), policy.Opaque}
)

// chains are ancestor chains of one and two pages.
func chains() [][]policy.Origin {
	var all [][]policy.Origin
	for _, a := range pages {
		all = append(all, []policy.Origin{a})
		for _, b := range pages {
			all = append(all, []policy.Origin{a, b})
		}
	}
	return all
}

// written is what the guard makes of an application's headers.
func written(t testing.TB, embedders []string, mode WriteMode, app http.Header) http.Header {
	t.Helper()
	rules := policy.Rules{Embedders: map[string][]string{"/": embedders}}
	g, err := New(rules, Options{Framing: mode})
	if err != nil {
		t.Fatal(err)
	}
	r := &http.Request{Method: "GET", Host: "app.example", URL: mustURL("/x"), Header: http.Header{}}
	h := app.Clone()
	g.writeHeaders(h, r, false)
	return h
}

var embedderSets = [][]string{nil, {"self"}, {"https://partner.example"}, {"self", "https://partner.example"}}

// checkNeverLaxer holds what the guard wrote against what the application sent and
// what the rules say, for every chain of ancestors.
func checkNeverLaxer(t *testing.T, app http.Header) {
	t.Helper()
	before := policy.FramingOf(app)
	overHTTP2 := policy.FramingOf(valid(app))
	for _, embedders := range embedderSets {
		rules := policy.FramingOf(http.Header{csp: newFrame(embedders).csp})
		for _, mode := range []WriteMode{Tighten, IfMissing, Own} {
			h := written(t, embedders, mode, app)
			after := policy.FramingOf(h)
			if n := len(h.Values(xfo)); mode != IfMissing && n > 1 {
				t.Fatalf("%v: %d X-Frame-Options", app, n)
			}
			for _, chain := range chains() {
				got := after.Allows(target, chain...).Allowed
				byApp, byRules := before.Allows(target, chain...).Allowed, rules.Allows(target, chain...).Allowed
				switch {
				case got && mode != Own && !byApp, got && mode == Tighten && !overHTTP2.Allows(target, chain...).Allowed:
					t.Fatalf("%s with %v: laxer than the application to %v\nbefore %v\nafter  %v", mode, embedders, chain, app, h)
				case got && !byRules && (mode != IfMissing || !before.Restricts()):
					t.Fatalf("%s with %v: laxer than the rules to %v\nbefore %v\nafter  %v", mode, embedders, chain, app, h)
				case !got && mode == Own && byRules:
					t.Fatalf("own with %v: stricter than the rules to %v\nbefore %v\nafter  %v", embedders, chain, app, h)
				}
			}
		}
	}
}

// valid drops the values that HTTP/2 does not carry.
func valid(h http.Header) http.Header {
	kept := http.Header{}
	for name, values := range h {
		for _, v := range values {
			if !hasControl(v) {
				kept[name] = append(kept[name], v)
			}
		}
	}
	return kept
}

func TestFramingIsNeverLaxerThanTheApplicationNorTheRules(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 7))
	tokens := []string{"'self'", "'none'", "*", "https:", "http:", "app.example", "*.app.example", "https://partner.example", "https://app.example:8443",
		"https://partner.example/x", "none", "a_b", "\x01"}
	directives := []string{"frame-ancestors", "Frame-Ancestors", "default-src", "frame-ancestor", "sandbox"}
	options := []string{"DENY", "SAMEORIGIN", "sameorigin", "ALLOWALL", "ALLOW-FROM https://partner.example", "", "DENY, SAMEORIGIN", `"DENY"`, "DENY;"}
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	names := map[string][]string{csp: {csp, "content-security-policy"}, xfo: {xfo, "x-frame-options"}}
	for range 600 {
		app := http.Header{}
		for range r.IntN(3) {
			var value []string
			for range r.IntN(3) + 1 {
				var list []string
				for range r.IntN(4) {
					list = append(list, pick(tokens))
				}
				value = append(value, pick(directives)+" "+strings.Join(list, " "))
			}
			name := pick(names[csp])
			app[name] = append(app[name], strings.Join(value, pick([]string{"; ", ", ", ";"})))
		}
		for range r.IntN(3) {
			name := pick(names[xfo])
			app[name] = append(app[name], pick(options))
		}
		checkNeverLaxer(t, app)
	}
}

// FuzzFramingNeverLaxer is the same for any bytes an application can send.
func FuzzFramingNeverLaxer(f *testing.F) {
	f.Add("frame-ancestors *", "DENY", "")
	f.Add("default-src 'self'", "SAMEORIGIN", "DENY")
	f.Add("frame-ancestors 'self'\x00, frame-ancestors\thttps:", "\"DENY\"", "ALLOWALL")
	f.Add("frame-ancestors https://partner.example\n", "DENY", "\xff")
	f.Fuzz(func(t *testing.T, policies, options, more string) {
		app := http.Header{}
		for name, value := range map[string]string{csp: policies, xfo: options, "x-frame-options": more} {
			if value != "" {
				app[name] = []string{value}
			}
		}
		if strings.ContainsRune(policies+options+more, 0) {
			t.Skip("a NUL makes browsers drop the response, whatever it says")
		}
		checkNeverLaxer(t, app)
	})
}

func TestWhatFramingLooksLike(t *testing.T) {
	partner, lower := "https://partner.example", strings.ToLower(xfo)
	for _, test := range []struct {
		name      string
		embedders []string
		mode      WriteMode
		app       http.Header
		csp, xfo  []string
	}{
		{"nothing sent", nil, "", http.Header{}, []string{"frame-ancestors 'none'"}, []string{"DENY"}},
		{"self", []string{"self"}, "", http.Header{}, []string{"frame-ancestors 'self'"}, []string{"SAMEORIGIN"}},
		{"a partner", []string{partner}, "", http.Header{}, []string{"frame-ancestors " + partner}, nil},
		{"self and partner", []string{"self", partner}, "", http.Header{}, []string{"frame-ancestors 'self' " + partner}, nil},
		{"the application's policy stays", nil, "", http.Header{csp: {"script-src 'self'"}}, []string{"script-src 'self'", "frame-ancestors 'none'"}, []string{"DENY"}},
		{"a stricter option is folded in", []string{partner}, "", http.Header{xfo: {"DENY"}}, []string{"frame-ancestors 'none'"}, []string{"DENY"}},
		{"a partner and SAMEORIGIN have nobody in common", []string{partner}, "", http.Header{xfo: {"SAMEORIGIN"}}, []string{"frame-ancestors 'none'"}, []string{"DENY"}},
		{"self and SAMEORIGIN", []string{"self", partner}, "", http.Header{xfo: {"sameorigin"}}, []string{"frame-ancestors 'self'"}, []string{"SAMEORIGIN"}},
		{"an option that is off already", []string{partner}, "", http.Header{csp: {"frame-ancestors *"}, xfo: {"DENY"}}, []string{"frame-ancestors *", "frame-ancestors " + partner}, nil},
		{"an option without effect", []string{partner}, "", http.Header{xfo: {"ALLOWALL"}}, []string{"frame-ancestors " + partner}, nil},
		{"default leaves a rule alone", nil, IfMissing, http.Header{xfo: {"SAMEORIGIN"}}, nil, []string{"SAMEORIGIN"}},
		{"default adds where there is none", nil, IfMissing, http.Header{csp: {"img-src *"}}, []string{"img-src *", "frame-ancestors 'none'"}, []string{"DENY"}},
		{"own replaces", []string{partner}, Own, http.Header{csp: {"img-src *; frame-ancestors 'none'", "FRAME-ANCESTORS\t*"}, xfo: {"DENY"}}, []string{"img-src *", "frame-ancestors " + partner}, nil},
		{"lower-case names", nil, "", http.Header{"x-frame-options": {"ALLOWALL"}}, []string{"frame-ancestors 'none'"}, []string{"DENY"}},
	} {
		h := written(t, test.embedders, test.mode, test.app)
		if !slices.Equal(h.Values(csp), test.csp) || !slices.Equal(h.Values(xfo), test.xfo) || h[lower] != nil {
			t.Errorf("%s: got %q and %q", test.name, h.Values(csp), h.Values(xfo))
		}
	}
}

func TestSharedValuesAreNotHandedOutToWriteTo(t *testing.T) {
	h := written(t, nil, "", http.Header{})
	h.Add(csp, "x")
	h.Add("Referrer-Policy", "x")
	if again := written(t, nil, "", http.Header{}); len(again[csp]) != 1 || again[csp][0] != "frame-ancestors 'none'" || len(again["Referrer-Policy"]) != 1 {
		t.Errorf("one response changed another: %v", again)
	}
}

func TestFramingInReportBlocksNobody(t *testing.T) {
	g, err := New(policy.Rules{}, Options{ReportOnly: []Rule{RuleFraming}})
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	g.writeHeaders(h, &http.Request{Method: "GET", URL: mustURL("/"), Header: http.Header{}}, false)
	if h.Get(policy.HeaderCSPReportOnly) != "frame-ancestors 'none'" || h.Get(csp) != "" || h.Get(xfo) != "" {
		t.Errorf("got %v", h)
	}
}

func TestEmbeddersHoldByRoute(t *testing.T) {
	s := serve(t, true, policy.Rules{Embedders: map[string][]string{"/widget": {"https://partner.example"}}}, Options{}, nil)
	for path, want := range map[string]string{"/widget/1": "frame-ancestors https://partner.example", "/": "frame-ancestors 'none'",
		"/widget/%2e%2e/": "frame-ancestors 'none'", "//widget/": "frame-ancestors 'none'", "/widgets": "frame-ancestors 'none'"} {
		if got := s.send(t, "GET "+path+" HTTP/1.1", appHost).Header.Get(csp); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}
