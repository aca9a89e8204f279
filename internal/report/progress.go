package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// Live tells a person at w how a scan goes. On a terminal it is one line that is
// rewritten in place and gone at the End; elsewhere it is one plain line for each
// change of phase. It never fails: a scan does not stop because nobody can watch.
type Live struct {
	w        io.Writer
	terminal bool
	width    int
	now      func() time.Time

	started, drawn time.Time
	progress       finding.Progress
	found          map[finding.State]int
}

// NewLive makes a Live for w. Width is the terminal's in cells (0 means 80); now is
// the clock.
func NewLive(w io.Writer, terminal bool, width int, now func() time.Time) *Live {
	if width == 0 {
		width = 80
	}
	return &Live{w: w, terminal: terminal, width: width, now: now, started: now(), found: map[finding.State]int{}}
}

// Handle takes in one message.
func (l *Live) Handle(m finding.Message) error {
	switch {
	case m.Run != nil:
		l.started = l.now()
	case m.Progress != nil:
		changed := m.Progress.Phase != l.progress.Phase
		l.progress = *m.Progress
		l.show(changed)
	case m.Finding != nil:
		l.found[m.Finding.State]++
		if l.terminal {
			l.show(m.Finding.State == finding.Proven)
		}
	case m.End != nil && l.terminal:
		l.Clear()
	}
	return nil
}

// Clear removes the live line, so that something else can be printed.
func (l *Live) Clear() {
	if l.terminal {
		io.WriteString(l.w, "\r\x1b[2K")
	}
}

// redraw is how often the line may change: faster only flickers.
const redraw = 80 * time.Millisecond

// show prints where the scan stands; at once if the reader should not miss it.
func (l *Live) show(atOnce bool) {
	now := l.now()
	if !l.terminal {
		if atOnce {
			fmt.Fprintf(l.w, "mantlet: %s\n", strings.Join(l.parts(now), " · "))
		}
		return
	}
	if !atOnce && now.Sub(l.drawn) < redraw {
		return
	}
	l.drawn = now
	line := clean(l.progress.Phase) + " " + bar(l.progress.Done, l.progress.Total) + strings.Join(l.parts(now)[1:], " · ")
	fmt.Fprintf(l.w, "\r\x1b[2K%s", shorten(line, l.width-1))
}

// parts are phase, counts, time and text, in this order; the text comes last
// because it is what may be cut off.
func (l *Live) parts(now time.Time) []string {
	p := l.progress
	parts := []string{clean(p.Phase)}
	if p.Total > 0 {
		parts = append(parts, fmt.Sprintf("%d/%d", p.Done, p.Total))
	}
	parts = append(parts, count(p.Requests, "request"))
	for _, state := range []finding.State{finding.Proven, finding.Suspected} {
		if n := l.found[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	parts = append(parts, now.Sub(l.started).Truncate(time.Second).String())
	if p.Text != "" {
		parts = append(parts, clean(p.Text))
	}
	return parts
}

// bar draws done of total in ten cells, nothing where the total is not known.
func bar(done, total int) string {
	if total <= 0 {
		return ""
	}
	full := min(max(done, 0)*10/total, 10)
	return strings.Repeat("█", full) + strings.Repeat("░", 10-full) + " "
}
