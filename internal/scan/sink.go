package scan

import (
	"fmt"
	"slices"
	"sync"

	"github.com/mantlet-dev/mantlet/internal/finding"
)

// A sink is the sending end of the stream: one message at a time, the first error
// kept, and every reason for incompleteness remembered for the End.
type sink struct {
	mu       sync.Mutex
	to       finding.Handler
	err      error
	requests func() int
	gaps     []string
}

func (s *sink) send(m finding.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = s.to.Handle(m)
	}
}

// progress says how far a phase is; total 0 means that nobody knows yet.
func (s *sink) progress(phase string, done, total int, format string, args ...any) {
	s.relay(finding.Progress{Phase: phase, Text: fmt.Sprintf(format, args...), Done: done, Total: total})
}

func (s *sink) relay(p finding.Progress) {
	p.Requests = s.requests()
	s.send(finding.Message{Progress: &p})
}

func (s *sink) skip(skips ...finding.Skip) {
	for _, k := range skips {
		if gap := k.What + ": " + k.Why; k.Incomplete && !slices.Contains(s.gaps, gap) {
			s.gaps = append(s.gaps, gap)
		}
		s.send(finding.Message{Skip: &k})
	}
}
