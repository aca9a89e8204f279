package policy

import (
	"fmt"
	"strings"
	"testing"
)

// mostFramingLeftOut is how large a share of the framing rows may rest on
// something that is not in the response.
const mostFramingLeftOut = 0.03

// A framingRow is a line of framing.jsonl.
type framingRow struct {
	ID        string       `json:"id"`
	Headers   []string     `json:"headers"`
	Status    int          `json:"status"`
	Ancestors []string     `json:"ancestors"`
	Target    string       `json:"target"`
	Verdict   string       `json:"verdict"`
	By        string       `json:"by"`
	Err       string       `json:"err"`
	Hops      []framingHop `json:"hops"`
}

type framingHop struct {
	Origin  string   `json:"origin"`
	Status  int      `json:"status"`
	Headers []string `json:"headers"`
	Then    string   `json:"then"`
}

func corpusFraming(t *testing.T, folder string) { judgeFramingRows(t, folder, "framing.jsonl") }

// Odd bytes and random combinations of everything a header may hold, recorded
// besides the corpus; testdata/README.md says how.
func TestFramingAgreesWithTheBrowserOnOddBytes(t *testing.T) {
	judgeFramingRows(t, "testdata", "framing-bytes.jsonl")
}

func judgeFramingRows(t *testing.T, folder, name string) {
	tally := newCorpusTally(name)
	for _, row := range readCorpus[framingRow](t, folder, name) {
		verdict, reason := row.judge(t)
		switch {
		case strings.HasPrefix(row.By, "embedder:") && reason != FrameMixedContent:
			tally.leaveOut("the embedder refused (" + row.By + "), whatever the response says")
		case strings.HasPrefix(row.By, "corp-"):
			tally.leaveOut("the embedder's Cross-Origin-Embedder-Policy refused, whatever the framing rules say")
		case row.Verdict == "none" && verdict != "none":
			tally.leaveOut("no document for a reason that is not in the headers (" + row.Err + ")")
		default:
			tally.compare(row.ID, row.Verdict, verdict, reason)
		}
	}
	tally.report(t, mostFramingLeftOut)
}

// judge follows the row's navigation: a page on the way that goes on by itself
// must first be shown, a redirect need not.
func (r framingRow) judge(t *testing.T) (verdict string, why Reason) {
	t.Helper()
	ancestors := make([]Origin, len(r.Ancestors))
	for i, a := range r.Ancestors {
		ancestors[i] = rowOrigin(t, r.ID, a)
	}
	redirected := false
	for _, hop := range r.Hops {
		redirected = hop.Then == ""
		if !redirected {
			f := ParseFraming(wireLines(hop.Headers))
			if d := f.Allows(rowOrigin(t, r.ID, hop.Origin), ancestors...); !d.Allowed {
				return "blocked", d.Reason
			}
		}
	}
	target, lines := rowOrigin(t, r.ID, r.Target), wireLines(r.Headers)
	if MixedContent(target, ancestors...) {
		return "blocked", FrameMixedContent
	}
	if why := NoDocument(r.Status, lines); why != "" {
		return "none", why
	}
	f := ParseFraming(lines)
	if redirected {
		f = f.AfterRedirect()
	}
	d := f.Allows(target, ancestors...)
	if d.Allowed {
		return "framed", d.Reason
	}
	return "blocked", d.Reason
}

func rowOrigin(t *testing.T, id, s string) Origin {
	t.Helper()
	o, err := ParseOrigin(s)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	return o
}

func wireLines(disguised []string) []string {
	lines := make([]string, len(disguised))
	for i, line := range disguised {
		lines[i] = wireBytes(line)
	}
	return lines
}

// A wildXFORow is a value that real sites send, and from where the page that sent
// it could be framed.
type wildXFORow struct {
	Value      string `json:"value"`
	SameOrigin bool   `json:"same_origin"`
	SameSite   bool   `json:"same_site"`
	CrossSite  bool   `json:"cross_site"`
}

func corpusWildXFO(t *testing.T, folder string) {
	target := rowOrigin(t, "target", "https://victim.test")
	tally := newCorpusTally("xfo-wild.jsonl")
	for _, row := range readCorpus[wildXFORow](t, folder, "xfo-wild.jsonl") {
		f := ParseFraming([]string{"X-Frame-Options: " + wireBytes(row.Value)})
		var got []bool
		var reason Reason
		for _, embedder := range []string{"https://victim.test", "https://sub.victim.test", "https://attacker.example"} {
			d := f.Allows(target, rowOrigin(t, embedder, embedder))
			got, reason = append(got, d.Allowed), d.Reason
		}
		want := []bool{row.SameOrigin, row.SameSite, row.CrossSite}
		tally.compare(row.Value, fmt.Sprint(want), fmt.Sprint(got), reason)
	}
	tally.report(t, 0)
}
