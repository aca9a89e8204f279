package report

import (
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// play sends a short scan to a Live whose clock moves by step with every message.
func play(terminal bool, width int, step time.Duration) (string, int) {
	var out strings.Builder
	now := noon
	l := NewLive(&out, terminal, width, func() time.Time { return now })
	all := []finding.Message{{Run: &finding.Run{}}}
	for i := range 20 {
		all = append(all, finding.Message{Progress: &finding.Progress{Phase: "discover", Text: "GET /page\x1b[2J", Done: i, Total: 20, Requests: i}})
	}
	all = append(all,
		finding.Message{Finding: &finding.Finding{State: finding.Suspected}},
		finding.Message{Progress: &finding.Progress{Phase: "prove", Text: "csrf POST /transfer", Requests: 30}},
		finding.Message{Finding: &finding.Finding{State: finding.Proven}},
		finding.Message{Progress: &finding.Progress{Phase: "restore", Requests: 40}},
		finding.Message{End: &finding.End{}})
	for _, m := range all {
		l.Handle(m)
		now = now.Add(step)
	}
	return out.String(), len(all)
}

func TestLiveWritesOneLinePerPhaseWhereThereIsNoTerminal(t *testing.T) {
	got, _ := play(false, 80, time.Second)
	want := `mantlet: discover · 0/20 · 0 requests · 1s · GET /page[2J
mantlet: prove · 30 requests · 1 suspected · 22s · csrf POST /transfer
mantlet: restore · 40 requests · 1 proven · 1 suspected · 24s
`
	if got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestLiveRewritesOneLineOnATerminalAndRemovesIt(t *testing.T) {
	got, _ := play(true, 60, time.Second)
	if strings.Contains(got, "\n") {
		t.Errorf("a line feed leaves a line behind: %q", got)
	}
	if !strings.HasSuffix(got, "\r\x1b[2K") {
		t.Errorf("the line is not removed at the end: %q", got)
	}
	for _, line := range strings.Split(got, "\r\x1b[2K") {
		if lipgloss.Width(line) >= 60 || strings.Contains(line, "\x1b") {
			t.Errorf("a line that wraps or carries the target's escapes: %q", line)
		}
	}
}

func TestLiveDoesNotFlicker(t *testing.T) {
	got, messages := play(true, 80, time.Millisecond)
	if n := strings.Count(got, "\r\x1b[2K"); n >= messages/2 {
		t.Errorf("%d redraws within %d ms", n, messages)
	}
}
