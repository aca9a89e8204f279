package report

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

func TestMarkdownIsTakenApart(t *testing.T) {
	got := markdown("## What it is\n\nOne `a*b` and\n**two** * three.\n\n- first\n  line\n- second\n\n```go\nx := 1\n\ty()\n```\nafter `open\n")
	want := []block{
		{Kind: heading, Spans: []span{{Text: "What it is"}}},
		{Kind: paragraph, Spans: []span{{Text: "One "}, {Text: "a*b", Code: true}, {Text: " and "}, {Text: "two", Strong: true}, {Text: " *"}, {Text: " three."}}},
		{Kind: item, Spans: []span{{Text: "first line"}}},
		{Kind: item, Spans: []span{{Text: "second"}}},
		{Kind: code, Code: "x := 1\n\ty()\n"},
		{Kind: paragraph, Spans: []span{{Text: "after `"}, {Text: "open"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

var fences = regexp.MustCompile("(?m)^```.*$")

// Nothing of the catalogue may be lost on its way into a report.
func TestMarkdownKeepsEveryWordOfTheCatalogue(t *testing.T) {
	for _, w := range finding.AllWeaknesses() {
		d, _ := finding.Describe(w)
		texts := []string{d.Text}
		for _, remedy := range d.Remedies {
			texts = append(texts, remedy)
		}
		for _, text := range texts {
			var shown strings.Builder
			for _, b := range markdown(text) {
				shown.WriteString(" " + b.plain() + " " + b.Code)
			}
			for _, word := range strings.Fields(strings.NewReplacer("`", " ", "**", " ").Replace(fences.ReplaceAllString(text, ""))) {
				if !strings.Contains(shown.String(), strings.Trim(word, "#-")) {
					t.Errorf("%s: %q is not shown", w, word)
				}
			}
		}
	}
}

func TestSentencesEndWhereASentenceEnds(t *testing.T) {
	text := "One. Two is a longer one. Three."
	for size, want := range map[int]string{1: "One.", 10: "One.", 26: "One. Two is a longer one.", 99: text} {
		if got := sentences(text, size); got != want {
			t.Errorf("within %d: got %q, want %q", size, got, want)
		}
	}
}

func TestWrapKeepsEveryCharacterAndTheWidth(t *testing.T) {
	text := "a https://example.org/very/long/address/without/any/space bb 漢字漢字漢字漢字 c"
	for width := 2; width < 40; width++ {
		lines := wrap(text, width)
		if got := strings.ReplaceAll(strings.Join(lines, ""), " ", ""); got != strings.ReplaceAll(text, " ", "") {
			t.Errorf("at %d: %q", width, lines)
		}
	}
	if got := wrap("", 10); got != nil {
		t.Errorf("no text gives %q", got)
	}
}
