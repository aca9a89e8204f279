package report

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func htmlOf(t testing.TB, r Report) string {
	t.Helper()
	var out strings.Builder
	if err := HTML(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// elements gives every element of page with the names of its attributes.
func elements(t testing.TB, page string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var all []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			all = append(all, n)
		}
	}
	return all
}

// shape counts elements by name and attribute names: what a page can do.
func shape(t testing.TB, page string) map[string]int {
	count := map[string]int{}
	for _, n := range elements(t, page) {
		name := n.Data
		for _, a := range n.Attr {
			name += " " + a.Key
		}
		count[name]++
	}
	return count
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

var attacks = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'><svg onload=alert(1)>`, `</style><script>alert(1)</script>`,
	`</title><base href=//evil>`, `javascript:alert(1)`, "` onclick=alert(1) x=`", `{{.Run.ID}}`, `<!--`, `--!><iframe src=//evil>`,
	`]]><a href="javascript:alert(1)">x</a>`, "\x00<scr\x00ipt>", `&lt;script&gt;&#x3c;script>`, `</textarea><form action=//evil>`,
	"```\n<b>x</b>\n```", "**<b>**", `<plaintext>`, `url(//evil)`, "\u202e<i>",
}

func TestHostileTextMakesNoElementAndNoAttribute(t *testing.T) {
	want := shape(t, htmlOf(t, hostile(t, "harmless")))
	for _, attack := range attacks {
		got := shape(t, htmlOf(t, hostile(t, attack)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q changed the page's elements (-harmless +hostile):\n%s", attack, diff)
		}
	}
}

// FuzzHTML: no text whatever changes which elements and attributes the page has.
func FuzzHTML(f *testing.F) {
	for _, attack := range attacks {
		f.Add(attack)
	}
	proven := sample(f)
	proven.Findings, proven.Refuted = proven.Findings[1:2], nil // a short page: most of the time goes into rendering
	page := func(t testing.TB, text string) string {
		r := proven
		r.Findings = slices.Clone(proven.Findings)
		r.Findings[0].Why, r.Findings[0].Title, r.Findings[0].Endpoint.URL = text, text, text
		r.Findings[0].ID, r.Findings[0].Identity, r.Findings[0].Framework = text, text, text
		r.Run.Tool, r.Run.Targets, r.Skips = text, []string{text}, []finding.Skip{{What: text, Why: text}}
		return htmlOf(t, r)
	}
	want := shape(f, page(f, "x"))
	f.Fuzz(func(t *testing.T, text string) {
		if diff := cmp.Diff(want, shape(t, page(t, "x"+text))); diff != "" {
			t.Errorf("%q changed the page's elements (-harmless +hostile):\n%s", text, diff)
		}
	})
}

func TestPageHasNoScriptAndLoadsNothing(t *testing.T) {
	for _, r := range []Report{sample(t), hostile(t, `"><script src=//evil></script>`), new(Collector).Report()} {
		for _, n := range elements(t, htmlOf(t, r)) {
			if slices.Contains([]string{"script", "iframe", "object", "embed", "link", "form", "base"}, n.Data) {
				t.Errorf("the page has an element %s", n.Data)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
					t.Errorf("%s has an attribute %s", n.Data, a.Key)
				}
				if a.Key == "src" && !strings.HasPrefix(a.Val, "data:image/png;base64,") {
					t.Errorf("%s is loaded from %.40q", n.Data, a.Val)
				}
				if a.Key == "href" && !strings.HasPrefix(a.Val, "#") && !strings.HasPrefix(a.Val, "evidence/") {
					t.Errorf("%s leads to %q", n.Data, a.Val)
				}
			}
		}
	}
}

func TestPolicyAllowsTheStyleByItsDigest(t *testing.T) {
	var style, policy string
	for _, n := range elements(t, htmlOf(t, sample(t))) {
		switch {
		case n.Data == "style":
			style = n.FirstChild.Data
		case n.Data == "meta" && attribute(n, "http-equiv") == "Content-Security-Policy":
			policy = attribute(n, "content")
		}
	}
	sum := sha256.Sum256([]byte(style))
	if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; style == "" || !strings.Contains(policy, want) {
		t.Errorf("the policy %q does not hold %s: browsers would show the page without style", policy, want)
	}
	if !strings.HasPrefix(policy, "default-src 'none'; img-src data:; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is laxer than meant: %q", policy)
	}
}

func TestEveryLinkWithinThePageHasItsTarget(t *testing.T) {
	ids, links := map[string]int{}, map[string]bool{}
	for _, n := range elements(t, htmlOf(t, sample(t))) {
		if id := attribute(n, "id"); id != "" {
			ids[id]++
		}
		if target, ok := strings.CutPrefix(attribute(n, "href"), "#"); ok {
			links[target] = true
		}
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %s stands %d times", id, n)
		}
	}
	for link := range links {
		if ids[link] == 0 {
			t.Errorf("#%s leads nowhere", link)
		}
	}
}

// The page is held by what it says rather than byte by byte, so that it can be
// made prettier without a golden file to rubber-stamp.
func TestPageTellsTheWholeStory(t *testing.T) {
	page := htmlOf(t, named(sample(t)))
	for _, want := range []string{
		"3 attacks proven", "40 of 100", "Chromium 156.0.7011.0, third-party cookies allowed", "mantlet replay csrf-8d6276709789",
		"alice@bank.example", "mantlet-77ab@attacker.test", "broken-session", "CWE-352", "API8", "supporting", "6.2.4", "3.5.1 L1",
		"How to repair it in fastapi", "Password change", "6 forgeries refused", "remove transfer mantlet-4c1d by hand",
		"the body is larger than the budget", "The worst proven finding is high", "Sec-Fetch-Site: cross-site", "frame hidden by",
		`href="evidence/clickjacking-b158a6c2fb1f/3-proof-html.html"`,
	} {
		if !strings.Contains(strings.ToLower(page), strings.ToLower(want)) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if n := strings.Count(page, "<img "); n != 2 {
		t.Errorf("the page shows %d screenshots, want 2", n)
	}
}

func TestMatrixCountsEveryFindingOnce(t *testing.T) {
	r := sample(t)
	r.Findings = append(r.Findings, finding.Finding{Weakness: "socket-hijack", State: finding.Suspected},
		finding.Finding{Weakness: finding.BOLARead, State: finding.Proven})
	got := map[string]string{}
	for _, row := range viewOf(r).Matrix {
		for _, c := range row.Cells {
			got[row.Name] += fmt.Sprint(c.Count)
		}
	}
	want := map[string]string{ // proven, suspected, protected, not testable
		"Clickjacking": "1010", "Forged requests (CSRF)": "2011", "Framing policy": "0100", "Session cookies": "0100", "Others": "0100",
		"BOLA/IDOR": "1000",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAnIncompleteScanSaysSoOnThePage(t *testing.T) {
	r := sample(t)
	r.End.Complete, r.End.Why = false, []string{"the login of alice was lost after 12 s"}
	page := htmlOf(t, r)
	for _, want := range []string{"This scan is incomplete", "the login of alice was lost", "D?", "the scan is incomplete"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// Only what is an image by its content is shown as one.
func TestAFileThatIsNoImageIsNotInlined(t *testing.T) {
	r := sample(t)
	for i := range r.Findings[2].Proof.Files {
		r.Findings[2].Proof.Files[i].Data = []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)
	}
	if page := htmlOf(t, r); strings.Contains(page, "data:image") {
		t.Error("a file that is no image was inlined as one")
	}
}
